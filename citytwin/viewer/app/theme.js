/** Light and dark, as the system asks; printing is always light. */

/**
 * @typedef {{ground: string, paper: string, outline: string, edge: string, chosen: string,
 *   house: string, quiet: string, text: string, stream: string}} Theme
 */

const DARK = matchMedia("(prefers-color-scheme: dark)");
/** @type {Theme} */
const LIGHT_MAP = {
  ground: "#f1f2ef",
  paper: "#f1f2ef",
  outline: "#444444",
  edge: "#8a9099",
  chosen: "#0a3d8f",
  house: "#e6e8e5",
  quiet: "#8a9099",
  text: "#33383d",
  stream: "#0a3d8f",
};
/** @type {Theme} The paper stays light: through it the colours of the data would turn murky. */
const DARK_MAP = {
  ...LIGHT_MAP,
  ground: "#20262c",
  paper: "#d3d7da",
  house: "#c6cacd",
  quiet: "#6d7884",
};

let printing = false;

/**
 * Colours of the empty map.
 * @returns {Theme}
 */
export function mapTheme() {
  return DARK.matches && !printing ? DARK_MAP : LIGHT_MAP;
}

/**
 * Call back when the colours change.
 * @param {() => void} changed
 */
export function onTheme(changed) {
  DARK.addEventListener("change", changed);
}

/** @returns {boolean}  Whether the map is drawn for paper just now. */
export function isPrinting() {
  return printing;
}

/**
 * Take the colours of paper, or those of the screen again.
 * @param {boolean} on
 */
export function setPrinting(on) {
  printing = on;
}
