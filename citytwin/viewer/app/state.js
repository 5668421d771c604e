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

  /** @param {[number, number]|null} at */
  ask(at) {
    this.at = at;
    this.dispatchEvent(new Event("at"));
  }
}
