/** Buttons on the map: north, tilt, the whole city. */

import { el, icon } from "./dom.js";
import { t } from "./language.js";

/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

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
    const label = t("map.whole");
    const corners = icon("M4 9 V4 H9 M15 4 H20 V9 M20 15 V20 H15 M9 20 H4 V15");
    const button = el(
      "button",
      { type: "button", class: "whole", title: label, "aria-label": label, onclick: this.click },
      corners,
    );
    this.box = group(button);
    return this.box;
  }

  onRemove() {
    this.box?.remove();
  }
}

/** @param {HTMLElement} button */
function group(button) {
  return el("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, button);
}
