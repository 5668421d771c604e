/** The table of what was found at a place. */

import { byId, el, fill, say } from "./dom.js";
import { frameName, quantity, reading } from "./format.js";
import { pick, t } from "./language.js";
import { NO_DATA, classOf, css } from "./paint.js";

/** @typedef {import("./query.js").Answer} Answer */
/** @typedef {import("./query.js").RasterAnswer} RasterAnswer */
/** @typedef {import("./query.js").FeatureAnswer} FeatureAnswer */

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Show an answer; an answer of nothing takes the table away.
 * @param {Answer|null} answer
 * @param {string} zone  IANA time zone of the city.
 * @param {() => void} close
 */
export function showAnswer(answer, zone, close) {
  const panel = byId("values");
  panel.hidden = answer === null;
  if (answer === null) {
    fill("values");
    return;
  }
  const [lon, lat] = answer.place;
  const bodies = [];
  if (answer.rasters.length > 0) bodies.push(rasterBody(answer.rasters, zone));
  bodies.push(...answer.features.map((one) => featureBody(one, zone)));
  const shut = el(
    "button",
    { type: "button", class: "close", "aria-label": t("values.close"), onclick: close },
    "×",
  );
  const title = el("h2", { id: "values-title", tabindex: -1 }, t("values.title"));
  panel.setAttribute("aria-labelledby", "values-title");
  const spot = t("values.place", { lat: lat.toFixed(6), lon: lon.toFixed(6) });
  const where = el("p", { class: "place" }, answer.solid ? t("values.solid") : spot);
  const content = bodies.length > 0 ? table(bodies) : el("p", {}, t("values.none"));
  fill(
    "values",
    el("div", { class: "values-head" }, title, shut),
    where,
    el(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-labelledby": "values-title" },
      content,
    ),
  );
  say(t("values.said", { count: answer.rasters.length + answer.features.length }));
}

/** @param {HTMLElement[]} bodies */
function table(bodies) {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, t("values.item")),
    el("th", { scope: "col" }, t("values.value")),
  );
  const caption = el("caption", { class: "unseen" }, t("values.title"));
  return el("table", {}, caption, el("thead", {}, head), ...bodies);
}

/**
 * @param {RasterAnswer[]} answers
 * @param {string} zone  IANA time zone of the city.
 */
function rasterBody(answers, zone) {
  return el("tbody", {}, ...answers.map((one) => rasterRow(one, zone)));
}

/**
 * @param {RasterAnswer} answer
 * @param {string} zone  IANA time zone of the city.
 */
function rasterRow({ layer, frame, sample }, zone) {
  const { doc, style } = layer;
  const time = frame && el("span", { class: "aside" }, frameName(frame, zone));
  const heading = el("th", { scope: "row" }, pick(doc.title), time && " ", time);
  if (sample.state !== "value") {
    return el(
      "tr",
      { "data-layer": layer.id },
      heading,
      el("td", { class: "none" }, t(`values.${sample.state}`)),
    );
  }
  const found = classOf(style, sample.value);
  const label =
    found &&
    el(
      "span",
      { class: "class" },
      swatch(css(found.rgb), Boolean(found.transparent)),
      pick(found.label),
    );
  // The number of a class says nothing, and misleads where LOD2 is the third.
  const coded = Boolean(found) && style.kind === "class" && doc.unit === "1" && doc.precision === 1;
  const number =
    !coded && el("span", { class: "number" }, reading(sample.value, doc.precision, doc.unit));
  return el("tr", { "data-layer": layer.id }, heading, el("td", {}, number, label));
}

/**
 * @param {FeatureAnswer} answer
 * @param {string} zone  IANA time zone of the city.
 */
function featureBody({ layer, properties }, zone) {
  const { doc } = layer;
  const heading = el("th", { colspan: 2, scope: "rowgroup" }, pick(doc.title));
  const rows = [el("tr", { class: "feature" }, heading)];
  const columns = doc.columns ?? [];
  if (doc.id_column && !columns.some((column) => column.name === doc.id_column)) {
    rows.push(row(t("values.id"), String(properties[doc.id_column] ?? t("values.nodata")), "id"));
  }
  for (const column of columns) {
    const kind = column.name === doc.id_column ? "id" : "";
    rows.push(row(pick(column.label), columnText(column, properties, doc.style_column, zone), kind));
  }
  return el("tbody", { "data-layer": layer.id }, ...rows);
}

/**
 * @param {string} label
 * @param {string} text
 * @param {string} kind
 */
function row(label, text, kind) {
  return el("tr", {}, el("th", { scope: "row" }, label), el("td", { class: kind }, text));
}

/**
 * @param {import("./types.js").Column} column
 * @param {Record<string, unknown>} properties
 * @param {string|null|undefined} classes  Column that colours the features.
 * @param {string} zone  IANA time zone of the city.
 * @returns {string}
 */
function columnText(column, properties, classes, zone) {
  const value = properties[column.name];
  if (value === null || value === undefined) {
    const known = column.missing?.[String(properties[classes ?? ""])];
    return known ? pick(known) : t("values.nodata");
  }
  if (value === "") return t("values.empty");
  const worded = column.values?.[String(value)];
  if (worded) return pick(worded);
  if (typeof value === "boolean") return t(value ? "values.yes" : "values.no");
  if (typeof value === "string" && INSTANT.test(value)) return instant(value, zone);
  return typeof value === "number" ? quantity(value, column.precision, column.unit) : String(value);
}

/**
 * A patch of a class colour.
 * @param {string|null} colour  Null = no data.
 * @param {boolean} transparent  In the legend, not drawn on the map.
 * @returns {HTMLElement}
 */
export function swatch(colour, transparent) {
  const patch = el("span", {
    class: transparent ? "swatch hollow" : "swatch",
    "aria-hidden": true,
  });
  if (!transparent) patch.style.setProperty("--colour", colour ?? NO_DATA);
  return patch;
}
