/** Vector tiles: each layer is one PMTiles file, read in pieces by HTTP Range. */

import { addProtocol } from "../vendor/maplibre-gl/maplibre-gl.js";
import { outlinesOf } from "./map_layers.js";
import { within } from "./published.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {{minZoom: number, maxZoom: number, minLon: number, minLat: number, maxLon: number, maxLat: number}} Header */

/**
 * Open the archives of all vector layers, and of the lines between the classes of rasters.
 * @param {Layer[]} layers
 * @returns {Promise<{sources: Map<string, any>, broken: {id: string, reason: string}[]}>}
 *   MapLibre source by layer or outlines, and the layers whose archive cannot be read.
 */
export async function openArchives(layers) {
  const { FetchSource, PMTiles, Protocol } = /** @type {any} */ (globalThis).pmtiles;
  const protocol = new Protocol();
  addProtocol("pmtiles", protocol.tile);
  const wanted = layers.flatMap((layer) => [
    ...(layer.doc.pmtiles ? [{ layer, name: layer.id, href: layer.doc.pmtiles }] : []),
    ...(layer.doc.outlines
      ? [{ layer, name: outlinesOf(layer.id), href: layer.doc.outlines }]
      : []),
  ]);
  const open = async (/** @type {(typeof wanted)[number]} */ { layer, href }) => {
    const file = new FetchSource(within(layer.base, href).href);
    // Chromium keeps pieces of a file and, asked for several that overlap, fails to put them
    // together ("Failed to fetch"): each piece is fetched anew. The library does so on Windows only.
    file.chromeWindowsNoCache = true;
    const archive = new PMTiles(file);
    protocol.add(archive);
    return source(archive.source.getKey(), await archive.getHeader());
  };
  const tries = await Promise.allSettled(wanted.map(open));
  const sources = new Map();
  const broken = /** @type {{id: string, reason: string}[]} */ ([]);
  tries.forEach((result, index) => {
    const { layer, name } = wanted[index];
    if (result.status === "fulfilled") sources.set(name, result.value);
    else broken.push({ id: layer.id, reason: String(result.reason?.message ?? result.reason) });
  });
  return { sources, broken };
}

/**
 * @param {string} key
 * @param {Header} header
 */
function source(key, header) {
  const { minLon, minLat, maxLon, maxLat } = header;
  // A layer of a single point has a box without area, which MapLibre would never enter.
  const bounds =
    minLon < maxLon && minLat < maxLat ? { bounds: [minLon, minLat, maxLon, maxLat] } : {};
  const tiles = [`pmtiles://${key}/{z}/{x}/{y}`];
  return { type: "vector", tiles, minzoom: header.minZoom, maxzoom: header.maxZoom, ...bounds };
}
