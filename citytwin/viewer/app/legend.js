/** Legend made from the layer's style: the same source that drew the picture. */

import { el } from "./dom.js";
import { unitName } from "./format.js";
import { pick, t } from "./language.js";
import { css } from "./paint.js";
import { swatch } from "./results.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Layer} Layer */

/**
 * One stop for the Tab key; arrow keys go through the classes.
 * @param {Layer} layer
 * @param {City} city
 * @returns {HTMLElement}
 */
export function legend(layer, city) {
  const { style, doc } = layer;
  const unit = unitName(style.unit);
  const title = pick(style.title);
  const heading = title === pick(doc.title) ? "" : title + (unit ? ` (${unit})` : "");
  const rows = style.items.map((item) => {
    const note = item.transparent ? el("span", { class: "aside" }, t("legend.hidden")) : null;
    return entry(swatch(css(item.rgb), Boolean(item.transparent)), pick(item.label), note);
  });
  if (style.kind === "ramp") blend(rows, style.items.map((item) => css(item.rgb)));
  if (doc.kind === "vector" && doc.style_column) {
    rows.push(entry(swatch(null, false), t("values.nodata"), null));
  }
  if (doc.blank && city.layers.some((other) => other.id === "buildings")) {
    const house = el("span", { class: "swatch house", "aria-hidden": true });
    rows.push(entry(house, pick(doc.blank), null));
  }
  rows[0]?.setAttribute("tabindex", "0");
  const list = el(
    "ul",
    { class: `legend kind-${style.kind}`, "aria-label": t("legend.title"), onkeydown: step },
    ...rows,
  );
  const caption = heading ? el("p", { class: "legend-title" }, heading) : null;
  return el("div", { class: "legend-box" }, caption, list);
}

/**
 * Let the colour of each row run into those of its neighbours, as it does on the map.
 * @param {HTMLElement[]} rows
 * @param {string[]} colours
 */
function blend(rows, colours) {
  rows.forEach((row, index) => {
    const patch = /** @type {HTMLElement} */ (row.firstElementChild);
    const halfway = (/** @type {string|undefined} */ other) =>
      `color-mix(in srgb, ${colours[index]}, ${other ?? colours[index]})`;
    patch.style.setProperty("--before", halfway(colours[index - 1]));
    patch.style.setProperty("--after", halfway(colours[index + 1]));
  });
  rows.at(-1)?.classList.add("last");
}

/**
 * @param {HTMLElement} patch
 * @param {string} label
 * @param {HTMLElement|null} note
 */
function entry(patch, label, note) {
  return el("li", { tabindex: -1 }, patch, el("span", {}, label), note);
}

/** @param {KeyboardEvent} event */
function step(event) {
  const steps = /** @type {Record<string, number>} */ ({
    ArrowDown: 1,
    ArrowRight: 1,
    ArrowUp: -1,
    ArrowLeft: -1,
  });
  const move = steps[event.key];
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const rows = /** @type {HTMLElement[]} */ ([...list.children]);
  const next = rows[rows.findIndex((row) => row === document.activeElement) + (move ?? 0)];
  if (!move || !next) return;
  event.preventDefault();
  for (const row of rows) row.tabIndex = row === next ? 0 : -1;
  next.focus();
}
