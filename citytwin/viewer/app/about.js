/** What stands behind a layer: summary, figures, sources with hashes, files. */

import { el } from "./dom.js";
import { axisOf, figure, frameName, instant } from "./format.js";
import { pick, t } from "./language.js";
import { within } from "./published.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./types.js").City} City */
/** @typedef {import("./dom.js").Child} Child */

const LISTED = /** @type {const} */ ({
  time: "about.moments",
  direction: "about.directions",
  season: "about.seasons",
});
const LOUD = ["synthetic", "fallback", "loss"];

/**
 * Notes that must not be overlooked: made-up inputs, second-best methods, losses.
 * @param {Layer} layer
 * @returns {HTMLElement|null}
 */
export function loudNotes(layer) {
  const rows = LOUD.flatMap((severity) => {
    const notes = layer.doc.notes.filter((note) => note.severity === severity);
    const texts = [...new Set(notes.map((note) => pick(note)))];
    return texts.length > 0 ? [box(severity, texts)] : [];
  });
  return rows.length > 0
    ? el("ul", { class: "notes", "aria-label": t("note.title") }, ...rows)
    : null;
}

/**
 * @param {string} severity
 * @param {string[]} texts
 */
function box(severity, texts) {
  const kind = t(`note.${severity}`);
  const said = texts.every((text) => text.toLowerCase().startsWith(kind.toLowerCase()));
  const lines = texts.map((text) => el("span", {}, text));
  return el("li", { class: severity }, !said && el("strong", {}, kind), ...lines);
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @returns {HTMLElement[]}
 */
export function about(layer, city) {
  const { doc } = layer;
  const zone = city.latest.time_zone;
  return [
    el("p", {}, pick(doc.summary)),
    pairs([
      ...doc.facts.map(
        (fact) =>
          /** @type {[string, Child]} */ ([pick(fact.label), figure(fact.value, fact.unit)]),
      ),
      [t("about.valid"), validity(layer, zone)],
      [t("about.run"), layer.runId],
      [t("about.class"), t(`class.${doc.classification}`)],
      [t("about.licence"), doc.licence],
    ]),
    section(t("about.sources"), sources(layer)),
    section(t("about.files"), [...files(layer), ...momentFiles(layer, zone)]),
  ].filter((part) => part !== null);
}

/**
 * The time of a layer, or its first and last moment.
 * @param {Layer} layer
 * @param {string} zone  IANA time zone of the city.
 */
function validity({ doc }, zone) {
  const frames = doc.frames ?? [];
  const times = frames.flatMap(({ time }) => (time ? [time] : []));
  const ends = times.length > 1 ? [times[0], times[times.length - 1]] : [];
  return (ends.length > 0 ? ends : [doc.valid_time]).map((time) => instant(time, zone)).join(" – ");
}

/**
 * @param {[string, Child][]} rows
 * @returns {HTMLElement}
 */
export function pairs(rows) {
  const cells = rows.filter(([, value]) => value !== "" && value !== null);
  return el(
    "dl",
    {},
    ...cells.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

/**
 * @param {string} title
 * @param {HTMLElement[]} rows
 * @returns {HTMLElement|null}
 */
function section(title, rows) {
  if (rows.length === 0) return null;
  return el("div", {}, el("h4", {}, title), el("ul", { class: "plain" }, ...rows));
}

/** @param {Layer} layer */
function sources(layer) {
  const alike = Map.groupBy(layer.doc.sources, (source) =>
    JSON.stringify([source.title, source.licence, source.synthetic]),
  );
  return [...alike.values()].map((group) => {
    const [source] = group;
    const made = source.synthetic ? el("span", { class: "badge" }, t("badge.synthetic")) : null;
    const terms = source.licence ? el("span", { class: "aside" }, source.licence) : null;
    const hashes = group.map((one) => el("code", { class: "hash", title: "SHA-256" }, one.sha256));
    return el("li", {}, pick(source.title), " ", made, terms, ...hashes);
  });
}

/** @param {Layer} layer */
function files(layer) {
  const moments = new Set((layer.doc.frames ?? []).map((frame) => frame.data));
  const whole = layer.doc.files.filter((file) => !moments.has(file.href));
  return whole.flatMap((file) => download(layer, file.href, pick(file.title)));
}

/**
 * The GeoTIFFs of a layer over time, folded away: there may be hundreds.
 * @param {Layer} layer
 * @param {string} zone  IANA time zone of the city.
 */
function momentFiles(layer, zone) {
  const frames = layer.doc.frames ?? [];
  if (frames.length === 0) return [];
  const rows = frames.flatMap((frame) => download(layer, frame.data, frameName(frame, zone)));
  const fold = el(
    "details",
    {},
    el("summary", {}, t(LISTED[axisOf(frames[0])], { count: frames.length })),
    el("ul", { class: "plain" }, ...rows),
  );
  return [el("li", {}, fold)];
}

/**
 * @param {Layer} layer
 * @param {string} href
 * @param {string} title
 * @returns {HTMLElement[]}  Nothing where the file lies outside the published folder.
 */
function download(layer, href, title) {
  try {
    const link = el("a", { href: within(layer.base, href).href, download: true }, title);
    return [el("li", {}, link, " ", el("span", { class: "aside" }, href))];
  } catch (error) {
    console.warn(error);
    return [];
  }
}

/**
 * Whether the layer itself, or an input of it, is made up.
 * @param {Layer} layer
 * @returns {boolean}
 */
export function isSynthetic(layer) {
  const { notes, sources: from } = layer.doc;
  return notes.some((note) => note.severity === "synthetic") || from.some((one) => one.synthetic);
}

/**
 * A mark on layers that are invented, in whole or in part.
 * @param {Layer} layer
 * @returns {HTMLElement|null}
 */
export function syntheticBadge(layer) {
  if (!isSynthetic(layer)) return null;
  const whole = layer.doc.sources.every((source) => source.synthetic);
  return el("span", { class: "badge" }, t(whole ? "badge.synthetic" : "badge.partly"));
}

/**
 * A mark on layers that not everybody may see.
 * @param {Layer} layer
 * @returns {HTMLElement|null}
 */
export function closedBadge({ doc }) {
  if (doc.classification === "public") return null;
  return el("span", { class: "badge closed" }, t(`class.${doc.classification}`));
}
