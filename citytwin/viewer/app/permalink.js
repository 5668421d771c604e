/**
 * The part of the address behind # keeps the view, so that a link shows what its sender saw:
 * `#view=zoom/lat/lon/bearing/pitch&on=a,b&fade=a:60&at=lon,lat&time=a:2026-12-22T00:00:00Z`.
 */

import { frameKey } from "./frames.js";
import { openingOf } from "./state.js";

/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {{zoom: number, center: [number, number], bearing: number, pitch: number}} Camera */

/**
 * @param {string} hash
 * @returns {Camera|null}  Null when the link holds no usable view.
 */
export function cameraOf(hash) {
  const numbers = (fields(hash).get("view") ?? "").split("/").map(Number);
  if (numbers.length !== 5 || !numbers.every(Number.isFinite)) return null;
  const [zoom, lat, lon, bearing, pitch] = numbers;
  if (Math.abs(lat) > 85 || Math.abs(lon) > 180) return null;
  return { zoom, center: [lon, lat], bearing, pitch };
}

/**
 * Take visible layers, opacities, moments and the point over from a link.
 * @param {string} hash
 * @param {Choice} choice
 * @param {Layer[]} layers
 */
export function applyHash(hash, choice, layers) {
  const found = fields(hash);
  const known = [...choice.opacity.keys()];
  const on = found.get("on");
  if (on !== undefined) {
    const asked = on.split(",");
    choice.visible = new Set(known.filter((id) => asked.includes(id)));
  }
  for (const pair of (found.get("fade") ?? "").split(",")) {
    const [id, percent] = pair.split(":");
    const value = Number(percent);
    if (known.includes(id) && percent && value >= 0 && value <= 100) choice.opacity.set(id, value);
  }
  for (const pair of (found.get("time") ?? "").split(",")) {
    const [id, ...time] = pair.split(":");
    const frames = layers.find((layer) => layer.id === id)?.doc.frames ?? [];
    const number = frames.findIndex((frame) => frameKey(frame) === time.join(":"));
    if (number >= 0) choice.asked.set(id, number);
  }
  const at = (found.get("at") ?? "").split(",").map(Number);
  const usable = at.length === 2 && at.every(Number.isFinite) && Math.abs(at[1]) <= 85;
  choice.at = usable ? [at[0], at[1]] : null;
}

/**
 * @param {Camera} camera
 * @param {Choice} choice
 * @param {Map<string, number>} usual  Opacities that need no mention.
 * @param {Layer[]} layers
 * @returns {string}
 */
export function hashOf(camera, choice, usual, layers) {
  const [lon, lat] = camera.center;
  const view = [camera.zoom.toFixed(2), lat.toFixed(5), lon.toFixed(5)];
  view.push(camera.bearing.toFixed(0), camera.pitch.toFixed(0));
  const on = [...choice.opacity.keys()].filter((id) => choice.visible.has(id));
  const parts = [`view=${view.join("/")}`, `on=${on.join(",")}`];
  const faded = [...choice.opacity].filter(([id, percent]) => percent !== usual.get(id));
  if (faded.length > 0) parts.push(`fade=${faded.map((pair) => pair.join(":")).join(",")}`);
  if (choice.at) parts.push(`at=${choice.at.map((part) => part.toFixed(6)).join(",")}`);
  const times = layers
    .filter(({ id, doc }) => choice.visible.has(id) && doc.frames?.length)
    .map(({ id, doc }) => ({ id, number: choice.asked.get(id) ?? 0, doc }))
    .filter(({ number, doc }) => number !== openingOf(doc))
    .flatMap(({ id, number, doc }) => {
      const frame = doc.frames?.[number];
      return frame ? [`${id}:${frameKey(frame)}`] : [];
    });
  if (times.length > 0) parts.push(`time=${times.join(",")}`);
  return `#${parts.join("&")}`;
}

/**
 * @param {string} hash
 * @returns {Map<string, string>}
 */
function fields(hash) {
  const pairs = hash
    .replace(/^#/, "")
    .split("&")
    .map((part) => part.split("="));
  return new Map(pairs.filter((pair) => pair.length === 2).map(([name, value]) => [name, value]));
}
