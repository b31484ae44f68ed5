/** `Explain this step`: the numbers of the next step on one sample. */

import { ask } from "./connection.js";
import { make, openDialog, say } from "./dom.js";
import { store } from "./store.js";

/**
 * Ask for the explanation and show it.
 * @param {string} part
 * @param {number} index
 */
export async function explain(part, index) {
  say("Working it out …");
  try {
    const { head } = await ask({ type: "explain", part, index, net: store.current });
    say("");
    openDialog(`The next step on sample ${index} (${part})`, ...head.sections.map(section));
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
}

/** @param {any} one */
function section(one) {
  const box = make("section", { className: "step" }, make("h3", {}, [one.part, one.title].filter(Boolean).join(": ")));
  if (one.symbols) box.append(make("p", { className: "hint" }, one.symbols));
  if (one.equation.length) box.append(make("pre", {}, one.equation.join("\n")));
  if (one.arrays.length) {
    box.append(scroll(make("table", {}, make("thead", {}, make("tr", {}, ...["", "shape", "numbers", ""].map((title) => make("th", {}, title)))),
      make("tbody", {}, ...one.arrays.map((/** @type {any} */ array) => make("tr", {}, make("th", {}, array.symbol), make("td", {}, array.shape),
        make("td", {}, make("code", {}, array.numbers.join("\n"))), make("td", {}, array.meaning)))))));
  }
  if (one.workings.length) box.append(make("pre", {}, one.workings.join("\n")));
  for (const table of one.tables) {
    box.append(scroll(make("table", {}, make("thead", {}, make("tr", {}, ...table.titles.map((/** @type {string} */ title) => make("th", {}, title)))),
      make("tbody", {}, ...table.rows.map((/** @type {string[]} */ row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))))));
  }
  for (const note of one.notes) box.append(make("p", {}, note));
  return box;
}

/** @param {HTMLElement} table */
const scroll = (table) => make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Numbers" }, table);
