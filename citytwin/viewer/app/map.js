/** The map itself: no base map, nothing from other origins, works from the keyboard. */

import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.js";
import { t } from "./language.js";
import { SOLID_PITCH } from "./map_layers.js";
import { NorthControl, TiltControl, WholeControl, ZoomControl } from "./map_controls.js";
import { mapTheme } from "./theme.js";

/** @typedef {import("./permalink.js").Camera} Camera */
/** @typedef {[number, number, number, number]} Bounds */

const TILTED = 58;

/**
 * Make the map. Resolves when layers can be added.
 * @param {Bounds} bounds  West, south, east, north [degrees].
 * @param {Camera|null} camera  From a link; else the whole city is shown.
 * @returns {Promise<maplibregl.Map>}
 */
export async function makeMap(bounds, camera) {
  maplibregl.setWorkerUrl(
    new URL("../vendor/maplibre-gl/maplibre-gl-worker.js", import.meta.url).href,
  );
  const start = camera ?? { bounds, fitBoundsOptions: { padding: 24 } };
  const map = new maplibregl.Map({
    container: "map",
    style: emptyStyle(bounds),
    ...start,
    maxPitch: 70,
    minZoom: 6,
    maxBounds: widened(bounds),
    renderWorldCopies: false,
    attributionControl: false,
    fadeDuration: 0,
    // Printing copies the drawing, which a browser may otherwise have thrown away.
    canvasContextAttributes: { antialias: true, preserveDrawingBuffer: true },
    locale: { "Map.Title": t("map.title") },
  });
  markRest(map);
  await map.once("load");
  return map;
}

/**
 * Zoom, north, tilt, whole city and scale, in the current language.
 * @param {maplibregl.Map} map
 * @param {Bounds} bounds
 * @returns {() => void}  Takes the controls away again.
 */
export function addControls(map, bounds) {
  const controls = [
    new ZoomControl(),
    new NorthControl(),
    new TiltControl(TILTED, SOLID_PITCH),
    new WholeControl(() =>
      map.fitBounds(bounds, { padding: 24, bearing: 0, pitch: map.getPitch() }),
    ),
  ];
  const scale = new maplibregl.ScaleControl({ maxWidth: 140 });
  for (const control of controls) map.addControl(control, "top-right");
  map.addControl(scale, "bottom-right");
  map.getCanvas().setAttribute("aria-label", t("map.title"));
  return () => [...controls, scale].forEach((control) => map.removeControl(control));
}

/**
 * Say on the element of the map whether it is at rest: nothing moves, loads or waits to be drawn.
 * @param {maplibregl.Map} map
 */
function markRest(map) {
  const { dataset } = map.getContainer();
  const busy = () => {
    dataset.idle = "false";
  };
  busy();
  for (const name of /** @type {const} */ (["movestart", "dataloading", "styledata", "resize"])) {
    map.on(name, busy);
  }
  map.on("idle", () => {
    dataset.idle = "true";
  });
}

/**
 * @param {maplibregl.Map} map
 * @returns {Camera}
 */
export function cameraNow(map) {
  const { lng, lat } = map.getCenter();
  return {
    zoom: map.getZoom(),
    center: [lng, lat],
    bearing: map.getBearing(),
    pitch: map.getPitch(),
  };
}

/**
 * Follow light and dark.
 * @param {maplibregl.Map} map
 */
export function recolourGround(map) {
  map.setPaintProperty("ground", "background-color", mapTheme().ground);
  map.setPaintProperty("extent", "line-color", mapTheme().edge);
}

/**
 * Neutral ground and the rim of the city; sun from the north-west, as maps are shaded.
 * @param {Bounds} bounds
 * @returns {any}
 */
function emptyStyle([west, south, east, north]) {
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  const data = {
    type: "Feature",
    properties: {},
    geometry: { type: "LineString", coordinates: ring },
  };
  const { ground, edge } = mapTheme();
  return {
    version: 8,
    transition: { duration: 0, delay: 0 }, // paper cannot wait for colours to fade over
    light: { anchor: "map", color: "#ffffff", intensity: 0.3, position: [1.2, 315, 40] },
    sources: { extent: { type: "geojson", data } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ground } },
      {
        id: "extent",
        type: "line",
        source: "extent",
        paint: { "line-color": edge, "line-width": 1, "line-dasharray": [4, 3] },
      },
    ],
  };
}

/**
 * The city with room around it, so that nobody gets lost in the void.
 * @param {Bounds} bounds
 * @returns {Bounds}
 */
function widened([west, south, east, north]) {
  const wide = 2 * Math.max(east - west, 0.01);
  const high = 2 * Math.max(north - south, 0.01);
  return [west - wide, Math.max(south - high, -85), east + wide, Math.min(north + high, 85)];
}
