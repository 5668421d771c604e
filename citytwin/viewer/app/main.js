/** Start: read the city, make the map, and keep map, panels and address in step. */

import { Marker } from "../vendor/maplibre-gl/maplibre-gl.js";
import { byId, el, fill, warn } from "./dom.js";
import { showDisclaimer, showHeader } from "./header.js";
import { legendCard } from "./legend_card.js";
import { askedLang, setLang, t } from "./language.js";
import { showPanel } from "./layer_panel.js";
import { followLive } from "./live.js";
import { openArchives } from "./archives.js";
import { addControls, cameraNow, makeMap, recolourGround } from "./map.js";
import { addLayers, applyChoice, mark, recolour } from "./map_layers.js";
import { Printer } from "./paper.js";
import { applyHash, cameraOf, hashOf } from "./permalink.js";
import { askAndPrint } from "./print_dialog.js";
import { readCity } from "./published.js";
import { query } from "./query.js";
import { showAnswer } from "./results.js";
import { Choice } from "./state.js";
import { followStreams } from "./streams.js";
import { followFrames } from "./subtitle.js";
import { isPrinting, onTheme } from "./theme.js";
import { timeBar } from "./time_bar.js";
import { followTimes } from "./timeline.js";

/** @typedef {import("./types.js").City} City */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

/** How long a moment must stay before the address names it. */
const REST_MS = 400;

async function start() {
  setLang(askedLang(location.search, navigator.languages));
  const city = await readCity(new URL("./", location.href.replace(/[?#].*$/, "")));
  const choice = new Choice(city.layers);
  const usual = new Map(choice.opacity);
  applyHash(location.hash, choice, city.layers);
  const speak = (/** @type {import("./types.js").Lang} */ next) => {
    setLang(next);
    const address = new URL(location.href);
    address.searchParams.set("lang", next);
    history.replaceState(null, "", address);
    showHeader(city, speak);
    showPanel(city, choice);
    showDisclaimer(city, choice);
    choice.dispatchEvent(new Event("language"));
  };
  showHeader(city, speak);
  showPanel(city, choice);
  showDisclaimer(city, choice);
  choice.addEventListener("visible", () => showDisclaimer(city, choice));
  legendCard(city, choice);
  followFrames(city, choice);
  timeBar(city, choice);
  const map = await makeMap(city.latest.view.bounds, outline(city), cameraOf(location.hash));
  const { sources, broken } = await openArchives(city.layers);
  city.broken.push(...broken);
  city.layers = city.layers.filter((layer) => !broken.some((one) => one.id === layer.id));
  if (broken.length > 0) {
    showPanel(city, choice);
    choice.dispatchEvent(new Event("visible"));
  }
  addLayers(map, city.layers, sources);
  byId("boot").remove();
  connect(map, city, choice, usual);
  followLive(map, city, choice);
  followStreams(map, city.layers, choice);
  await map.once("idle");
  document.body.dataset.state = "ready";
}

/**
 * Rim of the grid that the city was computed on.
 * @param {City} city
 */
function outline(city) {
  const rims = city.layers.map((layer) => layer.doc.extent?.outline ?? []);
  return rims.find((ring) => ring.length >= 4) ?? null;
}

/**
 * @param {MapLibreMap} map
 * @param {City} city
 * @param {Choice} choice
 * @param {Map<string, number>} usual
 */
function connect(map, city, choice, usual) {
  const { layers, latest } = city;
  const draw = () => applyChoice(map, layers, choice);
  // The map reports a move, too, when only its container came back from paper.
  let kept = hashOf(cameraNow(map), choice, usual, layers);
  const keep = () => {
    const hash = hashOf(cameraNow(map), choice, usual, layers);
    if (isPrinting() || hash === kept) return;
    kept = hash;
    history.replaceState(null, "", hash);
  };
  let controls = addControls(map, latest.view.bounds);
  draw();
  followTimes(map, layers, choice);
  choice.addEventListener("visible", draw);
  choice.addEventListener("opacity", draw);
  map.on("pitch", draw);
  map.on("moveend", keep);
  for (const name of ["visible", "opacity", "at"]) choice.addEventListener(name, keep);
  // Browsers refuse addresses that change many times a second.
  let later = 0;
  choice.addEventListener("frame", () => {
    clearTimeout(later);
    later = window.setTimeout(keep, REST_MS);
  });
  choice.addEventListener("language", () => {
    controls();
    controls = addControls(map, latest.view.bounds);
  });
  const dye = () => {
    recolourGround(map);
    recolour(map, layers);
  };
  onTheme(dye);
  const printer = new Printer(map, city, choice, dye);
  addEventListener("citytwin:print", () => askAndPrint(printer));
  map.on("error", ({ error }) => {
    console.warn(error);
    warn(t("map.error", { reason: error?.message ?? "" }));
  });
  addEventListener("hashchange", () => {
    applyHash(location.hash, choice, layers);
    const camera = cameraOf(location.hash);
    if (camera) map.jumpTo(camera);
    showPanel(city, choice);
    for (const name of ["visible", "seek", "at"]) choice.dispatchEvent(new Event(name));
  });
  answerClicks(map, city, choice);
}

/**
 * @param {MapLibreMap} map
 * @param {City} city
 * @param {Choice} choice
 */
function answerClicks(map, city, choice) {
  const pin = new Marker({ element: el("div", { class: "pin", "aria-hidden": true }) });
  const canvas = map.getCanvas();
  let asked = 0;
  const update = async () => {
    const turn = ++asked;
    const { at } = choice;
    const answer = at ? await query(map, city.layers, choice, at) : null;
    if (turn !== asked) return;
    if (at && !answer?.solid) pin.setLngLat(at).addTo(map);
    else pin.remove();
    for (const layer of city.layers) {
      const found = answer?.features.find((feature) => feature.layer === layer);
      mark(map, layer, found?.properties[layer.doc.id_column ?? ""] ?? null);
    }
    showAnswer(answer, city.latest.time_zone, () => {
      choice.ask(null);
      canvas.focus();
    });
  };
  map.on("click", ({ lngLat }) => choice.ask([lngLat.lng, lngLat.lat]));
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Enter") choice.ask(map.getCenter().toArray());
    if (event.key === "Escape") choice.ask(null);
  });
  byId("values").addEventListener("keydown", (event) => {
    if (event.key === "Escape") choice.ask(null);
  });
  for (const name of ["at", "language"]) choice.addEventListener(name, update);
  choice.addEventListener("frame", () => choice.at && update());
  choice.addEventListener("visible", () => choice.at && map.once("idle", update));
  if (choice.at) map.once("idle", update);
}

start().catch((error) => {
  console.error(error);
  document.body.dataset.state = "failed";
  const reason = String(error?.message ?? error);
  if (document.getElementById("boot"))
    fill("boot", el("p", {}, t("boot.failed")), el("p", {}, reason));
  else warn(t("map.error", { reason }));
});
