/** What lies at a place: values of the visible rasters, and the features drawn there. */

import { SOLID_PITCH, clickable } from "./map_layers.js";
import { sample } from "./values.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */
/** @typedef {{layer: Layer, sample: import("./values.js").Sample|{state: "failed"}}} RasterAnswer */
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
  const rasters = visible.filter(
    (layer) => layer.doc.kind === "raster" && layer.doc.values && !solid,
  );
  return {
    place,
    solid,
    features,
    rasters: await Promise.all(rasters.map((one) => answer(one, place))),
  };
}

/**
 * @param {Layer} layer
 * @param {[number, number]} place
 * @returns {Promise<RasterAnswer>}
 */
async function answer(layer, place) {
  try {
    return { layer, sample: await sample(layer, place) };
  } catch (error) {
    console.warn(error);
    return { layer, sample: { state: "failed" } };
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
