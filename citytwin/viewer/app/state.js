/** What the reader chose; everything here can stand in a link. */

/** @typedef {import("./types.js").Layer} Layer */

const DEFAULT_OPACITY = { raster: 80, vector: 100 };

export class Choice extends EventTarget {
  /** @param {Layer[]} layers */
  constructor(layers) {
    super();
    /** @type {Set<string>} */
    this.visible = new Set(layers.filter((layer) => layer.doc.visible).map((layer) => layer.id));
    /** @type {Map<string, number>} Percent. */
    this.opacity = new Map(layers.map((layer) => [layer.id, DEFAULT_OPACITY[layer.doc.kind]]));
    /** @type {Map<string, number>} Number of the moment asked for, of layers over time. */
    this.asked = new Map(
      layers.filter(({ doc }) => doc.frames?.length).map(({ id, doc }) => [id, openingOf(doc)]),
    );
    /** @type {Map<string, number>} Number of the moment on the map, once there is one. */
    this.shown = new Map();
    /** @type {Set<string>} Layers over time of which no moment could be had. */
    this.missing = new Set();
    /** @type {[number, number]|null} Longitude and latitude of the point asked for. */
    this.at = null;
  }

  /**
   * @param {string} id
   * @param {boolean} visible
   */
  show(id, visible) {
    if (visible) this.visible.add(id);
    else this.visible.delete(id);
    this.dispatchEvent(new Event("visible"));
  }

  /**
   * @param {string} id
   * @param {number} percent
   */
  fade(id, percent) {
    this.opacity.set(id, percent);
    this.dispatchEvent(new Event("opacity"));
  }

  /**
   * Ask for a moment of layers that share their moments.
   * @param {Layer[]} layers
   * @param {number} number
   */
  seek(layers, number) {
    for (const { id } of layers) {
      this.asked.set(id, number);
      this.missing.delete(id);
    }
    this.dispatchEvent(new Event("seek"));
  }

  /**
   * A moment has come onto the map.
   * @param {Layer[]} layers
   * @param {number} number
   */
  arrive(layers, number) {
    for (const { id } of layers) {
      this.shown.set(id, number);
      this.missing.delete(id);
    }
    this.dispatchEvent(new Event("frame"));
  }

  /**
   * A moment could not be had: what is shown stays, or is said to be missing.
   * @param {Layer[]} layers
   */
  stay(layers) {
    for (const { id } of layers) {
      const shown = this.shown.get(id);
      if (shown !== undefined) this.asked.set(id, shown);
      else if (this.visible.has(id)) this.missing.add(id);
    }
    this.dispatchEvent(new Event("seek"));
    this.dispatchEvent(new Event("frame"));
  }

  /** @param {[number, number]|null} at */
  ask(at) {
    this.at = at;
    this.dispatchEvent(new Event("at"));
  }
}

/**
 * The moment that a layer opens on.
 * @param {import("./types.js").LayerDocument} doc
 * @returns {number}
 */
export function openingOf({ frames, opening }) {
  return Math.min(Math.max(0, opening ?? 0), (frames?.length ?? 1) - 1);
}
