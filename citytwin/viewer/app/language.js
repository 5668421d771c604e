/** The two languages of the page. */

import en from "../i18n/en.js";
import ja from "../i18n/ja.js";

/** @typedef {import("./types.js").Lang} Lang */
/** @typedef {import("./types.js").Text} Text */

/** @type {Record<Lang, Record<string, string>>} */
const WORDS = { ja, en };

/** @type {Lang} */
let current = "ja";

/** @returns {Lang} */
export function lang() {
  return current;
}

/** @param {Lang} next */
export function setLang(next) {
  current = next;
  document.documentElement.lang = next;
}

/**
 * Language asked for: ?lang= first, then the browser's own.
 * @param {string} query
 * @param {readonly string[]} preferred
 * @returns {Lang}
 */
export function askedLang(query, preferred) {
  const asked = new URLSearchParams(query).get("lang");
  if (asked === "ja" || asked === "en") return asked;
  const first = preferred.find((tag) => /^(ja|en)\b/i.test(tag));
  return first?.toLowerCase().startsWith("ja") ? "ja" : "en";
}

/**
 * A phrase of the page; `{name}` is replaced.
 * @param {string} key
 * @param {Record<string, string|number>} [parts]
 * @returns {string}
 */
export function t(key, parts = {}) {
  const phrase = WORDS[current][key] ?? key;
  return phrase.replace(/\{(\w+)\}/g, (_, name) => String(parts[name] ?? ""));
}

/**
 * A phrase of the data.
 * @param {Text|null|undefined} text
 * @returns {string}
 */
export function pick(text) {
  return text ? (text[current] ?? text.en ?? text.ja ?? "") : "";
}

/**
 * Name of a group of layers; unknown groups keep their own name.
 * @param {string} group
 * @returns {string}
 */
export function groupName(group) {
  return WORDS[current][`group.${group}`] ?? group;
}
