/** The list of layers: switch, day or event, notes, opacity, and what stands behind. */

import { about, closedBadge, loudNotes, pairs, syntheticBadge } from "./about.js";
import { byId, el, fill } from "./dom.js";
import { instant } from "./format.js";
import { groupName, pick, t } from "./language.js";
import { within } from "./published.js";
import { subtitle } from "./subtitle.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */

/** @type {Set<string>} Layers whose details stand open. */
const open = new Set();

/**
 * Draw the whole list anew.
 * @param {City} city
 * @param {Choice} choice
 */
export function showPanel(city, choice) {
  const panel = byId("layers");
  panel.setAttribute("aria-label", t("layers.title"));
  const alike = Map.groupBy(city.layers, (layer) => groupName(layer.doc.group));
  const groups = [...alike].map(([name, layers]) => {
    const cards = layers.map((layer) => card(layer, city, choice));
    const list = el("ul", { class: "layers", "aria-label": name }, ...cards);
    return el("div", { class: "group" }, el("h3", {}, name), list);
  });
  const broken = city.broken.map((one) => el("li", {}, t("layers.broken", one)));
  const losses = broken.length > 0 ? el("ul", { class: "notes" }, ...broken) : null;
  fill("layers", el("h2", {}, t("layers.title")), losses, ...groups, colophon(city));
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 * @returns {HTMLElement}
 */
function card(layer, city, choice) {
  const { doc, id } = layer;
  const box = el("input", { type: "checkbox", id: `show-${id}`, checked: choice.visible.has(id) });
  const head = el(
    "div",
    { class: "layer-head" },
    box,
    el("label", { for: `show-${id}` }, pick(doc.title)),
    closedBadge(layer),
    syntheticBadge(layer),
  );
  const body = el("div", { class: "layer-body" });
  const item = el("li", { class: "layer", "data-layer": id }, head, body);
  const show = () => {
    item.classList.toggle("on", box.checked);
    body.replaceChildren(...(box.checked ? details(layer, city, choice) : []));
  };
  box.addEventListener("change", () => {
    choice.show(id, box.checked);
    show();
  });
  show();
  return item;
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 * @returns {HTMLElement[]}
 */
function details(layer, city, choice) {
  const notes = loudNotes(layer);
  const more = el(
    "details",
    { open: open.has(layer.id) },
    el("summary", {}, t("about.title")),
    el("div", { class: "about" }, ...about(layer, city)),
  );
  more.addEventListener("toggle", () => (more.open ? open.add(layer.id) : open.delete(layer.id)));
  const parts = [subtitle(layer, city, choice), notes, slider(layer, choice), more];
  return parts.filter((part) => part !== null);
}

/**
 * @param {Layer} layer
 * @param {Choice} choice
 * @returns {HTMLElement}
 */
function slider(layer, choice) {
  const id = `fade-${layer.id}`;
  const value = choice.opacity.get(layer.id) ?? 100;
  const shown = el("output", { for: id }, `${value} %`);
  const label = el("label", { for: id }, t("layers.opacity"));
  const input = el("input", {
    type: "range",
    id,
    min: 0,
    max: 100,
    step: 5,
    value,
    "aria-label": `${t("layers.opacity")}: ${pick(layer.doc.title)}`,
  });
  input.addEventListener("input", () => {
    shown.textContent = `${input.value} %`;
    choice.fade(layer.id, Number(input.value));
  });
  return el("div", { class: "fade" }, label, input, shown);
}

/**
 * What holds for the whole map.
 * @param {City} city
 * @returns {HTMLElement}
 */
function colophon(city) {
  const { latest, root } = city;
  const link = (/** @type {string} */ href, /** @type {string} */ text) =>
    el("li", {}, el("a", { href: within(root, href).href, download: href.endsWith(".qgs") }, text));
  return el(
    "section",
    { class: "colophon", "aria-labelledby": "colophon-title" },
    el("h2", { id: "colophon-title" }, t("city.about")),
    pairs([
      [t("city.published"), instant(latest.published, latest.time_zone)],
      [t("about.run"), latest.run_id],
      [t("city.crs"), latest.crs],
      [t("city.datum"), pick(latest.vertical_datum)],
      [t("about.class"), t(`class.${latest.classification}`)],
    ]),
    el(
      "ul",
      { class: "plain" },
      latest.publication !== "served" && link(`${latest.city.id}.qgs`, t("city.qgis")),
      link("catalog.json", t("city.stac")),
    ),
    el("p", { class: "aside" }, t("city.made")),
  );
}
