/** Drawing the layers: pictures for rasters, vector tiles for tables, solids when tilted. */

import { colour, drawn, metres } from "./paint.js";
import { within } from "./published.js";
import { mapTheme } from "./theme.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

/** From this tilt on [degrees] buildings stand as solids. */
export const SOLID_PITCH = 4;
const PROPERTY = /** @type {any} */ ({
  raster: ["raster-opacity"],
  fill: ["fill-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  "fill-extrusion": ["fill-extrusion-opacity"],
});
const LINE_WIDTH = ["interpolate", ["exponential", 1.5], ["zoom"], 10, 1, 14, 2, 18, 8];
const RADIUS = ["interpolate", ["linear"], ["zoom"], 10, 3, 15, 6, 18, 10];

/**
 * Put all layers on the map; the first listed lies lowest, solids above all.
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 * @param {Map<string, any>} archives  MapLibre sources of the vector layers.
 */
export function addLayers(map, layers, archives) {
  for (const layer of layers) map.addSource(layer.id, archives.get(layer.id) ?? picture(layer));
  for (const layer of layers) for (const spec of flat(layer)) map.addLayer(spec);
  for (const layer of layers) for (const spec of solid(layer)) map.addLayer(spec);
  for (const layer of layers) for (const spec of chosen(layer)) map.addLayer(spec);
}

/**
 * Show what the reader chose.
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 * @param {Choice} choice
 */
export function applyChoice(map, layers, choice) {
  const tilted = map.getPitch() >= SOLID_PITCH;
  for (const layer of layers) {
    const on = choice.visible.has(layer.id);
    const fade = (choice.opacity.get(layer.id) ?? 100) / 100;
    const hasSolid = Boolean(layer.doc.extrude);
    for (const spec of [...flat(layer), ...solid(layer)]) {
      const stands = spec.type === "fill-extrusion";
      const seen = on && (!hasSolid || stands === tilted);
      map.setLayoutProperty(spec.id, "visibility", seen ? "visible" : "none");
      for (const name of PROPERTY[spec.type]) map.setPaintProperty(spec.id, name, fade);
    }
    for (const spec of chosen(layer)) {
      map.setLayoutProperty(spec.id, "visibility", on ? "visible" : "none");
    }
  }
}

/**
 * Names of the drawn parts of a vector layer that answer to a click.
 * @param {Layer} layer
 * @returns {string[]}
 */
export function clickable(layer) {
  return layer.doc.kind === "vector"
    ? [...flat(layer), ...solid(layer)].map((spec) => spec.id)
    : [];
}

/**
 * Mark one feature of a layer, or none.
 * @param {MapLibreMap} map
 * @param {Layer} layer
 * @param {unknown} id  Value of the layer's id column.
 */
export function mark(map, layer, id) {
  const column = layer.doc.id_column;
  /** @type {any} */
  const same = column && id !== null ? ["==", ["get", column], id] : null;
  for (const spec of chosen(layer)) map.setFilter(spec.id, same ?? false);
  for (const spec of solid(layer)) {
    const usual = spec.paint["fill-extrusion-color"];
    const colours = same ? ["case", same, mapTheme().chosen, usual] : usual;
    map.setPaintProperty(spec.id, "fill-extrusion-color", colours);
  }
}

/**
 * Colours that follow light and dark.
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 */
export function recolour(map, layers) {
  for (const layer of layers) {
    for (const spec of [...flat(layer), ...chosen(layer)]) {
      for (const name of Object.keys(spec.paint).filter((key) => key.endsWith("color"))) {
        map.setPaintProperty(spec.id, /** @type {any} */ (name), spec.paint[name]);
      }
    }
  }
}

/**
 * @param {Layer} layer
 * @returns {any}  MapLibre source of a raster layer.
 */
function picture({ doc, base, id }) {
  if (!doc.image) throw new Error(`${id}: neither picture nor tiles`);
  const [west, south, east, north] = doc.image.bounds;
  return {
    type: "image",
    url: within(base, doc.image.href).href,
    coordinates: [
      [west, north],
      [east, north],
      [east, south],
      [west, south],
    ],
  };
}

/**
 * @param {Layer} layer
 * @returns {any[]}  MapLibre layers on the ground.
 */
function flat(layer) {
  const { doc, id, style } = layer;
  if (doc.kind === "raster") {
    const paint = { "raster-resampling": "nearest", "raster-fade-duration": 0 };
    return doc.image ? [{ id, type: "raster", source: id, paint }] : [];
  }
  if (!doc.pmtiles) return [];
  const filter = drawn(style, doc.style_column);
  const common = { source: id, "source-layer": id, filter };
  const fill = colour(style, doc.style_column);
  const outline = mapTheme().outline;
  if (doc.geometry === "line") {
    const layout = { "line-cap": "round", "line-join": "round" };
    return [
      {
        id,
        type: "line",
        ...common,
        layout,
        paint: { "line-color": fill, "line-width": LINE_WIDTH },
      },
    ];
  }
  if (doc.geometry === "point") {
    const stroke = { "circle-stroke-color": outline, "circle-stroke-width": 1 };
    return [
      {
        id,
        type: "circle",
        ...common,
        paint: { "circle-color": fill, "circle-radius": RADIUS, ...stroke },
      },
    ];
  }
  const line = { "line-color": outline, "line-width": 0.5 };
  return [
    { id, type: "fill", ...common, paint: { "fill-color": fill, "fill-antialias": false } },
    { id: `${id}-edge`, type: "line", ...common, paint: line },
  ];
}

/**
 * @param {Layer} layer
 * @returns {any[]}  The layer as solids, where its document says so.
 */
function solid(layer) {
  const { doc, id, style } = layer;
  if (!doc.extrude || !doc.pmtiles) return [];
  const paint = {
    "fill-extrusion-color": colour(style, doc.style_column),
    "fill-extrusion-height": metres(doc.extrude.height),
    "fill-extrusion-base": doc.extrude.base ? metres(doc.extrude.base) : 0,
  };
  const filter = drawn(style, doc.style_column);
  return [
    { id: `${id}-solid`, type: "fill-extrusion", source: id, "source-layer": id, filter, paint },
  ];
}

/**
 * @param {Layer} layer
 * @returns {any[]}  Rim of the feature that was clicked.
 */
function chosen(layer) {
  const { doc, id } = layer;
  if (doc.kind !== "vector" || !doc.pmtiles || !doc.id_column) return [];
  const common = { id: `${id}-chosen`, source: id, "source-layer": id, filter: false };
  const rim = mapTheme().chosen;
  if (doc.geometry === "point") {
    const ring = { "circle-stroke-color": rim, "circle-stroke-width": 3, "circle-opacity": 0 };
    return [{ ...common, type: "circle", paint: { ...ring, "circle-radius": RADIUS } }];
  }
  return [{ ...common, type: "line", paint: { "line-color": rim, "line-width": 3 } }];
}
