/** Who looks at the map: only where a server asks that; static maps know nobody. */

import { byId, el, warn } from "./dom.js";
import { t } from "./language.js";

/** @typedef {import("./types.js").City} City */

/**
 * Put who has logged in, and the way in or out, beside the other tools.
 * @param {City} city
 */
export async function showSession({ latest, root }) {
  if (latest.publication !== "served") return;
  const response = await fetch(new URL("session.json", root), { cache: "no-store" });
  if (!response.ok) return;
  const { name } = await response.json();
  byId("session").replaceChildren(
    ...(name === ""
      ? [el("a", { class: "login", href: "login" }, t("session.login"))]
      : [
          el("span", { class: "reader" }, name),
          el("button", { type: "button", onclick: () => leave(root) }, t("session.logout")),
        ]),
  );
}

/** @param {URL} root */
async function leave(root) {
  const response = await fetch(new URL("logout", root), { method: "POST" });
  if (response.ok) location.reload();
  else warn(t("session.failed"));
}
