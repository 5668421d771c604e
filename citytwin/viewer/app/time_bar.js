/** The bar under the map: which moment is shown, a slider through the others, and play. */

import { byId, el, fill, icon } from "./dom.js";
import { frameKey, momentsOf } from "./frames.js";
import { axisOf, endName, frameName } from "./format.js";
import { pick, t } from "./language.js";
import { inStep } from "./timeline.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */

const PACE_MS = 600;
const SLIDERS = /** @type {const} */ ({
  time: "time.slider",
  direction: "time.directions",
  season: "time.seasons",
});
const PLAY = "M7 4 L20 12 L7 20 Z";
const PAUSE = "M8 5 V19 M16 5 V19";

/**
 * Keep the bar in step with the layers shown and their moments.
 * @param {City} city
 * @param {Choice} choice
 */
export function timeBar(city, choice) {
  /** @type {Row[]} */
  let rows = [];
  const draw = () => {
    const groups = inStep(city.layers.filter(({ id }) => choice.visible.has(id)));
    const several = groups.filter(([first]) => momentsOf(first).length > 1);
    const playing = rows.filter((row) => row.playing).map((row) => row.key);
    rows.forEach((row) => row.pause());
    rows = several.map((members) => new Row(members, city, choice));
    const bar = byId("times");
    bar.hidden = rows.length === 0;
    bar.setAttribute("aria-label", t("time.title"));
    fill("times", ...rows.map((row) => row.box));
    rows.filter((row) => playing.includes(row.key)).forEach((row) => row.play());
  };
  const update = () => rows.forEach((row) => row.update());
  for (const name of ["visible", "language"]) choice.addEventListener(name, draw);
  for (const name of ["seek", "frame"]) choice.addEventListener(name, update);
  draw();
}

/** The slider of the layers that share their moments. */
class Row {
  /**
   * @param {Layer[]} members
   * @param {City} city
   * @param {Choice} choice
   */
  constructor(members, city, choice) {
    this.members = members;
    this.choice = choice;
    this.zone = city.latest.time_zone;
    this.moments = momentsOf(members[0]);
    this.key = this.moments.map(frameKey).join();
    this.playing = false;
    this.timer = 0;
    const name = members.map((layer) => pick(layer.doc.title)).join(" · ");
    this.name = name;
    this.button = el("button", { type: "button", class: "play", onclick: () => this.toggle() });
    this.time = el("strong", { class: "moment" });
    this.said = el("span", { class: "said" });
    this.slider = el("input", {
      type: "range",
      min: 0,
      max: this.moments.length - 1,
      step: 1,
      "aria-label": t(SLIDERS[axisOf(this.moments[0])], { name }),
    });
    this.slider.addEventListener("input", () => {
      const number = Number(this.slider.value);
      this.pause();
      this.choice.seek(this.members, number);
    });
    const ends = [this.moments[0], this.moments[this.moments.length - 1]];
    this.box = el(
      "div",
      { class: "time-row", role: "group", "aria-label": name },
      this.button,
      el("p", { class: "time-now" }, el("span", { class: "time-name" }, name), this.time, this.said),
      el(
        "div",
        { class: "time-track" },
        el("span", { "aria-hidden": true }, endName(ends[0], this.zone)),
        this.slider,
        el("span", { "aria-hidden": true }, endName(ends[1], this.zone)),
      ),
    );
    this.update();
  }

  /** Number of the moment asked for. */
  get asked() {
    return this.choice.asked.get(this.members[0].id) ?? 0;
  }

  /** Whether no moment could be had. */
  get isMissing() {
    return this.choice.missing.has(this.members[0].id);
  }

  /** Say which moment is on the map, and where the slider wants to be. */
  update() {
    const shown = this.choice.shown.get(this.members[0].id);
    const frame = shown === undefined ? null : this.moments[shown];
    const absent = this.isMissing ? "time.failed" : "time.waiting";
    const time = frame ? frameName(frame, this.zone) : t(absent);
    const said = frame?.time ? pick(frame.said) : "";
    this.slider.value = String(this.asked);
    this.slider.setAttribute("aria-valuetext", frameName(this.moments[this.asked], this.zone));
    this.time.textContent = time;
    this.said.textContent = said;
    this.box.toggleAttribute("data-waiting", shown !== this.asked);
    const label = t(this.playing ? "time.pause" : "time.play", { name: this.name });
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    this.button.replaceChildren(icon(this.playing ? PAUSE : PLAY));
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Go on from the moment shown, or from the first where the last is shown. */
  play() {
    this.playing = true;
    const last = this.moments.length - 1;
    if (this.asked === last) this.choice.seek(this.members, 0);
    else if (this.isMissing) this.choice.seek(this.members, this.asked);
    this.timer = window.setInterval(() => {
      const { asked } = this;
      if (this.choice.shown.get(this.members[0].id) !== asked) return; // still on its way
      if (asked === last) this.pause();
      else this.choice.seek(this.members, asked + 1);
    }, PACE_MS);
    this.update();
  }

  pause() {
    this.playing = false;
    clearInterval(this.timer);
    this.update();
  }
}
