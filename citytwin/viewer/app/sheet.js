/**
 * The sheet of paper: map, legends and all that must be said beside them, laid out before the map
 * is drawn, so that the map takes the room that the words leave.
 */

import { closedBadge, loudNotes, pairs, syntheticBadge } from "./about.js";
import { byId, el, icon } from "./dom.js";
import { instant, quantity } from "./format.js";
import { disclaimers, syntheticWarning } from "./header.js";
import { pick, t } from "./language.js";
import { legend } from "./legend.js";
import { PX_PER_MM, scaleBar } from "./scale.js";
import { subtitle } from "./subtitle.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {"A4"|"A3"} Paper */
/** @typedef {{paper: Paper, upright: boolean}} Format */
/**
 * @typedef {object} Plan  A sheet that lacks its map.
 * @property {HTMLElement} sheet
 * @property {HTMLElement} frame
 * @property {[number, number]} size  Width and height of the map [CSS pixels].
 */

const MARGIN_MM = 10;
const GAP_MM = 3;
const SIZES_MM = /** @type {Record<Paper, [number, number]>} */ ({
  A4: [210, 297],
  A3: [297, 420],
});
const SIDE_MM = { A4: 64, A3: 80 };
const COLUMNS = { A4: 2, A3: 3 };
/** Least share of an upright page that the map keeps. */
const MAP_SHARE = 0.55;
/** Browsers begin a new page for a hair's breadth too much. */
const SPARE_MM = 1;
const rules = new CSSStyleSheet();
document.adoptedStyleSheets.push(rules);

/**
 * Lay out a sheet; it stands in the page, out of sight, until it is removed.
 * @param {City} city
 * @param {Choice} choice
 * @param {Format} format
 * @returns {Plan}
 */
export function planSheet(city, choice, { paper, upright }) {
  const [short, long] = SIZES_MM[paper];
  const page = upright ? [short, long] : [long, short];
  const [wide, high] = page.map((side) => side - 2 * MARGIN_MM);
  rules.replaceSync(
    `@page { size: ${paper} ${upright ? "portrait" : "landscape"}; margin: ${MARGIN_MM}mm }`,
  );
  const columns = upright ? COLUMNS[paper] : 1;
  const column = upright ? (wide - (columns - 1) * GAP_MM) / columns : SIDE_MM[paper];
  const head = heading(city, choice);
  const foot = imprint(city, choice);
  const blocks = notices(city, choice);
  const frame = el("figure", { class: "paper-map" });
  const side = el("div", { class: "paper-side" });
  const body = el("div", { class: "paper-body" }, frame, side);
  const first = el("div", { class: "paper-page" }, head, body, foot);
  const sheet = el("section", { id: "paper", class: upright ? "upright" : "lying" }, first);
  sheet.style.width = `${wide}mm`;
  first.style.height = `${high - SPARE_MM}mm`;
  document.body.append(sheet);
  const room = high - SPARE_MM - mm(head) - mm(foot) - 2 * GAP_MM;
  const most = upright ? room - MAP_SHARE * high - GAP_MM : room;
  const tall = place(blocks, side, columns, column, most);
  if (blocks.length > 0) sheet.append(overleaf(blocks, wide));
  const size = upright ? [wide, room - tall - GAP_MM] : [wide - column - GAP_MM, room];
  Object.assign(frame.style, { width: `${size[0]}mm`, height: `${size[1]}mm` });
  return { sheet, frame, size: [size[0] * PX_PER_MM, size[1] * PX_PER_MM] };
}

/**
 * Put the drawn map into its frame, with north arrow, scale bar and ratio.
 * @param {Plan} plan
 * @param {HTMLCanvasElement} picture
 * @param {{scale: number, bearing: number, paper: Paper, pin: [number, number]|null}} drawn
 */
export function addMap(plan, picture, { scale, bearing, paper, pin }) {
  const bar = scaleBar(scale);
  const length = el("span", { class: "bar" });
  length.style.width = `${bar.mm}mm`;
  const ratio = `1:${scale.toLocaleString("en")} (${paper})`;
  const metres = bar.metres >= 1000 ? quantity(bar.metres / 1000, 1, "km") : quantity(bar.metres, 1, "m");
  const arrow = icon("M12 1 L18 23 L12 18 L6 23 Z");
  const north = el("span", { class: "north" }, el("b", {}, "N"), arrow);
  north.style.transform = `rotate(${-bearing}deg)`;
  const mark = el("span", { class: "paper-pin" });
  if (pin) Object.assign(mark.style, { left: `${pin[0]}px`, top: `${pin[1]}px` });
  plan.frame.replaceChildren(
    picture,
    ...(pin ? [mark] : []),
    north,
    el("figcaption", {}, el("strong", {}, ratio), length, el("span", {}, metres)),
  );
}

/**
 * Put blocks into the columns beside or below the map, each into the shortest.
 * @param {HTMLElement[]} blocks  Those that find no room stay in the list.
 * @param {HTMLElement} side
 * @param {number} columns
 * @param {number} width  Of a column [mm].
 * @param {number} most  Height to use [mm].
 * @returns {number}  Height used [mm].
 */
function place(blocks, side, columns, width, most) {
  const stacks = Array.from({ length: columns }, () => el("div", {}));
  for (const stack of stacks) stack.style.width = `${width}mm`;
  side.append(...stacks);
  while (blocks.length > 0) {
    const stack = stacks.reduce((one, two) => (mm(two) < mm(one) - 0.1 ? two : one));
    stack.append(blocks[0]);
    if (mm(stack) > most) {
      blocks[0].remove();
      break;
    }
    blocks.shift();
  }
  return Math.max(...stacks.map(mm));
}

/**
 * @param {HTMLElement[]} blocks
 * @param {number} wide  [mm]
 */
function overleaf(blocks, wide) {
  const number = Math.max(1, Math.min(blocks.length, Math.round(wide / 65)));
  const page = el("div", { class: "paper-more" }, ...blocks);
  page.style.columnCount = String(number);
  return page;
}

/** @param {HTMLElement} element */
function mm(element) {
  return element.getBoundingClientRect().height / PX_PER_MM;
}

/**
 * @param {City} city
 * @param {Choice} choice
 */
function shownLayers(city, choice) {
  return city.layers.filter((layer) => choice.visible.has(layer.id));
}

/**
 * @param {City} city
 * @param {Choice} choice
 */
function heading(city, choice) {
  const titles = shownLayers(city, choice).map((layer) => pick(layer.doc.title));
  const warning = syntheticWarning(city);
  return el(
    "header",
    {},
    el("h1", {}, pick(city.latest.city.title)),
    el("p", { class: "paper-titles" }, titles.join(" · ")),
    warning ? el("p", { class: "paper-warning" }, warning) : null,
  );
}

/**
 * @param {City} city
 * @param {Choice} choice
 */
function imprint(city, choice) {
  const { latest } = city;
  const warned = disclaimers(city, choice);
  return el(
    "footer",
    {},
    warned ? el("p", {}, el("strong", {}, warned)) : null,
    pairs([
      [t("city.published"), instant(latest.published, latest.time_zone)],
      [t("about.run"), latest.run_id],
      [t("city.crs"), latest.crs],
      [t("city.datum"), pick(latest.vertical_datum)],
      [t("about.class"), t(`class.${latest.classification}`)],
    ]),
    el("p", {}, t("city.made")),
  );
}

/**
 * What must stand beside the map: values asked for, and each layer with its origin.
 * @param {City} city
 * @param {Choice} choice
 * @returns {HTMLElement[]}
 */
function notices(city, choice) {
  const blocks = shownLayers(city, choice).map((layer) => notice(layer, city, choice));
  const table = byId("values").hidden ? null : byId("values").querySelector("table");
  if (!table) return blocks;
  const place = byId("values").querySelector(".place")?.textContent ?? "";
  const values = el("section", {}, el("h2", {}, t("values.title")), el("p", {}, place));
  values.append(table.cloneNode(true));
  return [...blocks, values];
}

/**
 * @param {Layer} layer
 * @param {City} city
 * @param {Choice} choice
 */
function notice(layer, city, choice) {
  const { doc } = layer;
  const zone = city.latest.time_zone;
  const run = layer.runId.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    "$1-$2-$3T$4:$5:$6Z",
  );
  const origin = pairs([
    [t("about.sources_short"), [...new Set(doc.sources.map((one) => pick(one.title)))].join("; ")],
    [t("about.licence"), doc.licence],
    [t("about.computed"), instant(run, zone)],
    [t("about.class"), t(`class.${doc.classification}`)],
  ]);
  const block = el(
    "section",
    { class: "paper-layer", "data-layer": layer.id },
    el("h2", {}, pick(doc.title), " ", closedBadge(layer), " ", syntheticBadge(layer)),
    subtitle(layer, city, choice),
    loudNotes(layer),
    legend(layer, city),
    origin,
  );
  block.style.setProperty("--fade", `${choice.opacity.get(layer.id)}%`);
  return block;
}
