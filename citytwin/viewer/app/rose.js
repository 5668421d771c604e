/** A rose of the winds that a layer counts: a petal for each direction, as long as it is frequent. */

import { el } from "./dom.js";
import { figure } from "./format.js";
import { pick, t } from "./language.js";

/** @typedef {import("./types.js").Fact} Fact */

const SIZE = 180;
const ROOM = 22;
const NAMED = /^wind_from_(\d+(?:\.\d+)?)$/;
const SVG = "http://www.w3.org/2000/svg";

/**
 * Whether a figure is the share of the winds from a direction.
 * @param {Fact} fact
 */
export function isPetal({ name }) {
  return NAMED.test(name);
}

/**
 * @param {Fact[]} facts
 * @returns {HTMLElement|null}  None where nothing is said of directions.
 */
export function rose(facts) {
  const petals = facts.filter(isPetal);
  const most = Math.max(...petals.map(({ value }) => value));
  if (petals.length < 2 || !(most > 0)) return null;
  const svg = part("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, class: "rose", role: "img" });
  svg.setAttribute("aria-label", petals.map(told).join(", "));
  const middle = SIZE / 2;
  const reach = middle - ROOM;
  for (const share of [0.5, 1]) {
    svg.append(part("circle", { cx: middle, cy: middle, r: share * reach, class: "ring" }));
  }
  const half = Math.min(0.42 * (360 / petals.length), 20);
  for (const petal of petals) {
    const from = Number(NAMED.exec(petal.name)?.[1]);
    const far = (petal.value / most) * reach;
    const [a, b] = [from - half, from + half].map((angle) => place(middle, far, angle));
    const d = `M${middle} ${middle} L${a} A${far} ${far} 0 0 1 ${b} Z`;
    const shape = part("path", { d, class: "petal" });
    const title = part("title", {});
    title.textContent = told(petal);
    shape.append(title);
    svg.append(shape);
  }
  for (const [angle, key] of /** @type {const} */ ([
    [0, "north"],
    [90, "east"],
    [180, "south"],
    [270, "west"],
  ])) {
    const [x, y] = place(middle, reach + ROOM / 2, angle).split(" ");
    const letter = part("text", { x, y });
    letter.textContent = t(`rose.${key}`);
    svg.append(letter);
  }
  const caption = t("rose.caption", { most: figure(most, "%") });
  return el("figure", { class: "rose-box" }, svg, el("figcaption", {}, caption));
}

/** @param {Fact} fact */
function told({ label, value, unit }) {
  return `${pick(label)} ${figure(value, unit)}`;
}

/**
 * @param {number} middle
 * @param {number} far
 * @param {number} angle  Clockwise from north [degrees].
 */
function place(middle, far, angle) {
  const turned = (angle * Math.PI) / 180;
  return `${(middle + far * Math.sin(turned)).toFixed(1)} ${(middle - far * Math.cos(turned)).toFixed(1)}`;
}

/**
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 * @returns {SVGElement}
 */
function part(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
