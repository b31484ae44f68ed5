/** The network as units and lines: layers, each unit's picture, weights. */

import { byId, make, shown } from "./dom.js";
import { change, current, on, settings, store, structure } from "./store.js";
import { drawLines, lineAt, lines } from "./lines.js";
import { openUnit } from "./unit.js";
import { SHOWN_UNITS, drawUnits, forgetPlaces } from "./units.js";

const MOST_LAYERS = 8;
const MOST_UNITS = 512;
const TERMS = ["x", "y", "xx", "yy", "xy", "sin-x", "sin-y"];
const TERM_NAMES = ["x", "y", "x²", "y²", "x y", "sin x", "sin y"];
const DROPOUTS = [0, 0.1, 0.2, 0.3, 0.5];

let drawn = "";

/** Make the columns anew where the network has another shape. */
function build() {
  const [known, own] = [structure(), settings()];
  if (!known || !own) return;
  const form = JSON.stringify([store.current, known.columns, known.inputs, known.outputs, own.layers, own.model,
    store.menus.activation.length]);
  if (form === drawn) return;
  const focused = document.activeElement?.id;
  drawn = form;
  const columns = byId("columns");
  if (!known.columns.length) {
    columns.replaceChildren(make("div", { className: "layers" }, make("p", { className: "hint" },
      `${own.model || "This network"} has layers that are not rows of units:`),
    make("ol", {}, ...known.layers.map((layer) => make("li", {},
      make("code", {}, layer.name), ` → ${layer.shape.join(" × ")}`)))));
    tools(own);
    return;
  }
  const last = known.columns.length - 1;
  columns.replaceChildren(
    column("Inputs", known.inputs.slice(0, SHOWN_UNITS).map((name, unit) => unitButton(-1, unit, name)),
      known.inputs.length, null),
    ...known.columns.slice(0, last).map((layer, place) => column(`Layer ${place + 1}`,
      Array.from({ length: Math.min(layer.units, SHOWN_UNITS) }, (_, unit) =>
        unitButton(place, unit, `layer ${place + 1}, unit ${unit + 1}`)), layer.units, own.model ? null : place)),
    column("Outputs", known.outputs.slice(0, SHOWN_UNITS).map((name, unit) => unitButton(last, unit, name)),
      known.columns[last].units, null),
  );
  tools(own);
  if (focused) document.getElementById(focused)?.focus();
}

/**
 * @param {string} title
 * @param {HTMLElement[]} units
 * @param {number} count
 * @param {number | null} layer its place among the hidden layers, where it can be changed
 */
function column(title, units, count, layer) {
  const own = settings();
  const rest = count > units.length ? [make("span", { className: "rest" }, `+ ${count - units.length}`)] : [];
  const head = make("div", { className: "column-head" }, make("strong", {}, title));
  const hidden = own?.layers[layer ?? -1]; // there may be fewer by now than the server has told
  if (layer !== null && own && hidden) {
    const set = (/** @type {Partial<import("./types.js").Hidden>} */ patch) =>
      change({ layers: (settings() ?? own).layers.map((each, at) => (at === layer ? { ...each, ...patch } : each)) });
    const add = (/** @type {number} */ more) => {  // to what there is now: clicks may be quicker than answers
      const units = ((settings() ?? own).layers[layer]?.units ?? 1) + more;
      set({ units: Math.max(1, Math.min(MOST_UNITS, units)) });
    };
    const name = `layer ${layer + 1}`;
    head.append(
      make("span", { className: "count", role: "group", "aria-label": `Units of ${name}` },
        make("button", { id: `fewer-${layer}`, disabled: hidden.units <= 1, "aria-label": `One unit fewer in ${name}`,
          onclick: () => add(-1) }, "−"),
        make("output", {}, String(hidden.units)),
        make("button", { id: `more-${layer}`, disabled: hidden.units >= MOST_UNITS,
          "aria-label": `One unit more in ${name}`, onclick: () => add(1) }, "+")),
      activationMenu(`activation-${layer}`, `Activation of ${name}`, hidden.activation, (activation) =>
        set({ activation })),
    );
    if (store.menus.layers.includes("dropout")) {
      const choices = [...new Set([...DROPOUTS, hidden.dropout])].sort();
      head.append(make("select", { id: `dropout-${layer}`, "aria-label": `Dropout of ${name}`,
        onchange: (/** @type {Event} */ event) =>
          set({ dropout: Number(/** @type {HTMLSelectElement} */ (event.target).value) }) },
      ...choices.map((rate) => make("option", { value: String(rate), selected: rate === hidden.dropout },
        rate ? `dropout ${rate}` : "no dropout"))));
    }
  }
  return make("div", { className: "column" }, head, make("div", { className: "units" }, ...units, ...rest));
}

/**
 * @param {string} id
 * @param {string} label
 * @param {string} value
 * @param {(value: string) => void} set
 */
function activationMenu(id, label, value, set) {
  const names = store.menus.activation.map((one) => one.name);
  const short = value.split("/").pop() ?? value;
  if (names.includes(short)) value = short;
  return make("select", { id, "aria-label": label, title: store.menus.activation.find((one) => one.name === value)?.summary ?? "",
    onchange: (/** @type {Event} */ event) => set(/** @type {HTMLSelectElement} */ (event.target).value) },
  ...(names.includes(value) ? names : [value, ...names]).map((name) =>
    make("option", { value: name, selected: name === value }, name.split(":")[0].split("/").pop() ?? name)));
}

/**
 * @param {number} place of its column; −1 is the input
 * @param {number} unit
 * @param {string} name
 */
function unitButton(place, unit, name) {
  const outputs = place === (structure()?.columns.length ?? 0) - 1;
  const label = place < 0 || outputs ? [make("span", {}, name)] : [];
  return make("button", { className: `unit ${outputs ? "output" : ""}`, id: `unit-${place}-${unit}`, title: name,
    "aria-label": `${outputs ? "output " : place < 0 ? "input " : ""}${name}`, onclick: () => openUnit(place, unit, name) },
  make("i"), ...label);
}

/** @param {import("./types.js").Settings} own */
function tools(own) {
  const hidden = own.layers;
  const last = hidden[hidden.length - 1] ?? { units: 8, activation: own.activation, dropout: 0 };
  const models = store.menus.model.map((one) => one.name).filter((name) => name !== "mlp");
  const known = own.model.split(":")[0];
  const terms = own.terms.length ? own.terms : TERMS.slice(0, 2);
  const inputs = structure()?.plane && structure()?.plane !== "curve" && !own.model ? [make("details", { id: "terms", className: "menu-box" },
    make("summary", {}, "Inputs"), ...TERMS.map((term, at) => {
      const box = make("input", { type: "checkbox", id: `term-${term}`, checked: terms.includes(term), onchange: () => {
        const now = settings()?.terms ?? [];
        const next = TERMS.filter((each) => (each === term ? box.checked : (now.length ? now : TERMS.slice(0, 2)).includes(each)));
        if (next.length) change({ terms: next.join() === "x,y" ? [] : next });
        else box.checked = true;
      } });
      return make("label", { className: "check" }, box, TERM_NAMES[at]);
    }))] : [];
  byId("network-tools").replaceChildren(
    ...inputs,
    make("select", { id: "model", "aria-label": "Architecture",
      onchange: (/** @type {Event} */ event) => change({ model: /** @type {HTMLSelectElement} */ (event.target).value }) },
    make("option", { value: "", selected: !own.model }, "units in layers"),
    ...(own.model && !models.includes(own.model) ? [make("option", { value: own.model, selected: true }, own.model)] : []),
    ...models.map((name) => make("option", { value: name, selected: name === known && own.model === name }, name))),
    ...(own.model ? [] : [make("span", { className: "count", role: "group", "aria-label": "Hidden layers" },
      make("button", { id: "fewer-layers", disabled: !hidden.length, "aria-label": "One hidden layer fewer",
        onclick: () => change({ layers: (settings() ?? own).layers.slice(0, -1) }) }, "−"),
      make("output", {}, `${hidden.length} hidden`),
      make("button", { id: "more-layers", disabled: hidden.length >= MOST_LAYERS, "aria-label": "One hidden layer more",
        onclick: () => {
          const now = (settings() ?? own).layers;
          if (now.length < MOST_LAYERS) change({ layers: [...now, { ...last, units: Math.min(last.units, 8) }] });
        } }, "+"))]),
    make("span", { className: "hint" }, `${(structure()?.parameters ?? 0).toLocaleString("en")} parameters`),
  );
}

/** Draw units as the newest frame has them. */
function drawPictures() {
  const known = structure();
  if (!known?.columns.length) return;
  drawUnits(known, lines);
}

/** Draw lines as the newest frame has them, and show which units are off. */
function drawWeights() {
  const [frame, known] = [current().frame, structure()];
  if (!known?.columns.length || !frame) return;
  drawLines(known);
  const off = new Set(frame.head.off.map((/** @type {number[]} */ [place, unit]) => {
    return `unit-${known.columns.findIndex((column) => column.place === place) - 1}-${unit}`;
  }));
  for (const unit of byId("columns").querySelectorAll(".unit")) unit.classList.toggle("off", off.has(unit.id));
}

function draw() {
  forgetPlaces();
  drawWeights();
  drawPictures();
}

/** @param {MouseEvent} event */
function hover(event) {
  const line = lineAt(event);
  byId("network-hint").textContent = line ? `Weight ${line.row + 1} → ${line.unit + 1}: ${shown(line.value, 4)}. Click to change it.`
    : "Click a unit or a line to read and change numbers. Lines are weights: blue above 0, orange below.";
  byId("graph").style.cursor = line ? "pointer" : "";
}

/** Open the numbers of the weight that is clicked. @param {MouseEvent} event */
function clickLine(event) {
  if (event.target instanceof HTMLElement && event.target.closest("button, select")) return;
  const [line, known] = [lineAt(event), structure()];
  if (!line || !known) return;
  const last = line.place === known.columns.length - 1;
  openUnit(line.place, line.unit, last ? known.outputs[line.unit] : `layer ${line.place + 1}, unit ${line.unit + 1}`, line.row);
}

export function startGraph() {
  on("state", build);
  on("state", draw);
  on("menus", () => { drawn = ""; build(); });
  on("frame", drawPictures);
  on("figures", drawWeights);
  on("look", () => { drawn = ""; build(); draw(); });
  byId("graph").addEventListener("mousemove", hover);
  byId("graph").addEventListener("click", clickLine);
  new ResizeObserver(draw).observe(byId("columns"));
}
