/** The head of the page: city, languages, link and print; strip and disclaimer. */

import { byId, el, fill, warn } from "./dom.js";
import { instant } from "./format.js";
import { isSynthetic } from "./about.js";
import { lang, pick, t } from "./language.js";
import { showSession } from "./session.js";

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
    button(t("tools.print"), () => dispatchEvent(new Event("citytwin:print"))),
    latest.publication === "served" && el("span", { class: "session", id: "session" }),
  );
  void showSession(city);
  const warning = syntheticWarning(city);
  byId("strip").hidden = !warning;
  fill(
    "strip",
    warning && el("strong", {}, t(allSynthetic(city) ? "badge.synthetic" : "badge.partly")),
    warning && ` ${warning}`,
  );
}

/**
 * Say that the whole map is invented, or name what of it is; empty where nothing is.
 * @param {City} city
 * @returns {string}
 */
export function syntheticWarning(city) {
  if (!city.latest.synthetic) return "";
  if (allSynthetic(city)) return t("city.synthetic");
  const said = city.layers.flatMap(({ doc }) =>
    doc.notes.filter((note) => note.severity === "synthetic").map((note) => pick(note)),
  );
  // The notes begin alike and then name the source.
  const named = [...new Set(said.map((phrase) => phrase.replace(/^[^:]*:\s*/, "")))];
  return t("city.partly", { what: named.join(t("city.and")) });
}

/** @param {City} city */
function allSynthetic({ layers }) {
  const inputs = layers.flatMap((layer) => layer.doc.sources);
  const some = layers.some(isSynthetic) && inputs.length > 0;
  return !some || inputs.every((source) => source.synthetic);
}

/**
 * Say on the map what the visible layers are not.
 * @param {City} city
 * @param {Choice} choice
 */
export function showDisclaimer(city, choice) {
  const said = disclaimers(city, choice);
  byId("disclaimer").hidden = said === "";
  fill("disclaimer", said);
}

/**
 * @param {City} city
 * @param {Choice} choice
 * @returns {string}
 */
export function disclaimers(city, choice) {
  const shown = city.layers.filter((layer) => choice.visible.has(layer.id));
  const texts = new Set(shown.map((layer) => pick(layer.doc.disclaimer)).filter(Boolean));
  return [...texts].join(" / ");
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
