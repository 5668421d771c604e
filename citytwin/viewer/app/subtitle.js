/** Which day or event a layer shows: the line over its legend, on the screen and on paper. */

import { el } from "./dom.js";
import { day, frameName, instant } from "./format.js";
import { pick, t } from "./language.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./state.js").Choice} Choice */

/**
 * The moment of a layer over time that is on the map; null where it has none, or none yet.
 * @param {Layer} layer
 * @param {Choice} choice
 * @returns {Frame|null}
 */
export function frameOf({ id, doc }, choice) {
  return doc.frames?.[choice.shown.get(id) ?? -1] ?? null;
}

/**
 * Lines that say of which time a layer is, and under which conditions.
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 * @returns {string[]}
 */
export function conditions(layer, city, choice) {
  const named = layer.doc.conditions ?? [];
  const bases = city.layers.filter((other) => named.includes(other.id));
  const own = bases.length === 0 ? [...moment(layer, city, choice)] : [];
  const lines = [...own, ...remarks(layer)];
  for (const base of bases) {
    const said = [...moment(base, city, choice), ...remarks(base)].join(" · ");
    lines.push(bases.length > 1 ? `${pick(base.doc.title)}: ${said}` : said);
  }
  return [...new Set(lines)];
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 * @returns {HTMLElement}
 */
export function subtitle(layer, city, choice) {
  const lines = conditions(layer, city, choice).map((line) => el("span", {}, line));
  return el("p", { class: "subtitle" }, ...lines);
}

/**
 * Let the subtitles of layers over time say the moment that is on the map.
 * @param {City} city
 * @param {Choice} choice
 */
export function followFrames(city, choice) {
  const timed = city.layers.filter(({ doc }) => doc.frames?.length);
  choice.addEventListener("frame", () => {
    for (const layer of timed) {
      for (const old of document.querySelectorAll(`[data-layer="${layer.id}"] .subtitle`)) {
        old.replaceWith(subtitle(layer, city, choice));
      }
    }
  });
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 * @returns {string[]}
 */
function moment(layer, { latest }, choice) {
  const { doc } = layer;
  const zone = latest.time_zone;
  if (doc.frames?.length) {
    const frame = frameOf(layer, choice);
    if (!frame) return [t(choice.missing.has(layer.id) ? "time.failed" : "time.waiting")];
    return [frameName(frame, zone), frame.time ? pick(frame.said) : ""].filter(Boolean);
  }
  if (doc.moment === "day") return [t("moment.day", { time: day(doc.valid_time, zone) })];
  // Data that name a day only, and no hour, stand at midnight UTC.
  const dayOnly = doc.valid_time.endsWith("T00:00:00Z");
  if (doc.moment === "begin" && !dayOnly) {
    return [t("moment.begin", { time: instant(doc.valid_time, zone) })];
  }
  const time = dayOnly ? day(doc.valid_time, "UTC") : instant(doc.valid_time, zone);
  return [t("moment.state", { time })];
}

/** @param {Layer} layer */
function remarks({ doc }) {
  return doc.notes.filter((note) => note.severity === "info").map((note) => pick(note));
}
