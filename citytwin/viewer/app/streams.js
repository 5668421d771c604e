/**
 * Movement along lines that lead somewhere: short dashes run downstream over the map, the faster the
 * higher the value that colours the line. Nothing moves for readers who ask for less motion.
 */

import { isPrinting, mapTheme } from "./theme.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */
/**
 * @typedef {object} Path  A line on the screen.
 * @property {number[]} xs
 * @property {number[]} ys
 * @property {number[]} times  When a dash that starts at 0 reaches each point [s].
 * @property {number} fade  0 to 1.
 */

/** Pixels per second at a value of 1, and at least. */
const PACE = 48;
const SLOWEST = 5;
/** Dashes begin so far apart, and are so long [s]. */
const APART_S = 2.4;
const DASH_S = 0.5;
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Let dashes run along the lines shown, while the map is at rest.
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 * @param {Choice} choice
 */
export function followStreams(map, layers, choice) {
  const directed = layers.filter(({ doc }) => doc.directed && doc.geometry === "line");
  if (directed.length === 0) return;
  const canvas = document.createElement("canvas");
  canvas.className = "streams";
  canvas.setAttribute("aria-hidden", "true");
  map.getCanvasContainer().append(canvas);
  /** @type {Path[]} */
  let paths = [];
  let frame = 0;
  const stop = () => {
    cancelAnimationFrame(frame);
    paths = [];
    canvas.hidden = true;
  };
  const step = (/** @type {number} */ now) => {
    draw(canvas, map, paths, now / 1000);
    frame = requestAnimationFrame(step);
  };
  const begin = () => {
    stop();
    if (REDUCED.matches || isPrinting() || map.isMoving()) return;
    const shown = directed.filter(({ id }) => choice.visible.has(id));
    paths = shown.flatMap((layer) => pathsOf(map, layer, choice));
    canvas.hidden = paths.length === 0;
    if (paths.length > 0) frame = requestAnimationFrame(step);
  };
  for (const name of /** @type {const} */ (["movestart", "resize"])) map.on(name, stop);
  map.on("idle", begin);
  REDUCED.addEventListener("change", begin);
}

/**
 * Lines of a layer on the screen; pieces that meet end to end are one.
 * @param {MapLibreMap} map
 * @param {Layer} layer
 * @param {Choice} choice
 * @returns {Path[]}
 */
function pathsOf(map, { id, doc }, choice) {
  const column = doc.style_column ?? "";
  const fade = (choice.opacity.get(id) ?? 100) / 100;
  const pieces = map
    .querySourceFeatures(id, { sourceLayer: id })
    .flatMap(({ geometry, properties }) => {
      const parts =
        geometry.type === "LineString"
          ? [geometry.coordinates]
          : geometry.type === "MultiLineString"
            ? geometry.coordinates
            : [];
      const pace = Math.max(SLOWEST, PACE * Number(properties[column] ?? 0));
      return parts.map((places) => ({ places, pace }));
    });
  const key = (/** @type {number[]|undefined} */ place) =>
    (place ?? []).map((degrees) => degrees.toFixed(6)).join();
  const after = new Map(pieces.map((piece) => [key(piece.places[0]), piece]));
  const ends = new Set(pieces.map(({ places }) => key(places.at(-1))));
  const heads = pieces.filter(({ places }) => !ends.has(key(places[0])));
  return heads.map((head) => {
    /** @type {Path} */
    const path = { xs: [], ys: [], times: [], fade };
    const passed = new Set();
    for (
      let piece = /** @type {typeof head|undefined} */ (head);
      piece && !passed.has(piece);
      piece = after.get(key(piece.places.at(-1)))
    ) {
      passed.add(piece);
      for (const place of piece.places) extend(path, map, place, piece.pace);
    }
    return path;
  });
}

/**
 * @param {Path} path
 * @param {MapLibreMap} map
 * @param {number[]} place  Longitude and latitude.
 * @param {number} pace  Pixels per second.
 */
function extend({ xs, ys, times }, map, [lng, lat], pace) {
  const { x, y } = map.project([lng, lat]);
  const way = xs.length ? Math.hypot(x - xs[xs.length - 1], y - ys[ys.length - 1]) : 0;
  times.push(xs.length ? times[times.length - 1] + way / pace : 0);
  xs.push(x);
  ys.push(y);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {MapLibreMap} map
 * @param {Path[]} paths
 * @param {number} now  [s]
 */
function draw(canvas, map, paths, now) {
  const { clientWidth, clientHeight } = map.getContainer();
  const ratio = map.getPixelRatio();
  canvas.width = clientWidth * ratio;
  canvas.height = clientHeight * ratio;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(ratio, ratio);
  pen.strokeStyle = mapTheme().stream;
  pen.lineWidth = 2;
  pen.lineCap = "round";
  paths.forEach((path, number) => {
    // Lines side by side are out of step, as nature is.
    const first = (now + 0.618 * number * APART_S) % APART_S;
    const whole = path.times[path.times.length - 1] + DASH_S;
    pen.globalAlpha = path.fade;
    pen.beginPath();
    for (let head = first; head < whole; head += APART_S) dash(pen, path, head - DASH_S, head);
    pen.stroke();
  });
}

/**
 * Add the part of a path that is passed from one time to another.
 * @param {CanvasRenderingContext2D} pen
 * @param {Path} path
 * @param {number} from
 * @param {number} to
 */
function dash(pen, { xs, ys, times }, from, to) {
  const begin = Math.max(from, 0);
  let next = times.findIndex((time) => time > begin);
  if (next < 1) return;
  const at = (/** @type {number} */ time, /** @type {number} */ i) => {
    const share = (time - times[i - 1]) / (times[i] - times[i - 1] || 1);
    return /** @type {const} */ ([
      xs[i - 1] + share * (xs[i] - xs[i - 1]),
      ys[i - 1] + share * (ys[i] - ys[i - 1]),
    ]);
  };
  pen.moveTo(...at(begin, next));
  for (; next < times.length && times[next] < to; next++) pen.lineTo(xs[next], ys[next]);
  if (next < times.length) pen.lineTo(...at(to, next));
}
