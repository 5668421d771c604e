/** Which day or event a layer shows: the line over its legend, on the screen and on paper. */

import { el } from "./dom.js";
import { day, instant } from "./format.js";
import { pick, t } from "./language.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./types.js").City} City */

/**
 * Lines that say of which time a layer is, and under which conditions.
 * @param {Layer} layer
 * @param {City} city
 * @returns {string[]}
 */
export function conditions(layer, city) {
  const named = layer.doc.conditions ?? [];
  const bases = city.layers.filter((other) => named.includes(other.id));
  const own = bases.length === 0 ? [moment(layer, city)] : [];
  const lines = [...own, ...remarks(layer)];
  for (const base of bases) {
    const said = [moment(base, city), ...remarks(base)].join(" · ");
    lines.push(bases.length > 1 ? `${pick(base.doc.title)}: ${said}` : said);
  }
  return [...new Set(lines)];
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @returns {HTMLElement}
 */
export function subtitle(layer, city) {
  const lines = conditions(layer, city).map((line) => el("span", {}, line));
  return el("p", { class: "subtitle" }, ...lines);
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @returns {string}
 */
function moment({ doc }, { latest }) {
  const zone = latest.time_zone;
  if (doc.moment === "day") return t("moment.day", { time: day(doc.valid_time, zone) });
  // Data that name a day only, and no hour, stand at midnight UTC.
  const dayOnly = doc.valid_time.endsWith("T00:00:00Z");
  if (doc.moment === "begin" && !dayOnly) {
    return t("moment.begin", { time: instant(doc.valid_time, zone) });
  }
  const time = dayOnly ? day(doc.valid_time, "UTC") : instant(doc.valid_time, zone);
  return t("moment.state", { time });
}

/** @param {Layer} layer */
function remarks({ doc }) {
  return doc.notes.filter((note) => note.severity === "info").map((note) => pick(note));
}
