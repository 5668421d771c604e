/** Printing: the map is drawn anew at the size it has on paper (see print.css), then put back. */

/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

const WIDTH_PX = 700;
const HEIGHT_PX = 520;

/**
 * @param {MapLibreMap} map
 * @param {() => void} recolour  Takes the colours that now hold; paper is always light.
 */
export function printWell(map, recolour) {
  const box = map.getContainer();
  let shift = 0;
  addEventListener("beforeprint", () => {
    const { clientWidth, clientHeight } = box;
    shift = Math.log2(Math.min(WIDTH_PX / clientWidth, HEIGHT_PX / clientHeight));
    Object.assign(box.style, { width: `${WIDTH_PX}px`, height: `${HEIGHT_PX}px` });
    refit(shift);
  });
  addEventListener("afterprint", () => {
    Object.assign(box.style, { width: "", height: "" });
    refit(-shift);
  });

  /** @param {number} change  Zoom levels; what was in view stays in view. */
  function refit(change) {
    map.resize();
    map.jumpTo({ zoom: map.getZoom() + change });
    recolour();
    map.redraw(); // at once: the browser takes the page as it stands when this returns
  }
}
