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
  symbol: ["icon-opacity"],
  "fill-extrusion": ["fill-extrusion-opacity"],
});
const CLASS_LINE = "#444444";
const CLASS_ZOOM = 14;
const RIM_ZOOM = 13;
const NAMES_ZOOM = 15;
const LINE_WIDTH = ["interpolate", ["exponential", 1.5], ["zoom"], 10, 1, 14, 2, 18, 8];
const THIN_LINE = ["interpolate", ["exponential", 1.5], ["zoom"], 10, 0.5, 14, 1, 18, 2.5];
const ARROW = "arrow";
const ARROW_PX = 12;
const ARROW_SIZE = ["interpolate", ["linear"], ["zoom"], 13, 0.5, 18, 1.25];
const RADIUS = ["interpolate", ["linear"], ["zoom"], 10, 3, 15, 6, 18, 10];

/**
 * Put all layers on the map; the first listed lies lowest, buildings above roads, lines above
 * both, solids above all. Buildings, roads and street names are always there, quietly, for finding one's way.
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 * @param {Map<string, any>} archives  MapLibre sources of vector layers and of class outlines.
 */
export function addLayers(map, layers, archives) {
  map.addImage(ARROW, arrowHead(), { sdf: true, pixelRatio: 2 });
  for (const layer of layers) map.addSource(layer.id, archives.get(layer.id) ?? picture(layer));
  for (const { id } of layers) {
    const outlines = archives.get(outlinesOf(id));
    if (outlines) map.addSource(outlinesOf(id), outlines);
  }
  const rasters = layers.filter((layer) => layer.doc.kind === "raster");
  const rank = (/** @type {Layer} */ { doc }) =>
    doc.geometry === "point" ? 3 : doc.geometry === "line" ? 2 : doc.extrude ? 1 : 0;
  const vectors = layers
    .filter((layer) => layer.doc.kind === "vector")
    .sort((one, two) => rank(one) - rank(two));
  const specs = [
    ...below(layers),
    ...rasters.flatMap(flat),
    ...rasters.flatMap((layer) => (archives.has(outlinesOf(layer.id)) ? outlines(layer) : [])),
    ...above(layers),
    ...vectors.flatMap(flat),
    ...names(layers),
    ...vectors.flatMap(solid),
    ...vectors.flatMap(chosen),
  ];
  for (const spec of specs) map.addLayer(spec);
}

/**
 * Name of the source and of the map layer of the lines between a layer's classes.
 * @param {string} id
 */
export function outlinesOf(id) {
  return `${id}-classes`;
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
    for (const spec of [...chosen(layer), ...outlines(layer)]) {
      if (!map.getLayer(spec.id)) continue;
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
  const context = [...below(layers), ...above(layers), ...names(layers)];
  for (const spec of [...context, ...layers.flatMap((one) => [...flat(one), ...chosen(one)])]) {
    for (const name of Object.keys(spec.paint).filter((key) => key.endsWith("color"))) {
      map.setPaintProperty(spec.id, /** @type {any} */ (name), spec.paint[name]);
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
  // Of a layer over time the timeline brings the pictures.
  const url = doc.frames?.length ? {} : { url: within(base, doc.image.href).href };
  return {
    type: "image",
    ...url,
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
    const paint = { "line-color": fill, "line-width": doc.thin ? THIN_LINE : LINE_WIDTH };
    const line = { id, type: "line", ...common, layout, paint };
    return doc.directed ? [line, arrows(id, common, fill)] : [line];
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
 * @param {string} id  Of lines that lead somewhere.
 * @param {object} common
 * @param {any} fill
 * @returns {any}  Arrowheads in the middle of the lines, as many as there is room for.
 */
function arrows(id, common, fill) {
  const layout = {
    "symbol-placement": "line-center",
    "icon-image": ARROW,
    "icon-size": ARROW_SIZE,
    "icon-rotation-alignment": "map",
    "icon-padding": ARROW_PX,
  };
  return { id: `${id}-arrows`, type: "symbol", ...common, layout, paint: { "icon-color": fill } };
}

/** @returns {ImageData}  A head that points to the right, along the line. */
function arrowHead() {
  const size = 2 * ARROW_PX;
  const pen = new OffscreenCanvas(size, size).getContext("2d");
  if (!pen) return new ImageData(size, size);
  pen.moveTo(4, 3);
  pen.lineTo(size - 2, ARROW_PX);
  pen.lineTo(4, size - 3);
  pen.lineTo(9, ARROW_PX);
  pen.fill();
  return pen.getImageData(0, 0, size, size);
}

/**
 * Lines between classes whose colours differ little, from the zoom at which cells are told apart.
 * @param {Layer} layer
 * @returns {any[]}
 */
function outlines({ id, doc }) {
  if (!doc.outlines) return [];
  const paint = { "line-color": CLASS_LINE, "line-width": 0.5 };
  const common = { id: outlinesOf(id), source: outlinesOf(id), "source-layer": `${id}_classes` };
  return [{ ...common, type: "line", minzoom: CLASS_ZOOM, paint }];
}

/**
 * A layer that helps to find one's way, whether or not it is switched on.
 * @param {Layer[]} layers
 * @param {string} id
 */
function known(layers, id) {
  return layers.find((layer) => layer.id === id && layer.doc.geometry === "polygon");
}

/**
 * @param {Layer[]} layers
 * @returns {any[]}  Footprints under the pictures: seen where these are left blank.
 */
function below(layers) {
  if (!known(layers, "buildings")) return [];
  const common = { source: "buildings", "source-layer": "buildings" };
  return [
    { id: "under-buildings", type: "fill", ...common, paint: { "fill-color": mapTheme().house } },
  ];
}

/**
 * @param {Layer[]} layers
 * @returns {any[]}  Thin rims of roads and buildings over the pictures, which they do not hide.
 */
function above(layers) {
  return [/** @type {const} */ (["roads", 0.4]), /** @type {const} */ (["buildings", 0.6])]
    .filter(([id]) => known(layers, id))
    .map(([id, width]) => ({
      id: `over-${id}`,
      type: "line",
      source: id,
      "source-layer": id,
      minzoom: RIM_ZOOM,
      paint: { "line-color": mapTheme().quiet, "line-width": width },
    }));
}

/**
 * @param {Layer[]} layers
 * @returns {any[]}  Names of streets, where they are recorded.
 */
function names(layers) {
  const roads = layers.find((layer) => layer.id === "roads");
  if (!roads?.doc.columns?.some((column) => column.name === "name")) return [];
  const layout = {
    "text-field": ["get", "name"],
    "text-font": ["sans-serif"],
    "text-size": 11,
    "text-padding": 24,
  };
  const paint = {
    "text-color": mapTheme().text,
    "text-halo-color": mapTheme().paper,
    "text-halo-width": 1.2,
  };
  const common = { id: "street-names", source: "roads", "source-layer": "roads" };
  return [{ ...common, type: "symbol", minzoom: NAMES_ZOOM, layout, paint }];
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
