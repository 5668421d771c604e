/**
 * Printing: the map is drawn anew at the size and scale that it has on paper, sharper and in
 * light colours, and copied to a plain canvas; then the map on the screen is put back.
 */

import { fittingScale, groundPerPixel, zoomOf } from "./scale.js";
import { addMap, planSheet } from "./sheet.js";
import { setPrinting } from "./theme.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("./sheet.js").Format} Format */
/** @typedef {import("./sheet.js").Plan} Plan */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */
/** @typedef {Format & {scale: number|null}} Settings  Without a scale the view is fitted. */

/** Pixels per CSS pixel: 211 dots per inch. */
const SHARPNESS = 2.2;
const PATIENCE_MS = 20000;

export class Printer {
  /**
   * @param {MapLibreMap} map
   * @param {City} city
   * @param {Choice} choice
   * @param {() => void} recolour  Takes the colours that now hold; paper is always light.
   */
  constructor(map, city, choice, recolour) {
    this.map = map;
    this.city = city;
    this.choice = choice;
    this.recolour = recolour;
    /** @type {Settings} */
    this.settings = { paper: "A4", upright: false, scale: null };
    /** @type {Plan|null} */
    this.ready = null;
    // The browser's own command: what is loaded must do, there is no time to wait for more.
    addEventListener("beforeprint", () => {
      if (this.ready) return;
      const plan = this.plan();
      const scale = this.scaleOf(plan);
      const back = this.enter(plan, scale);
      map.redraw();
      this.finish(plan, scale);
      back();
    });
    addEventListener("afterprint", () => this.clear());
  }

  /** @returns {Plan} */
  plan() {
    this.clear();
    return planSheet(this.city, this.choice, this.settings);
  }

  clear() {
    this.ready = null;
    document.getElementById("paper")?.remove();
  }

  /**
   * The scale that a sheet would have.
   * @param {Plan} plan
   * @returns {number}  Denominator.
   */
  scaleOf(plan) {
    return this.settings.scale ?? fittingScale(this.seen().area, plan.size);
  }

  /** Draw the sheet with all that belongs on it; it stands ready to be printed then. */
  async prepare() {
    const plan = this.plan();
    const scale = this.scaleOf(plan);
    const back = this.enter(plan, scale);
    const rested = new Promise((done) => this.map.once("idle", () => done(null)));
    await Promise.race([rested, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    this.map.redraw();
    this.finish(plan, scale);
    back();
  }

  /**
   * Bring the map to its size and scale on paper.
   * @param {Plan} plan
   * @param {number} scale  Denominator.
   * @returns {() => void}  Puts the map on the screen back.
   */
  enter(plan, scale) {
    const { map } = this;
    const box = map.getContainer();
    const usual = {
      ratio: map.getPixelRatio(),
      bounds: map.getMaxBounds(),
      camera: { center: map.getCenter(), zoom: map.getZoom(), pitch: map.getPitch() },
    };
    const { middle } = this.seen();
    const zoom = zoomOf(scale, middle[1]);
    Object.assign(box.style, { width: `${plan.size[0]}px`, height: `${plan.size[1]}px` });
    setPrinting(true);
    map.setMaxBounds(null);
    map.setPixelRatio(SHARPNESS);
    map.resize();
    map.jumpTo({ center: middle, zoom, pitch: 0 });
    this.recolour();
    return () => {
      Object.assign(box.style, { width: "", height: "" });
      map.setPixelRatio(usual.ratio);
      map.resize();
      map.jumpTo(usual.camera);
      map.setMaxBounds(usual.bounds);
      setPrinting(false);
      this.recolour();
      map.redraw();
    };
  }

  /**
   * @param {Plan} plan
   * @param {number} scale  Denominator.
   */
  finish(plan, scale) {
    const { map, choice, settings } = this;
    const at = choice.at ? map.project(choice.at) : null;
    const inside = at && at.x >= 0 && at.y >= 0 && at.x <= plan.size[0] && at.y <= plan.size[1];
    addMap(plan, copyOf(map.getCanvas()), {
      scale,
      bearing: map.getBearing(),
      paper: settings.paper,
      pin: at && inside ? [at.x, at.y] : null,
    });
    this.ready = plan;
  }

  /**
   * The part of the city that is on the screen.
   * @returns {{middle: [number, number], area: [number, number]}}  Longitude and latitude of its
   *   middle [degrees]; width and height on the ground [m].
   */
  seen() {
    const { map } = this;
    const { clientWidth, clientHeight } = map.getContainer();
    const [west, south, east, north] = this.city.latest.view.bounds;
    const corners = /** @type {[number, number][]} */ ([
      [west, south],
      [east, south],
      [east, north],
      [west, north],
    ]).map((corner) => map.project(corner));
    const within = (/** @type {number[]} */ places, /** @type {number} */ most) => {
      const low = Math.max(0, Math.min(...places));
      const high = Math.min(most, Math.max(...places));
      return high - low > 1 && map.getPitch() === 0 ? [low, high] : [0, most];
    };
    const [left, right] = within(corners.map(({ x }) => x), clientWidth);
    const [top, bottom] = within(corners.map(({ y }) => y), clientHeight);
    const { lng, lat } = map.unproject([(left + right) / 2, (top + bottom) / 2]);
    const metres = groundPerPixel(map.getZoom(), lat);
    return { middle: [lng, lat], area: [(right - left) * metres, (bottom - top) * metres] };
  }
}

/**
 * The browser would print the last frame of a WebGL canvas that it showed on the screen, not what
 * was drawn since.
 * @param {HTMLCanvasElement} canvas
 * @returns {HTMLCanvasElement}
 */
function copyOf(canvas) {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}
