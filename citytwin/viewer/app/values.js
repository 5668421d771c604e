/** Exact values of raster layers: one gzipped grid of uint16 per layer, read when first asked. */

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./types.js").ValuesAsset} ValuesAsset */
/** @typedef {{state: "value", value: number}|{state: "nodata"|"outside"}} Sample */

import { within } from "./published.js";

const EARTH_RADIUS_M = 6378137;
const MOST_CELLS = 200e6;
const MOST_KEPT_BYTES = 256e6;

/** @type {Map<string, {promise: Promise<Uint8Array>, bytes: number}>}  Asked for last comes last. */
const grids = new Map();

/**
 * Value of a raster layer at a place.
 * @param {Layer} layer
 * @param {ValuesAsset|null|undefined} asset  Its values, or those of one of its moments.
 * @param {[number, number]} place  Longitude and latitude [degrees].
 * @returns {Promise<Sample>}
 */
export async function sample(layer, asset, place) {
  if (!asset) return { state: "nodata" };
  const index = cellIndex(asset, place);
  if (index === null) return { state: "outside" };
  const bytes = await grid(layer, asset);
  const raw = bytes[2 * index] + 256 * bytes[2 * index + 1];
  if (raw === asset.nodata) return { state: "nodata" };
  return { state: "value", value: raw * asset.scale + asset.offset };
}

/**
 * Row-major index of the cell that holds a place; null outside.
 * @param {ValuesAsset} asset
 * @param {[number, number]} place  Longitude and latitude [degrees].
 * @returns {number|null}
 */
export function cellIndex(asset, place) {
  const [xmin, ymin, xmax, ymax] = asset.mercator_bounds;
  const x = EARTH_RADIUS_M * radians(place[0]);
  const y = EARTH_RADIUS_M * Math.log(Math.tan(Math.PI / 4 + radians(place[1]) / 2));
  const column = Math.floor(((x - xmin) / (xmax - xmin)) * asset.width);
  const row = Math.floor(((ymax - y) / (ymax - ymin)) * asset.height);
  const inside = column >= 0 && column < asset.width && row >= 0 && row < asset.height;
  return inside ? row * asset.width + column : null;
}

/**
 * @param {Layer} layer
 * @param {ValuesAsset} asset
 * @returns {Promise<Uint8Array>}
 */
function grid(layer, asset) {
  const url = within(layer.base, asset.href);
  const kept = grids.get(url.href) ?? {
    promise: read(url, asset),
    bytes: 2 * asset.width * asset.height,
  };
  grids.delete(url.href);
  grids.set(url.href, kept);
  kept.promise.catch(() => grids.delete(url.href));
  let total = [...grids.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [old, { bytes }] of grids) {
    if (total <= MOST_KEPT_BYTES || old === url.href) break;
    grids.delete(old);
    total -= bytes;
  }
  return kept.promise;
}

/**
 * @param {URL} url
 * @param {ValuesAsset} asset
 * @returns {Promise<Uint8Array>}
 */
async function read(url, asset) {
  const cells = asset.width * asset.height;
  if (asset.dtype !== "uint16" || !(cells > 0 && cells <= MOST_CELLS)) {
    throw new Error(`${url.pathname}: ${asset.width} x ${asset.height} ${asset.dtype}`);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  const packed = new Uint8Array(await response.arrayBuffer());
  // Some servers announce .gz as an encoding, and the browser has unpacked it already.
  const zipped = packed[0] === 0x1f && packed[1] === 0x8b && packed.length !== 2 * cells;
  return zipped ? unpack(packed, 2 * cells, url) : exact(packed, 2 * cells, url);
}

/**
 * @param {Uint8Array<ArrayBuffer>} packed
 * @param {number} size  Bytes expected; more are refused while unpacking.
 * @param {URL} url
 * @returns {Promise<Uint8Array>}
 */
async function unpack(packed, size, url) {
  const whole = new Uint8Array(size);
  let length = 0;
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return exact(whole.subarray(0, length), size, url);
    if (length + value.length > size) {
      await reader.cancel();
      throw new Error(`${url.pathname}: more than ${size} bytes`);
    }
    whole.set(value, length);
    length += value.length;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} size
 * @param {URL} url
 */
function exact(bytes, size, url) {
  if (bytes.length !== size) throw new Error(`${url.pathname}: ${bytes.length} of ${size} bytes`);
  return bytes;
}

/** @param {number} degrees */
function radians(degrees) {
  return (degrees * Math.PI) / 180;
}
