/** Reading the published folder: latest.json, then every layer with its style. */

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Latest} Latest */
/** @typedef {import("./types.js").Layer} Layer */

const LATEST = "citytwin-latest/1";
const LAYER = "citytwin-layer/1";
const ID = /^[a-z0-9_]{1,64}$/;

/**
 * Read the whole city. A layer that cannot be read is named, and does not stop the others.
 * @param {URL} root  Address of the published folder.
 * @returns {Promise<City>}
 */
export async function readCity(root) {
  const latest = /** @type {Latest} */ (await readJson(within(root, "latest.json"), LATEST));
  const tries = await Promise.allSettled(latest.layers.map((entry) => readLayer(root, entry)));
  /** @type {City} */
  const city = { latest, root, layers: [], broken: [] };
  tries.forEach((result, index) => {
    if (result.status === "fulfilled") city.layers.push(result.value);
    else city.broken.push({ id: latest.layers[index].id, reason: String(result.reason.message) });
  });
  return city;
}

/**
 * Resolve an address of the data; it must stay inside the given folder.
 * @param {URL} base  Folder, ending in a slash.
 * @param {string} href
 * @returns {URL}
 */
export function within(base, href) {
  const url = new URL(href, base);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
    throw new Error(`${href}: leads out of the published folder`);
  }
  return url;
}

/**
 * @param {URL} root
 * @param {Latest["layers"][number]} entry
 * @returns {Promise<Layer>}
 */
async function readLayer(root, entry) {
  if (!ID.test(entry.id)) throw new Error(`${entry.id}: not a layer name`);
  const base = within(root, `${entry.path}/`);
  const doc = await readJson(within(base, "layer.json"), LAYER);
  if (doc.id !== entry.id) throw new Error(`${entry.id}: layer.json speaks of ${doc.id}`);
  const style = await readJson(within(base, doc.style), null);
  if (!Array.isArray(style.items)) throw new Error(`${doc.style}: no items`);
  return { id: entry.id, runId: entry.run_id, base, doc, style };
}

/**
 * @param {URL} url
 * @param {string|null} schema  What the document must say that it is.
 * @returns {Promise<any>}
 */
async function readJson(url, schema) {
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  const document = await response.json();
  if (schema !== null && document.schema !== schema) {
    throw new Error(`${url.pathname}: expected ${schema}, got ${document.schema}`);
  }
  return document;
}
