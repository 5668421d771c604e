/** The legends of the layers shown: a card that lies on the map and can be folded away. */

import { byId, el, fill } from "./dom.js";
import { pick, t } from "./language.js";
import { legend } from "./legend.js";
import { subtitle } from "./subtitle.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */

const NARROW = matchMedia("(width < 48rem)");
let open = !NARROW.matches;

/**
 * Keep the card in step with what the reader chose.
 * @param {City} city
 * @param {Choice} choice
 */
export function legendCard(city, choice) {
  const draw = () => show(city, choice);
  draw();
  for (const name of ["visible", "language"]) choice.addEventListener(name, draw);
  choice.addEventListener("opacity", () => {
    for (const part of byId("legends").querySelectorAll("[data-layer]")) dye(part, choice);
  });
  // On a small screen there is room for the values or for the legend.
  choice.addEventListener("at", () => {
    if (choice.at && NARROW.matches) byId("legends").querySelector("details")?.removeAttribute("open");
  });
}

/**
 * @param {City} city
 * @param {Choice} choice
 */
function show(city, choice) {
  const shown = city.layers.filter((layer) => choice.visible.has(layer.id));
  const card = byId("legends");
  card.hidden = shown.length === 0;
  card.setAttribute("aria-label", t("legend.title"));
  const parts = shown.map((layer) => part(layer, city, choice));
  const fold = el(
    "details",
    { open },
    el("summary", {}, t("legend.shown", { count: shown.length })),
    el("div", { class: "legend-list" }, ...parts),
  );
  fold.addEventListener("toggle", () => {
    open = fold.open;
  });
  fill("legends", fold);
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 */
function part(layer, city, choice) {
  const head = el("h3", {}, pick(layer.doc.title));
  const body = el("div", { "data-layer": layer.id }, head, subtitle(layer, city, choice), legend(layer, city));
  dye(body, choice);
  return body;
}

/**
 * Let the patches look as the layer does at its opacity.
 * @param {Element} part
 * @param {Choice} choice
 */
function dye(part, choice) {
  const box = /** @type {HTMLElement} */ (part);
  box.style.setProperty("--fade", `${choice.opacity.get(box.dataset.layer ?? "")}%`);
}
