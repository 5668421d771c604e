/** Making elements. Text from data only ever becomes text, never markup. */

const SEEN_MS = 8000;
let fading = 0;

/**
 * @typedef {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} Attributes
 * @typedef {Node|string|null|undefined|false} Child
 */

/**
 * Make an element. `on…` functions become listeners; true/false set or leave out an attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  append(element, children);
  return element;
}

/**
 * @param {Element} parent
 * @param {Child[]} children
 */
export function append(parent, children) {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

/**
 * Replace everything in an element of the page.
 * @param {string} id
 * @param {...Child} children
 */
export function fill(id, ...children) {
  const parent = byId(id);
  parent.replaceChildren();
  append(parent, children);
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

/**
 * A picture made of strokes, for buttons; it carries no meaning of its own.
 * @param {string} path  Path data in a box of 24 x 24.
 * @returns {SVGSVGElement}
 */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  stroke.setAttribute("d", path);
  svg.append(stroke);
  return svg;
}

/**
 * Tell those who hear the page what happened; others see it anyway.
 * @param {string} message
 */
export function say(message) {
  const status = byId("status");
  status.classList.remove("seen");
  status.textContent = message;
}

/**
 * Tell everyone; the message stays for some seconds.
 * @param {string} message
 */
export function warn(message) {
  say(message);
  byId("status").classList.add("seen");
  clearTimeout(fading);
  fading = window.setTimeout(() => byId("status").classList.remove("seen"), SEEN_MS);
}
