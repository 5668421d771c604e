/** Light and dark, as the system asks; printing is always light. */

/** @typedef {{ground: string, outline: string, edge: string, chosen: string}} Theme */

const DARK = matchMedia("(prefers-color-scheme: dark)");
/** @type {Theme} */
const LIGHT_MAP = { ground: "#f1f2ef", outline: "#444444", edge: "#8a9099", chosen: "#0a3d8f" };
/** @type {Theme} */
const DARK_MAP = { ground: "#20262c", outline: "#c3ccd5", edge: "#6d7884", chosen: "#9ecbff" };

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

// Registered before anything that draws, so that it draws with the colours of paper.
addEventListener("beforeprint", () => {
  printing = true;
});
addEventListener("afterprint", () => {
  printing = false;
});
