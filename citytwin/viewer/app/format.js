/** Numbers, units and times as people read them. */

import { lang, pick } from "./language.js";

/** @type {Record<string, string|import("./types.js").Text>} UCUM codes that look odd in print. */
const UNITS = {
  1: "",
  m2: "m²",
  m3: "m³",
  "m3/s": "m³/s",
  "m2/s": "m²/s",
  Cel: "°C",
  deg: "°",
  h: { ja: "時間", en: "h" },
  min: { ja: "分", en: "min" },
  s: { ja: "秒", en: "s" },
  a: { ja: "年", en: "years" },
};
const SUPERSCRIPT = /** @type {Record<string, string>} */ (
  Object.fromEntries([..."-0123456789"].map((digit, index) => [digit, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[index]]))
);

/**
 * @param {string|null|undefined} unit  UCUM code.
 * @returns {string}
 */
export function unitName(unit) {
  if (!unit) return "";
  const name = UNITS[unit] ?? unit;
  return typeof name === "string" ? name : pick(name);
}

/**
 * A number with its unit, rounded to what the data can carry.
 * @param {number} value
 * @param {number|null|undefined} precision
 * @param {string|null|undefined} unit
 * @returns {string}
 */
export function quantity(value, precision, unit) {
  const step = precision && precision > 0 ? precision : 0.01;
  const digits = Math.min(8, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  return withUnit(
    decimal(value, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    unit,
  );
}

/**
 * A figure of unknown size, to four digits.
 * @param {number} value
 * @param {string} unit
 * @returns {string}
 */
export function figure(value, unit) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) {
    const [digits, power] = value.toExponential(2).split("e");
    const raised = [...power.replace("+", "")].map((digit) => SUPERSCRIPT[digit]).join("");
    return withUnit(`${Number(digits)} × 10${raised}`, unit);
  }
  const digits = Number.isInteger(value) ? 15 : 4;
  return withUnit(decimal(value, { maximumSignificantDigits: digits }), unit);
}

/**
 * @param {string} iso  Instant.
 * @param {string} zone  IANA time zone.
 * @returns {string}
 */
export function instant(iso, zone) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return new Intl.DateTimeFormat(lang() === "ja" ? "ja-JP" : "en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(time);
}

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} options
 * @returns {string}
 */
function decimal(value, options) {
  const rounded = new Intl.NumberFormat(lang(), options).format(value);
  return /^-[0.,]*$/.test(rounded) ? rounded.slice(1) : rounded;
}

/**
 * @param {string} number
 * @param {string|null|undefined} unit
 * @returns {string}
 */
function withUnit(number, unit) {
  const name = unitName(unit);
  if (!name) return number;
  return name === "%" || name === "°" ? `${number}${name}` : `${number}\u00a0${name}`;
}
