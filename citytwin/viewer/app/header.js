/** The head of the page: city, languages, link and print; strip and disclaimer. */

import { byId, el, fill, warn } from "./dom.js";
import { instant } from "./format.js";
import { lang, pick, t } from "./language.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Lang} Lang */
/** @typedef {import("./state.js").Choice} Choice */

/**
 * @param {City} city
 * @param {(lang: Lang) => void} speak
 */
export function showHeader(city, speak) {
  const { latest } = city;
  const title = pick(latest.city.title);
  document.title = `${title} | citytwin`;
  fill("city-title", title);
  fill(
    "city-line",
    t("city.line", { time: instant(latest.published, latest.time_zone), crs: latest.crs }),
  );
  fill("skip", t("map.skip"));
  byId("skip").onclick = toMap;
  byId("view").setAttribute("aria-label", t("map.name"));
  fill(
    "tools",
    languages(speak),
    button(t("tools.link"), copyLink),
    button(t("tools.print"), () => print()),
  );
  const strip = byId("strip");
  strip.hidden = !latest.synthetic;
  fill(
    "strip",
    latest.synthetic && el("strong", {}, t("badge.synthetic")),
    latest.synthetic && ` ${t("city.synthetic")}`,
  );
}

/**
 * Say on the map what the visible layers are not.
 * @param {City} city
 * @param {Choice} choice
 */
export function showDisclaimer(city, choice) {
  const shown = city.layers.filter((layer) => choice.visible.has(layer.id));
  const texts = new Set(shown.map((layer) => pick(layer.doc.disclaimer)).filter(Boolean));
  byId("disclaimer").hidden = texts.size === 0;
  fill("disclaimer", [...texts].join(" / "));
}

/** @param {(lang: Lang) => void} speak */
function languages(speak) {
  const names = /** @type {[Lang, string][]} */ ([
    ["ja", "日本語"],
    ["en", "English"],
  ]);
  const buttons = names.map(([code, name]) =>
    el(
      "button",
      {
        type: "button",
        lang: code,
        "aria-pressed": String(lang() === code),
        onclick: () => {
          speak(code);
          /** @type {HTMLElement|null} */ (
            document.querySelector(`#tools [lang=${code}]`)
          )?.focus();
        },
      },
      name,
    ),
  );
  return el(
    "div",
    { class: "languages", role: "group", "aria-label": t("tools.language") },
    ...buttons,
  );
}

/**
 * @param {string} label
 * @param {() => void} onclick
 */
function button(label, onclick) {
  return el("button", { type: "button", onclick }, label);
}

/** @param {Event} event  The part of the address behind # is taken: it keeps the view. */
function toMap(event) {
  event.preventDefault();
  /** @type {HTMLElement|null} */ (document.querySelector(".maplibregl-canvas"))?.focus();
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    warn(t("tools.copied"));
  } catch {
    warn(t("tools.not_copied", { link: location.href }));
  }
}
