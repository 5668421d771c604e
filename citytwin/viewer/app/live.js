/**
 * Live values: a small file beside the map is asked for every few seconds while a twin runs.
 * Only a city whose latest.json names the file is asked; a published folder on its own stays quiet.
 */

import { Marker } from "../vendor/maplibre-gl/maplibre-gl.js";
import { byId, el, fill, say } from "./dom.js";
import { clock, instant, unitName } from "./format.js";
import { pick, t } from "./language.js";
import { within } from "./published.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Text} Text */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

/**
 * @typedef {object} LiveValue
 * @property {string} thing
 * @property {string} name
 * @property {string} kind
 * @property {string} property
 * @property {Text} title
 * @property {string} unit
 * @property {number|null} value
 * @property {string} flag
 * @property {string} at  ISO 8601 instant in UTC.
 * @property {number} longitude
 * @property {number} latitude
 * @property {boolean} synthetic
 *
 * @typedef {object} Seen  Who has seen an alert.
 * @property {string} by
 * @property {string} at  ISO 8601 instant in UTC.
 * @property {string} note
 *
 * @typedef {object} LiveAlert
 * @property {string} id
 * @property {string} rule
 * @property {Text} title
 * @property {number} level
 * @property {Text} means
 * @property {boolean} silent
 * @property {string|null} raised  ISO 8601 instant in UTC.
 * @property {Seen|null} acknowledged
 *
 * @typedef {object} Silence  Nobody is called for a rule, up to a level.
 * @property {number} up_to
 * @property {string} until  ISO 8601 instant in UTC.
 * @property {string} by
 * @property {string} why
 *
 * @typedef {object} LiveRule
 * @property {string} id
 * @property {Text} title
 * @property {string} phase
 * @property {number} doubtful  Things whose last value is suspect, and counts for nothing.
 * @property {Silence|null} silence
 *
 * @typedef {object} Live
 * @property {string} written
 * @property {boolean} running
 * @property {LiveValue[]} values
 * @property {LiveAlert[]} alerts
 * @property {LiveRule[]} rules
 */

const SCHEMA = "citytwin-live/1";
const EVERY_MS = 3000;
/** A twin that wrote nothing for so long is not running any more, whatever it said last. */
const SILENT_S = 30;
/** Values older than this are shown as old. */
const OLD_S = 120;
/** Unit of directions: on its own one says little. */
const BEARING = "deg";
/** Flag of a value that something speaks against. */
const SUSPECT = "suspect";
/** Phase of a rule that sees nothing; it is never an all-clear. */
const NO_DATA = "no-data";

/**
 * Follow the running twin of this city, if it has one.
 * @param {MapLibreMap} map
 * @param {City} city
 * @param {Choice} choice
 */
export function followLive(map, city, choice) {
  const { live } = city.latest;
  if (!live) return;
  const url = within(city.root, live);
  const panel = new LivePanel(map, city);
  const look = async () => {
    try {
      const response = await fetch(url, { cache: "no-store" });
      const found = response.ok ? await response.json() : null;
      panel.show(found?.schema === SCHEMA ? found : null);
    } catch {
      panel.show(null);
    }
    const renewed = await newRun(city);
    if (renewed) panel.offer();
    setTimeout(look, EVERY_MS);
  };
  choice.addEventListener("language", () => panel.draw());
  look();
}

/**
 * Whether another run stands published than the one on this page.
 * @param {City} city
 */
async function newRun(city) {
  try {
    const response = await fetch(within(city.root, "latest.json"), { cache: "no-cache" });
    return response.ok && (await response.json()).run_id !== city.latest.run_id;
  } catch {
    return false;
  }
}

/** The panel of live values, and their places on the map. */
class LivePanel {
  /**
   * @param {MapLibreMap} map
   * @param {City} city
   */
  constructor(map, city) {
    this.map = map;
    this.city = city;
    /** @type {Live|null} */
    this.live = null;
    this.renewed = false;
    /** @type {Map<string, Marker>} */
    this.markers = new Map();
    /** Alerts that were told to those who hear the page. */
    this.told = new Set();
    this.build();
  }

  /** Elements stay while values change, so that nobody loses the focus or the place. */
  build() {
    this.status = el("span");
    this.head = el("p", { class: "live-head" }, el("strong", {}, t("live.title")), " ", this.status);
    this.button = el("button", { type: "button", onclick: () => location.reload() });
    this.button.textContent = t("live.renewed");
    this.offerBox = el("p", { hidden: !this.renewed }, this.button);
    this.alerts = el("div");
    this.rows = el("tbody");
    const heads = [
      el("th", { scope: "col" }, t("live.place")),
      el("th", { scope: "col" }, t("live.what")),
      el("th", { scope: "col", class: "number" }, t("live.value")),
      el("th", { scope: "col", class: "number" }, t("live.age")),
    ];
    const head = el("tr", {}, ...heads);
    this.table = el(
      "div",
      { class: "live-values", tabindex: 0, role: "group", "aria-label": t("live.values") },
      el("table", {}, el("thead", {}, head), this.rows),
    );
    const box = byId("live");
    box.hidden = false;
    box.setAttribute("aria-label", t("live.title"));
    fill("live", this.head, this.offerBox, this.alerts, this.table);
  }

  /** @param {Live|null} live */
  show(live) {
    this.live = live;
    this.update();
  }

  /** Say that the map has changed; the reader decides when to load it. */
  offer() {
    this.renewed = true;
    this.offerBox.hidden = false;
  }

  /** Speak another language. */
  draw() {
    this.build();
    this.update();
  }

  update() {
    const { live } = this;
    const age = live ? (Date.now() - Date.parse(live.written)) / 1000 : Infinity;
    const running = live?.running === true && age < SILENT_S;
    this.head.dataset.running = String(running);
    this.status.textContent = running ? t("live.running") : t("live.stopped");
    const open = new Set((live?.alerts ?? []).map((alert) => alert.rule));
    const rules = (live?.rules ?? []).map((rule) => ({
      ...rule,
      unseeing: rule.phase === NO_DATA && !open.has(rule.id),
    }));
    this.alerts.replaceChildren(
      ...(live?.alerts ?? []).map((alert) => this.alert(alert)),
      ...rules.flatMap((rule) => this.rule(rule)),
    );
    this.table.hidden = !live;
    this.rows.replaceChildren(...(live?.values ?? []).map((value) => this.row(value)));
    this.place(live?.values ?? []);
  }

  /** @param {LiveAlert} alert */
  alert(alert) {
    const silent = alert.silent ? ` ${t("live.silent")}` : "";
    const text = `${pick(alert.title)}: ${pick(alert.means)}${silent}`;
    const key = `${alert.id} ${alert.level} ${alert.silent}`;
    if (!this.told.has(key)) {
      this.told.add(key);
      say(text);
    }
    return el(
      "div",
      { class: "live-alert", "data-level": alert.level },
      el("p", {}, text),
      el("p", { class: "live-decision" }, this.since(alert)),
    );
  }

  /**
   * Since when an alert is on, and who has seen it.
   * @param {LiveAlert} alert
   */
  since({ raised, acknowledged: seen }) {
    const zone = this.city.latest.time_zone;
    const said = raised ? [t("live.since", { time: clock(raised, zone) })] : [];
    if (seen) {
      said.push(t("live.acknowledged", { by: seen.by, time: clock(seen.at, zone) }));
      if (seen.note) said.push(seen.note);
    } else said.push(t("live.unacknowledged"));
    return said.join(t("live.comma"));
  }

  /**
   * A rule that sees nothing, and who silenced it until when.
   * @param {LiveRule & {unseeing: boolean}} rule  Of an open alert its own line says that data are missing.
   */
  rule(rule) {
    const title = pick(rule.title);
    const lines = rule.unseeing ? [t("live.nodata", { title })] : [];
    if (rule.doubtful) lines.push(t("live.left_out", { title, count: rule.doubtful }));
    if (rule.silence) {
      const { up_to: level, until, by, why } = rule.silence;
      const time = instant(until, this.city.latest.time_zone);
      lines.push(t("live.silenced", { title, level, time, by, why }));
    }
    return lines.map((line) => el("p", { class: "live-rule" }, line));
  }

  /** @param {LiveValue} value */
  row(value) {
    const seconds = (Date.now() - Date.parse(value.at)) / 1000;
    return el(
      "tr",
      { "data-old": String(seconds > OLD_S) },
      el("th", { scope: "row" }, value.name),
      el("td", {}, pick(value.title)),
      el("td", { class: "number" }, said(value), doubt(value)),
      el("td", { class: "number" }, ageOf(seconds)),
    );
  }

  /** @param {LiveValue[]} values  One marker per thing, with its first value that is no bearing. */
  place(values) {
    const seen = new Set();
    const bearings = values.filter((value) => value.unit === BEARING);
    const telling = values.filter((value) => value.unit !== BEARING);
    for (const value of [...telling, ...bearings]) {
      if (seen.has(value.thing)) continue;
      seen.add(value.thing);
      let marker = this.markers.get(value.thing);
      if (!marker) {
        const element = el("div", { class: "live-marker", "aria-hidden": true });
        marker = new Marker({ element, anchor: "bottom" }).setLngLat([
          value.longitude,
          value.latitude,
        ]);
        marker.addTo(this.map);
        this.markers.set(value.thing, marker);
      }
      const seconds = (Date.now() - Date.parse(value.at)) / 1000;
      const element = marker.getElement();
      element.textContent = said(value) + (doubt(value) && " ?");
      element.dataset.kind = value.kind;
      element.toggleAttribute("data-old", seconds > OLD_S);
    }
    for (const [thing, marker] of this.markers) {
      if (seen.has(thing)) continue;
      marker.remove();
      this.markers.delete(thing);
    }
  }
}

/** @param {LiveValue} value */
function said(value) {
  if (value.value === null) return "–";
  const digits = Math.abs(value.value) < 10 ? 2 : Math.abs(value.value) < 100 ? 1 : 0;
  return `${value.value.toFixed(digits)} ${unitName(value.unit)}`;
}

/**
 * What is said beside a suspect value.
 * @param {LiveValue} value
 */
function doubt(value) {
  return value.value !== null && value.flag === SUSPECT ? ` ${t("live.suspect")}` : "";
}

/** @param {number} seconds */
function ageOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return t("live.seconds", { count: whole });
  if (whole < 7200) return t("live.minutes", { count: Math.round(whole / 60) });
  return t("live.hours", { count: Math.round(whole / 3600) });
}
