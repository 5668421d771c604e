/**
 * Printing: the map is drawn anew at the size it has on paper (see print.css), sharper and in
 * light colours, and copied to a plain canvas; then the map on the screen is put back.
 */

/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

const WIDTH_PX = 700;
const HEIGHT_PX = 520;
const SHARPNESS = 2.5;

/**
 * @param {MapLibreMap} map
 * @param {() => void} recolour  Takes the colours that now hold; paper is always light.
 */
export function printWell(map, recolour) {
  const box = map.getContainer();
  const usual = map.getPixelRatio();
  /** @type {HTMLCanvasElement|null} */
  let copy = null;
  let shift = 0;
  addEventListener("beforeprint", () => {
    shift = Math.log2(Math.min(WIDTH_PX / box.clientWidth, HEIGHT_PX / box.clientHeight));
    Object.assign(box.style, { width: `${WIDTH_PX}px`, height: `${HEIGHT_PX}px` });
    redraw(shift, SHARPNESS);
    copy ??= copyOf(map.getCanvas());
  });
  addEventListener("afterprint", () => {
    copy?.remove();
    copy = null;
    Object.assign(box.style, { width: "", height: "" });
    redraw(-shift, usual);
  });

  /**
   * @param {number} change  Zoom levels; what was in view stays in view.
   * @param {number} pixelRatio
   */
  function redraw(change, pixelRatio) {
    map.setPixelRatio(pixelRatio);
    map.resize();
    map.jumpTo({ zoom: map.getZoom() + change });
    recolour();
    map.redraw();
  }
}

/**
 * A copy lies over the map: the browser prints the last frame of a WebGL canvas that it showed
 * on the screen, not what was drawn since.
 * @param {HTMLCanvasElement} canvas
 * @returns {HTMLCanvasElement}
 */
function copyOf(canvas) {
  const copy = document.createElement("canvas");
  copy.className = "paper";
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  canvas.after(copy);
  return copy;
}
