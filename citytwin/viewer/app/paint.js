/** From a layer's style to MapLibre's paint: every feature gets the class that holds its value. */

/** @typedef {import("./types.js").Style} Style */
/** @typedef {import("./types.js").StyleItem} StyleItem */

export const NO_DATA = "#8b949e";
const FALLBACK_ITEM = /** @type {StyleItem} */ ({
  min: null,
  max: null,
  rgb: [139, 148, 158],
  label: { ja: "", en: "" },
});

/**
 * @param {[number, number, number]} rgb
 * @returns {string}
 */
export function css(rgb) {
  const [red, green, blue] = rgb.map((part) => Math.min(255, Math.max(0, Math.round(part) || 0)));
  return `rgb(${red}, ${green}, ${blue})`;
}

/**
 * The class that holds a value.
 * @param {Style} style
 * @param {number} value
 * @returns {StyleItem|undefined}
 */
export function classOf(style, value) {
  return style.items.find(
    (item) => (item.min === null || value >= item.min) && (item.max === null || value < item.max),
  );
}

/**
 * Colour of a feature; no value, or one outside all classes, is grey.
 * @param {Style} style
 * @param {string|null|undefined} column
 * @returns {any}  MapLibre expression.
 */
export function colour(style, column) {
  if (!column) return css((style.items[0] ?? FALLBACK_ITEM).rgb);
  const cases = style.items.flatMap((item) => [holds(item, column), css(item.rgb)]);
  return ["case", ["!=", ["typeof", ["get", column]], "number"], NO_DATA, ...cases, NO_DATA];
}

/**
 * Which features are drawn: all but those of transparent classes.
 * @param {Style} style
 * @param {string|null|undefined} column
 * @returns {any}  MapLibre expression.
 */
export function drawn(style, column) {
  const hidden = style.items.filter((item) => item.transparent);
  if (!column || hidden.length === 0) return true;
  return ["!", ["any", ...hidden.map((item) => ["all", isNumber(column), holds(item, column)])]];
}

/**
 * A height column in metres, 0 where it is missing.
 * @param {string} column
 * @returns {any}  MapLibre expression.
 */
export function metres(column) {
  return ["max", 0, ["to-number", ["get", column], 0]];
}

/** @param {string} column */
function isNumber(column) {
  return ["==", ["typeof", ["get", column]], "number"];
}

/**
 * @param {StyleItem} item
 * @param {string} column
 */
function holds(item, column) {
  const value = ["to-number", ["get", column], 0];
  const bounds = [];
  if (item.min !== null) bounds.push([">=", value, item.min]);
  if (item.max !== null) bounds.push(["<", value, item.max]);
  return bounds.length === 0 ? true : ["all", ...bounds];
}
