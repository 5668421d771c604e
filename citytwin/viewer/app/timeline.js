/**
 * Brings the moments that the reader asks for onto the map. A picture, its time over the legend
 * and its values change together, when the picture is there: none is shown under another's time.
 */

import { warn } from "./dom.js";
import { framesOf, frameKey, momentsOf } from "./frames.js";
import { t } from "./language.js";

/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./state.js").Choice} Choice */
/** @typedef {import("../vendor/maplibre-gl/maplibre-gl.js").Map} MapLibreMap */

/**
 * Layers of the same moments share a time: those of one event, or of one day.
 * @param {Layer[]} layers
 * @returns {Layer[][]}  In the order of the layers.
 */
export function inStep(layers) {
  const timed = layers.filter((layer) => momentsOf(layer).length > 0);
  const axis = (/** @type {Layer} */ layer) => momentsOf(layer).map(frameKey).join();
  return [...Map.groupBy(timed, axis).values()];
}

/**
 * Let the map follow the moments asked for.
 * @param {MapLibreMap} map
 * @param {Layer[]} layers
 * @param {Choice} choice
 */
export function followTimes(map, layers, choice) {
  const groups = inStep(layers).map((members) => new Follower(map, members, choice));
  const all = () => groups.forEach((group) => group.follow());
  for (const name of ["visible", "seek"]) choice.addEventListener(name, all);
  all();
}

/** The layers of one set of moments. */
class Follower {
  /**
   * @param {MapLibreMap} map
   * @param {Layer[]} members
   * @param {Choice} choice
   */
  constructor(map, members, choice) {
    this.map = map;
    this.members = members;
    this.choice = choice;
    this.busy = false;
  }

  /** Members on the map that do not show what is asked for. */
  late() {
    const { visible, asked, shown } = this.choice;
    return this.members.filter(
      ({ id }) => visible.has(id) && shown.get(id) !== asked.get(id),
    );
  }

  /** One moment at a time: those passed over while one is on its way are never fetched. */
  async follow() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let late = this.late(); late.length > 0; late = this.late()) await this.bring(late);
    } catch (error) {
      console.warn(error);
      warn(t("map.error", { reason: String(/** @type {Error} */ (error).message) }));
      await this.leaveBlank();
      this.choice.stay(this.members);
    } finally {
      this.busy = false;
    }
  }

  /** Where there was no picture before, the map is to rest without one. */
  async leaveBlank() {
    const blank = await createImageBitmap(new ImageData(1, 1));
    for (const { id } of this.members) {
      if (this.choice.shown.has(id)) continue;
      /** @type {any} */ (this.map.getSource(id)).updateImage({ image: blank });
    }
  }

  /** @param {Layer[]} late */
  async bring(late) {
    const number = this.choice.asked.get(late[0].id) ?? 0;
    const before = this.choice.shown.get(late[0].id) ?? number;
    const pictures = await Promise.all(late.map((layer) => framesOf(layer).picture(number)));
    late.forEach(({ id }, index) => {
      /** @type {any} */ (this.map.getSource(id)).updateImage({ image: pictures[index] });
    });
    this.choice.arrive(late, number);
    for (const layer of late) framesOf(layer).expect(number + (number < before ? -1 : 1));
  }
}
