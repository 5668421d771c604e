/** Pictures of the moments of a layer: fetched when asked for, a few of them kept. */

import { within } from "./published.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./types.js").Frame} Frame */

const MOST_KEPT = 8;
const MOST_PIXELS = 48e6;

/** @type {Map<string, Frames>} */
const known = new Map();

/**
 * The pictures of a layer over time.
 * @param {Layer} layer
 * @returns {Frames}
 */
export function framesOf(layer) {
  const found = known.get(layer.id) ?? new Frames(layer);
  known.set(layer.id, found);
  return found;
}

/**
 * Moments of a layer; none where it does not change over time.
 * @param {Layer} layer
 * @returns {Frame[]}
 */
export function momentsOf(layer) {
  return layer.doc.frames ?? [];
}

/**
 * What tells a moment, a direction of the wind or a season from the others of its layer.
 * @param {Frame} frame
 * @returns {string}
 */
export function frameKey(frame) {
  return frame.time ?? String(frame.months?.join("-") ?? frame.from_deg);
}

export class Frames {
  /** @param {Layer} layer */
  constructor(layer) {
    this.base = layer.base;
    this.moments = momentsOf(layer);
    /** @type {Map<number, Promise<ImageBitmap>>}  The one asked for last comes last. */
    this.kept = new Map();
  }

  /**
   * The picture of a moment. One that cannot be read may be asked for again.
   * @param {number} number
   * @returns {Promise<ImageBitmap>}
   */
  picture(number) {
    const promise = this.kept.get(number) ?? this.read(number);
    this.kept.delete(number);
    this.kept.set(number, promise);
    promise.catch(() => {
      if (this.kept.get(number) === promise) this.kept.delete(number);
    });
    const { width, height } = this.moments[number].values;
    const room = Math.max(2, Math.min(MOST_KEPT, Math.floor(MOST_PIXELS / (width * height))));
    for (const old of this.kept.keys()) {
      if (this.kept.size <= room) break;
      this.kept.delete(old);
    }
    return promise;
  }

  /**
   * Fetch a moment ahead of time; should it fail, the one who asks for it will hear of it.
   * @param {number} number
   */
  expect(number) {
    if (this.moments[number] && !this.kept.has(number)) this.picture(number).catch(() => {});
  }

  /**
   * @param {number} number
   * @returns {Promise<ImageBitmap>}
   */
  async read(number) {
    const url = within(this.base, this.moments[number].image.href);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
    return createImageBitmap(await response.blob());
  }
}
