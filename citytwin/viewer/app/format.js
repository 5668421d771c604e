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
  "W/m2": "W/m²",
  "/h": { ja: "台/時", en: "vehicles/h" },
  h: { ja: "時間", en: "h" },
  min: { ja: "分", en: "min" },
  s: { ja: "秒", en: "s" },
  a: { ja: "年", en: "years" },
};
/** Steps below which a value says nothing, by unit. */
const COARSEST = /** @type {Record<string, number>} */ ({ m: 0.01, "m/s": 0.1, h: 0.1, min: 1, 1: 0.01 });
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
 * A value of a map as people can use it: data are kept finer than they are certain.
 * @param {number} value
 * @param {number|null|undefined} precision
 * @param {string|null|undefined} unit
 * @returns {string}
 */
export function reading(value, precision, unit) {
  return quantity(value, Math.max(precision ?? 0, COARSEST[unit ?? ""] ?? 0), unit);
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
  return worded(iso, zone, {
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

/**
 * The time of day of an instant.
 * @param {string} iso  Instant.
 * @param {string} zone  IANA time zone.
 * @returns {string}
 */
export function clock(iso, zone) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const wanted = /** @type {const} */ ({ timeZone: zone, hour: "numeric", minute: "2-digit" });
  return new Intl.DateTimeFormat(lang() === "ja" ? "ja-JP" : "en-GB", wanted).format(time);
}

/**
 * A moment of a layer, a direction of the wind, or a season.
 * @param {import("./types.js").Frame} frame
 * @param {string} zone  IANA time zone.
 * @returns {string}
 */
export function frameName(frame, zone) {
  return frame.time ? instant(frame.time, zone) : pick(frame.said);
}

/**
 * The first or last of them, in short.
 * @param {import("./types.js").Frame} frame
 * @param {string} zone  IANA time zone.
 * @returns {string}
 */
export function endName(frame, zone) {
  if (frame.time) return clock(frame.time, zone);
  return frame.months ? monthName(frame.months[0]) : `${frame.from_deg}°`;
}

/**
 * A month in short.
 * @param {number} month  1 to 12.
 * @returns {string}
 */
function monthName(month) {
  const language = lang() === "ja" ? "ja-JP" : "en-GB";
  const form = new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" });
  return form.format(new Date(Date.UTC(2000, month - 1, 15)));
}

/**
 * The axis that the frames of a layer lie along.
 * @param {import("./types.js").Frame} frame  One of them.
 * @returns {"time"|"direction"|"season"}
 */
export function axisOf(frame) {
  if (frame.time) return "time";
  return frame.months ? "season" : "direction";
}

/**
 * The day of an instant.
 * @param {string} iso  Instant.
 * @param {string} zone  IANA time zone.
 * @returns {string}
 */
export function day(iso, zone) {
  return worded(iso, zone, {});
}

/**
 * @param {string} iso
 * @param {string} zone
 * @param {Intl.DateTimeFormatOptions} more  What is said besides the day.
 * @returns {string}
 */
function worded(iso, zone, more) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const wanted = /** @type {Intl.DateTimeFormatOptions} */ ({
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
    ...more,
  });
  const parts = (/** @type {string} */ locale) =>
    new Intl.DateTimeFormat(locale, wanted).formatToParts(time);
  // Each wording has short names for the zones of its own region only.
  const names = ["ja-JP", "en-GB"].map(
    (locale) => parts(locale).find(({ type }) => type === "timeZoneName")?.value ?? "",
  );
  const short = names.find((name) => !name.startsWith("GMT+") && !name.startsWith("GMT-"));
  return parts(lang() === "ja" ? "ja-JP" : "en-GB")
    .map(({ type, value }) => (type === "timeZoneName" ? (short ?? value) : value))
    .join("");
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
