/** What to print on: paper, orientation and scale, asked before the browser's own dialog. */

import { byId, el, fill, warn } from "./dom.js";
import { t } from "./language.js";
import { SCALES, metresPerPixel } from "./scale.js";

/** @typedef {import("./paper.js").Printer} Printer */

/** @param {Printer} printer */
export function askAndPrint(printer) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("ask-print"));
  const { settings } = printer;
  const extent = el("p", { class: "aside", "aria-live": "polite" });
  const fit = el("option", { value: "" });
  const paper = choose(
    "print-paper",
    t("print.paper"),
    ["A4", "A3"].map((name) => el("option", { selected: settings.paper === name }, name)),
  );
  const turn = choose("print-turn", t("print.turn"), [
    el("option", { value: "lying", selected: !settings.upright }, t("print.lying")),
    el("option", { value: "upright", selected: settings.upright }, t("print.upright")),
  ]);
  const ratio = (/** @type {number} */ scale) => `1:${scale.toLocaleString("en")}`;
  const scale = choose("print-scale", t("print.scale"), [
    fit,
    ...SCALES.map((one) =>
      el("option", { value: one, selected: settings.scale === one }, ratio(one)),
    ),
  ]);
  const update = () => {
    settings.paper = paper.select.value === "A3" ? "A3" : "A4";
    settings.upright = turn.select.value === "upright";
    settings.scale = null;
    const plan = printer.plan();
    fit.textContent = t("print.fit", { scale: ratio(printer.scaleOf(plan)) });
    settings.scale = Number(scale.select.value) || null;
    const metres = metresPerPixel(printer.scaleOf(plan));
    const [wide, high] = plan.size.map((side) => Math.round(side * metres).toLocaleString("en"));
    extent.textContent = t("print.extent", { wide, high });
    printer.clear();
  };
  const go = el("button", { type: "button", class: "go" }, t("tools.print"));
  go.addEventListener("click", async () => {
    go.disabled = true;
    extent.textContent = t("print.busy");
    try {
      await printer.prepare();
      dialog.close();
      print();
    } catch (error) {
      printer.clear();
      dialog.close();
      warn(t("map.error", { reason: String(error) }));
    }
  });
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, t("print.cancel"));
  for (const { select } of [paper, turn, scale]) select.addEventListener("change", update);
  dialog.setAttribute("aria-labelledby", "print-title");
  fill(
    "ask-print",
    el("h2", { id: "print-title" }, t("print.title")),
    paper.row,
    turn.row,
    scale.row,
    extent,
    el("div", { class: "answers" }, cancel, go),
  );
  update();
  dialog.showModal();
}

/**
 * @param {string} id
 * @param {string} label
 * @param {HTMLOptionElement[]} options
 */
function choose(id, label, options) {
  const select = el("select", { id }, ...options);
  return { select, row: el("p", { class: "question" }, el("label", { for: id }, label), select) };
}
