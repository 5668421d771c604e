/** The map itself: no base map, nothing from other origins, works from the keyboard. */

import * as maplibregl from "../vendor/maplibre-gl/maplibre-gl.js";
import { byId } from "./dom.js";
import { t } from "./language.js";
import { SOLID_PITCH } from "./map_layers.js";
import { NorthControl, TiltControl, WholeControl, ZoomControl } from "./map_controls.js";
import { mapTheme } from "./theme.js";

/** @typedef {import("./permalink.js").Camera} Camera */
/** @typedef {[number, number, number, number]} Bounds */

const TILTED = 58;
const MARGIN_PX = 24;
const BUTTONS_PX = 56;
const LEGEND_PX = 240;

/**
 * Make the map. Resolves when layers can be added.
 * @param {Bounds} bounds  West, south, east, north [degrees].
 * @param {[number, number][]|null} outline  Rim of the computed area: longitudes and latitudes.
 * @param {Camera|null} camera  From a link; else the whole city is shown.
 * @returns {Promise<maplibregl.Map>}
 */
export async function makeMap(bounds, outline, camera) {
  maplibregl.setWorkerUrl(
    new URL("../vendor/maplibre-gl/maplibre-gl-worker.js", import.meta.url).href,
  );
  const start = camera ?? { bounds, fitBoundsOptions: { padding: room(bounds) } };
  const map = new maplibregl.Map({
    container: "map",
    style: emptyStyle(outline ?? corners(bounds)),
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
      map.fitBounds(bounds, { padding: room(bounds), bearing: 0, pitch: map.getPitch() }),
    ),
  ];
  const scale = new maplibregl.ScaleControl({ maxWidth: 140 });
  for (const control of controls) map.addControl(control, "top-right");
  map.addControl(scale, "bottom-left");
  const tilt = () => map.getContainer().classList.toggle("tilted", map.getPitch() > 0);
  map.on("pitch", tilt);
  tilt();
  map.getCanvas().setAttribute("aria-label", t("map.title"));
  return () => {
    map.off("pitch", tilt);
    [...controls, scale].forEach((control) => map.removeControl(control));
  };
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
    const { zoom, center, bearing, pitch } = cameraNow(map);
    dataset.view = [zoom, center[1], center[0], bearing, pitch].join("/");
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
  map.setPaintProperty("paper", "fill-color", mapTheme().paper);
  map.setPaintProperty("extent", "line-color", mapTheme().edge);
}

/**
 * Room to leave around the city: buttons and legend lie on the right of wide maps, and cover
 * nothing where the city leaves space there.
 * @param {Bounds} bounds
 */
function room([west, south, east, north]) {
  const { clientWidth: wide, clientHeight: high } = byId("map");
  const y = (/** @type {number} */ lat) =>
    Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) * (180 / Math.PI);
  const taken = ((high - 2 * MARGIN_PX) * (east - west)) / (y(north) - y(south));
  const spare = wide - MARGIN_PX - taken;
  const right = wide < 640 ? BUTTONS_PX : Math.min(LEGEND_PX, Math.max(BUTTONS_PX, spare));
  const bottom = wide < 640 ? BUTTONS_PX : MARGIN_PX;
  return { top: MARGIN_PX, bottom, left: MARGIN_PX, right };
}

/**
 * @param {Bounds} bounds
 * @returns {[number, number][]}
 */
function corners([west, south, east, north]) {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

/**
 * Neutral ground, the computed area as light paper, and its rim; sun from the north-west, as maps
 * are shaded.
 * @param {[number, number][]} ring
 * @returns {any}
 */
function emptyStyle(ring) {
  const data = {
    type: "Feature",
    properties: {},
    geometry: { type: "Polygon", coordinates: [ring] },
  };
  const { ground, paper, edge } = mapTheme();
  return {
    version: 8,
    transition: { duration: 0, delay: 0 }, // paper cannot wait for colours to fade over
    light: { anchor: "map", color: "#ffffff", intensity: 0.3, position: [1.2, 315, 40] },
    sources: { extent: { type: "geojson", data } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ground } },
      { id: "paper", type: "fill", source: "extent", paint: { "fill-color": paper } },
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
