/** Buttons on the map: zoom, north, tilt, the whole city. */

import { el, icon } from "./dom.js";
import { t } from "./language.js";

/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

/** Nearer and farther, named in the language of the page. */
export class ZoomControl {
  /** @param {MapLibreMap} map */
  onAdd(map) {
    this.box = group(
      pressed("zoom-in", t("map.zoom_in"), "M12 5 V19 M5 12 H19", () => map.zoomIn()),
      pressed("zoom-out", t("map.zoom_out"), "M5 12 H19", () => map.zoomOut()),
    );
    return this.box;
  }

  onRemove() {
    this.box?.remove();
  }
}

/** An arrow that always points north, with its letter; a click turns the map back. */
export class NorthControl {
  /** @param {MapLibreMap} map */
  onAdd(map) {
    this.map = map;
    this.arrow = icon("M12 3 L17 20 L12 16.5 L7 20 Z");
    this.arrow.classList.add("arrow");
    const letter = el("span", { class: "letter", "aria-hidden": true }, "N");
    const dial = el("span", { class: "dial" }, letter, this.arrow);
    const label = t("map.north");
    const north = () => map.easeTo({ bearing: 0 });
    const button = el(
      "button",
      { type: "button", class: "north", title: label, "aria-label": label, onclick: north },
      dial,
    );
    this.turn = () => {
      dial.style.transform = `rotate(${-map.getBearing()}deg)`;
    };
    map.on("rotate", this.turn);
    this.turn();
    this.box = group(button);
    return this.box;
  }

  onRemove() {
    if (this.turn) this.map?.off("rotate", this.turn);
    this.box?.remove();
  }
}

/** From above, or tilted with buildings as solids. */
export class TiltControl {
  /**
   * @param {number} pitch  Tilt to take [degrees].
   * @param {number} from  From this tilt on the view counts as tilted [degrees].
   */
  constructor(pitch, from) {
    this.pitch = pitch;
    this.from = from;
  }

  /** @param {MapLibreMap} map */
  onAdd(map) {
    this.map = map;
    const tilted = () => map.getPitch() >= this.from;
    const click = () => map.easeTo({ pitch: tilted() ? 0 : this.pitch });
    const label = t("map.tilt");
    const button = el(
      "button",
      { type: "button", class: "tilt", title: label, "aria-label": label, onclick: click },
      "3D",
    );
    this.show = () => button.setAttribute("aria-pressed", String(tilted()));
    map.on("pitch", this.show);
    this.show();
    this.box = group(button);
    return this.box;
  }

  onRemove() {
    if (this.show) this.map?.off("pitch", this.show);
    this.box?.remove();
  }
}

/** Back to the whole city. */
export class WholeControl {
  /** @param {() => void} click */
  constructor(click) {
    this.click = click;
  }

  onAdd() {
    const corners = "M4 9 V4 H9 M15 4 H20 V9 M20 15 V20 H15 M9 20 H4 V15";
    this.box = group(pressed("whole", t("map.whole"), corners, this.click));
    return this.box;
  }

  onRemove() {
    this.box?.remove();
  }
}

/** @param {...HTMLElement} buttons */
function group(...buttons) {
  return el("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, ...buttons);
}

/**
 * A button with a picture.
 * @param {string} kind
 * @param {string} label
 * @param {string} path  Of the picture.
 * @param {() => void} onclick
 */
function pressed(kind, label, path, onclick) {
  const named = { type: "button", class: kind, title: label, "aria-label": label, onclick };
  return el("button", named, icon(path));
}
