/** Scales of printed maps: what a scale means for the map, and the bar that shows it. */

/** The denominators that plans are drawn at. */
export const SCALES = [500, 1000, 2500, 5000, 10000, 25000];
/** Millimetres to CSS pixels. */
export const PX_PER_MM = 96 / 25.4;

const EQUATOR_M = 2 * Math.PI * 6378137;
const TILE_PX = 512;
/** So much of what is on the screen may fall off the paper before a coarser scale is taken. */
const MAY_LOSE = 1.15;
const LONGEST_BAR_MM = 45;

/**
 * Zoom at which a map in Web Mercator has a scale on paper. The projection stretches by
 * 1 / cos(latitude), so the scale holds in the middle of the map.
 * @param {number} scale  Denominator.
 * @param {number} latitude  Of the middle of the map [degrees].
 * @returns {number}
 */
export function zoomOf(scale, latitude) {
  return Math.log2(EQUATOR_M / (TILE_PX * metresPerPixel(scale))) + shrink(latitude);
}

/**
 * Metres on the ground per CSS pixel of the screen.
 * @param {number} zoom
 * @param {number} latitude  Of the middle of the map [degrees].
 * @returns {number}
 */
export function groundPerPixel(zoom, latitude) {
  return (EQUATOR_M / TILE_PX) * 2 ** (shrink(latitude) - zoom);
}

/**
 * Metres on the ground per CSS pixel on paper, which is 1/96 of an inch.
 * @param {number} scale  Denominator.
 * @returns {number}
 */
export function metresPerPixel(scale) {
  return (scale * 0.0254) / 96;
}

/**
 * The largest listed scale that shows an area in a frame, but for a narrow strip at its edges.
 * @param {[number, number]} area  Width and height on the ground [m].
 * @param {[number, number]} frame  Width and height on paper [CSS pixels].
 * @returns {number}  Denominator.
 */
export function fittingScale(area, frame) {
  const exact = Math.max(area[0] / frame[0], area[1] / frame[1]) / metresPerPixel(1);
  return SCALES.find((scale) => scale * MAY_LOSE >= exact) ?? SCALES[SCALES.length - 1];
}

/**
 * Length of the scale bar: 1, 2 or 5 times a power of ten.
 * @param {number} scale  Denominator.
 * @returns {{metres: number, mm: number}}
 */
export function scaleBar(scale) {
  const most = (LONGEST_BAR_MM * scale) / 1000;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = Math.max(...[1, 2, 5].map((step) => step * power).filter((one) => one <= most));
  return { metres, mm: (metres * 1000) / scale };
}

/** @param {number} latitude  [degrees] */
function shrink(latitude) {
  return Math.log2(Math.cos((latitude * Math.PI) / 180));
}
