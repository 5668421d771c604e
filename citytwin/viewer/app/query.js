/** What lies at a place: values of the visible rasters, and the features drawn there. */

import { SOLID_PITCH, clickable } from "./map_layers.js";
import { frameOf } from "./subtitle.js";
import { sample } from "./values.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */
/** @typedef {import("./types.js").Frame} Frame */
/**
 * @typedef {object} RasterAnswer
 * @property {Layer} layer
 * @property {Frame|null} frame  The moment on the map, of a layer over time.
 * @property {import("./values.js").Sample|{state: "failed"}} sample
 */
/** @typedef {{layer: Layer, properties: Record<string, unknown>}} FeatureAnswer */
/**
 * @typedef {object} Answer
 * @property {[number, number]} place  Longitude and latitude [degrees].
 * @property {boolean} solid  A solid was hit: the ground at the place lies hidden behind it.
 * @property {RasterAnswer[]} rasters
 * @property {FeatureAnswer[]} features
 */

const FINGER_PX = 4;

/**
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 * @param {Choice} choice
 * @param {[number, number]} place  Longitude and latitude [degrees].
 * @returns {Promise<Answer>}
 */
export async function query(map, layers, choice, place) {
  const visible = layers.filter((layer) => choice.visible.has(layer.id));
  const features = visible.flatMap((layer) => featureAt(map, layer, place));
  const tilted = map.getPitch() >= SOLID_PITCH;
  const solid = tilted && features.some(({ layer }) => Boolean(layer.doc.extrude));
  const rasters = visible
    .filter((layer) => layer.doc.kind === "raster" && layer.doc.values && !solid)
    .map((layer) => ({ layer, frame: frameOf(layer, choice) }))
    .filter(({ layer, frame }) => frame !== null || !layer.doc.frames?.length);
  return {
    place,
    solid,
    features,
    rasters: await Promise.all(rasters.map(({ layer, frame }) => answer(layer, frame, place))),
  };
}

/**
 * @param {Layer} layer
 * @param {Frame|null} frame
 * @param {[number, number]} place
 * @returns {Promise<RasterAnswer>}
 */
async function answer(layer, frame, place) {
  try {
    return { layer, frame, sample: await sample(layer, (frame ?? layer.doc).values, place) };
  } catch (error) {
    console.warn(error);
    return { layer, frame, sample: { state: "failed" } };
  }
}

/**
 * The topmost feature of a layer at a place; near by for lines and points, which are thin.
 * @param {MapLibreMap} map
 * @param {Layer} layer
 * @param {[number, number]} place
 * @returns {FeatureAnswer[]}
 */
function featureAt(map, layer, place) {
  const { x, y } = map.project(place);
  const reach = layer.doc.geometry === "polygon" ? 0 : FINGER_PX;
  /** @type {[[number, number], [number, number]]} */
  const box = [
    [x - reach, y - reach],
    [x + reach, y + reach],
  ];
  const parts = clickable(layer).filter((id) => map.getLayer(id));
  const [feature] = map.queryRenderedFeatures(box, { layers: parts });
  return feature ? [{ layer, properties: feature.properties }] : [];
}
