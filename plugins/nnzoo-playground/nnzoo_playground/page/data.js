/** The card of data: which, with what hyperparameters; painted points, and tables that are dropped. */

import { ask } from "./connection.js";
import { componentMenu, labelled, numberInput } from "./controls.js";
import { byId, make, say } from "./dom.js";
import { paintTools } from "./paint.js";
import { change, current, on, settings, store, structure } from "./store.js";

const FAVOURITES = ["circles", "moons", "xor", "spirals", "blobs", "checkerboard", "sines", "digits", "mnist", "fashion-mnist"];
/** What a tile begins with, where that is not the data set's defaults: with little noise the arms can be told apart. @type {Record<string, string>} */
const BEGINNINGS = { spirals: "spirals:noise=0.01" };
const IMAGES = ["digits", "mnist", "fashion-mnist"];
/** What images are learnt with at first: one wide layer. @type {Partial<import("./types.js").Settings>} */
const WIDE = { layers: [{ units: 32, activation: "relu", dropout: 0 }], batch_size: 64 };
const MOST_BYTES = 3_500_000;

/** The text of the table that was dropped on this page, for a link that brings it along. */
let text = "";
export const tableText = () => text;

/**
 * Hand a table to the server and learn from it.
 * @param {string} contents
 * @param {Partial<import("./types.js").Settings>} [rest]
 */
export async function useTable(contents, rest = {}) {
  try {
    const { head } = await ask({ type: "upload", text: contents, net: 0 });
    if (store.both) await ask({ type: "upload", text: contents, net: 1 });
    text = contents;
    await change({ dataset: "uploaded", target: head.target, columns: [], terms: [], ...rest });
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
}

/** @param {File | undefined} file */
async function takeFile(file) {
  if (!file) return;
  if (file.size > MOST_BYTES) return say(`${file.name} has ${file.size} bytes; at most ${MOST_BYTES} can be dropped here.`, true);
  await useTable(await file.text());
}

/** @param {import("./types.js").Settings} own */
function tableTools(own) {
  const table = current().state?.table;
  if (!table || own.dataset !== "uploaded") return [];
  const target = own.target || table.target;
  const chosen = () => {
    const columns = (settings() ?? own).columns;
    return columns.length ? columns : table.columns.map((one) => one.name);
  };
  const menu = make("select", { id: "target", onchange: () => change({ target: menu.value, columns: [] }) },
    ...[...table.columns.map((one) => one.name)].map((name) => make("option", { value: name, selected: name === target }, name)));
  return [labelled("Predict", menu),
    make("fieldset", {}, make("legend", {}, "from the columns"), ...table.columns.filter((one) => one.name !== target).map((one) => {
      const box = make("input", { type: "checkbox", checked: chosen().includes(one.name), onchange: () => {
        const next = chosen().filter((name) => name !== one.name && name !== target);
        change({ columns: box.checked ? [...next, one.name] : next, terms: [] });
      } });
      return make("label", { className: "check" }, box, one.name, one.type && one.type !== "number" ? make("small", {}, ` ${one.type}`) : "");
    })),
    make("p", { className: "hint" }, `${table.rows} rows. Two columns of numbers make a plane.`)];
}

function build() {
  const [own, known] = [settings(), structure()];
  if (!own || !known) return;
  const body = byId("data-body");
  const focused = document.activeElement?.id;
  const open = body.querySelector("details")?.open;
  const data = store.menus.dataset;
  const there = FAVOURITES.filter((name) => data.some((one) => one.name === name));
  const name = own.dataset.split(":")[0].split("/").pop() ?? "";
  const tiles = make("div", { className: "tiles", role: "group", "aria-label": "Data sets" }, ...there.map((each) =>
    make("button", { id: `data-${each}`, "aria-pressed": String(name === each), title: data.find((one) => one.name === each)?.summary ?? "",
      onclick: () => { store.paint = null; change({ dataset: BEGINNINGS[each] ?? each, ...(own.terms.length && (IMAGES.includes(each) || each === "sines") ? { terms: [] } : {}), ...(IMAGES.includes(each) && !known.picture ? WIDE : {}) }); } }, each)));
  const file = make("input", { type: "file", id: "file", accept: ".csv,.tsv,text/csv", onchange: () => takeFile(file.files?.[0]) });
  const all = name === "painted" || name === "drawn" || own.dataset === "uploaded"
    ? make("p", { className: "hint" }, { painted: "Painted points", drawn: "With your drawings", uploaded: "Your table" }[name] ?? "")
    : componentMenu("dataset", "Data set", data, () => (settings() ?? own).dataset, (spec) => change({ dataset: spec }));
  body.replaceChildren(tiles, all, ...tableTools(own),
    known.plane === "classes" || name === "painted" ? paintTools() : "",
    make("div", { className: "drop", id: "drop" }, labelled("Your own table (CSV)", file), make("span", { className: "hint" }, "or drop it anywhere on the page")),
    labelled("Batch size", numberInput({ id: "batch-size", value: own.batch_size, min: 1, max: 100000, step: 1 }, (value) => change({ batch_size: value ?? 32 }))),
    make("p", { className: "hint" }, `${known.samples.train.toLocaleString("en")} samples to learn from, ${known.samples.test.toLocaleString("en")} to test; task ${known.task}.`));
  const details = body.querySelector("details");
  if (details && open) details.open = true;
  if (focused) document.getElementById(focused)?.focus();
}

export function startData() {
  on("state", build);
  on("menus", build);
  on("look", build);
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFile(event.dataTransfer?.files[0]);
  });
}
