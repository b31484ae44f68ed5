/** The network as units and lines: layers, each unit's picture, weights. */

import { byteImage, weightColor } from "./colors.js";
import { byId, make, sharp, shown } from "./dom.js";
import { change, current, on, settings, store, structure } from "./store.js";
import { openUnit } from "./unit.js";

const MOST_LAYERS = 8;
const MOST_UNITS = 12;
/** Units that the page offers by clicking; a number can be typed for more. */
const SHOWN_UNITS = 16;
const DROPOUTS = [0, 0.1, 0.2, 0.3, 0.5];

let drawn = "";

/** The numbers of a weight's array, where the frame has them all. @param {string} name */
export function valuesOf(name) {
  const [net, known] = [current(), structure()];
  const place = known?.layout[name];
  const vector = net.frame?.arrays.weights;
  if (!place || !vector || !known || vector.data.length !== known.parameters) return null;
  const size = place.shape.reduce((a, b) => a * b, 1);
  return { shape: place.shape, data: vector.data.subarray(place.at, place.at + size) };
}

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
  if (layer !== null && own) {
    const hidden = own.layers[layer];
    const set = (/** @type {Partial<import("./types.js").Hidden>} */ patch) =>
      change({ layers: (settings() ?? own).layers.map((each, at) => (at === layer ? { ...each, ...patch } : each)) });
    const name = `layer ${layer + 1}`;
    head.append(
      make("span", { className: "count", role: "group", "aria-label": `Units of ${name}` },
        make("button", { id: `fewer-${layer}`, disabled: hidden.units <= 1, "aria-label": `One unit fewer in ${name}`,
          onclick: () => set({ units: hidden.units - 1 }) }, "−"),
        make("output", {}, String(hidden.units)),
        make("button", { id: `more-${layer}`, disabled: hidden.units >= MOST_UNITS * 40,
          "aria-label": `One unit more in ${name}`, onclick: () => set({ units: hidden.units + 1 }) }, "+")),
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
  return make("select", { id, "aria-label": label, title: store.menus.activation.find((one) => one.name === value)?.summary ?? "",
    onchange: (/** @type {Event} */ event) => set(/** @type {HTMLSelectElement} */ (event.target).value) },
  ...(names.includes(value) ? names : [value, ...names]).map((name) =>
    make("option", { value: name, selected: name === value }, name)));
}

/**
 * @param {number} place of its column; −1 is the input
 * @param {number} unit
 * @param {string} name
 */
function unitButton(place, unit, name) {
  const side = 36;
  const canvas = make("canvas", { width: side, height: side, "aria-hidden": "true" });
  const outputs = place === (structure()?.columns.length ?? 0) - 1;
  const label = place < 0 || outputs ? [make("span", {}, name)] : [];
  return make("button", { className: `unit ${outputs ? "output" : ""}`, id: `unit-${place}-${unit}`, title: name,
    "aria-label": `${outputs ? "output " : place < 0 ? "input " : ""}${name}`, onclick: () => openUnit(place, unit, name) },
  canvas, ...label);
}

/** @param {import("./types.js").Settings} own */
function tools(own) {
  const hidden = own.layers;
  const last = hidden[hidden.length - 1] ?? { units: 8, activation: own.activation, dropout: 0 };
  const models = store.menus.model.map((one) => one.name).filter((name) => name !== "mlp");
  const known = own.model.split(":")[0];
  byId("network-tools").replaceChildren(
    make("select", { id: "model", "aria-label": "Architecture",
      onchange: (/** @type {Event} */ event) => change({ model: /** @type {HTMLSelectElement} */ (event.target).value }) },
    make("option", { value: "", selected: !own.model }, "units in layers"),
    ...(own.model && !models.includes(own.model) ? [make("option", { value: own.model, selected: true }, own.model)] : []),
    ...models.map((name) => make("option", { value: name, selected: name === known && own.model === name }, name))),
    ...(own.model ? [] : [make("span", { className: "count", role: "group", "aria-label": "Hidden layers" },
      make("button", { id: "fewer-layers", disabled: !hidden.length, "aria-label": "One hidden layer fewer",
        onclick: () => change({ layers: hidden.slice(0, -1) }) }, "−"),
      make("output", {}, `${hidden.length} hidden`),
      make("button", { id: "more-layers", disabled: hidden.length >= MOST_LAYERS, "aria-label": "One hidden layer more",
        onclick: () => change({ layers: [...hidden, { ...last, units: Math.min(last.units, 8) }] }) }, "+"))]),
    make("span", { className: "hint" }, `${(structure()?.parameters ?? 0).toLocaleString("en")} parameters`),
  );
}

/** Draw units and lines as the newest frame has them. */
function draw() {
  const [net, known] = [current(), structure()];
  if (!known?.columns.length || !net.frame) return;
  const off = new Set(net.frame.head.off.map((/** @type {number[]} */ pair) => pair.join()));
  known.columns.forEach((layer, place) => {
    const pictures = net.frame?.arrays[`units${place}`];
    for (let unit = 0; unit < Math.min(layer.units, SHOWN_UNITS); unit++) {
      const button = document.getElementById(`unit-${place}-${unit}`);
      const canvas = button?.querySelector("canvas");
      if (!canvas || !button) continue;
      const next = known.columns[place + 1];
      button.classList.toggle("off", !!next && off.has(`${next.place},${unit}`));
      if (pictures) unitPicture(canvas, pictures, unit);
      else biasPicture(canvas, layer.bias, unit);
    }
  });
  if (known.plane === "classes" || known.plane === "values") {
    for (const axis of [0, 1]) {
      const canvas = document.getElementById(`unit--1-${axis}`)?.querySelector("canvas");
      if (canvas) unitPicture(canvas, inputPicture(axis), 0);
    }
  }
  lines(known);
}

/** An input over the plane: it rises along its own axis. @param {number} axis */
function inputPicture(axis) {
  const side = 36;
  const data = Uint8Array.from({ length: side * side }, (_, at) =>
    1 + (254 * (axis ? Math.floor(at / side) : at % side)) / (side - 1));
  return { shape: [1, side, side], data };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("./types.js").NumberArray} pictures
 * @param {number} unit
 */
export function unitPicture(canvas, pictures, unit) {
  const context = canvas.getContext("2d");
  if (!context) return;
  if (pictures.shape.length === 3) {
    const [, height, width] = pictures.shape;
    if (canvas.width !== width) [canvas.width, canvas.height] = [width, height];
    context.putImageData(byteImage(pictures.data, unit * height * width, height, width, true), 0, 0);
    return;
  }
  const count = pictures.shape[1];
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = weightColor(1);
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = 0; at < count; at += 4) {
    context.lineTo((at / (count - 1)) * canvas.width, canvas.height * (1 - pictures.data[unit * count + at] / 255));
  }
  context.stroke();
}

/** @param {HTMLCanvasElement} canvas @param {string} array @param {number} unit */
function biasPicture(canvas, array, unit) {
  const context = canvas.getContext("2d");
  const bias = valuesOf(array)?.data[unit] ?? 0;
  if (!context) return;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.globalAlpha = Math.min(1, 0.15 + Math.abs(bias));
  context.fillStyle = weightColor(bias);
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalAlpha = 1;
}

/** @param {import("./types.js").Structure} known */
function lines(known) {
  const [canvas, area] = [/** @type {HTMLCanvasElement} */ (byId("lines")), byId("columns")];
  const box = area.getBoundingClientRect();
  canvas.style.width = `${box.width}px`;
  canvas.style.height = `${box.height}px`;
  const context = sharp(canvas, box.width, box.height);
  context.clearRect(0, 0, box.width, box.height);
  const places = known.columns.map((_, place) => ends(place - 1, box));
  places.push(ends(known.columns.length - 1, box));
  known.columns.forEach((layer, place) => {
    const weights = valuesOf(layer.weight);
    if (!weights) return;
    const [from, to] = [places[place], places[place + 1]];
    const width = weights.shape[1];
    let most = 0.5;
    for (const value of weights.data) most = Math.max(most, Math.abs(value));
    for (let row = 0; row < from.length; row++) {
      for (let unit = 0; unit < to.length; unit++) {
        const value = weights.data[row * width + unit];
        const share = Math.abs(value) / most;
        context.strokeStyle = weightColor(value);
        context.globalAlpha = 0.12 + 0.75 * share;
        context.lineWidth = 0.4 + 4 * share;
        context.beginPath();
        const [a, b] = [from[row], to[unit]];
        const middle = (a.right + b.left) / 2;
        context.moveTo(a.right, a.y);
        context.bezierCurveTo(middle, a.y, middle, b.y, b.left, b.y);
        context.stroke();
      }
    }
  });
  context.globalAlpha = 1;
}

/** @param {number} place @param {DOMRect} box */
function ends(place, box) {
  const found = [];
  for (let unit = 0; unit < SHOWN_UNITS; unit++) {
    const canvas = document.getElementById(`unit-${place}-${unit}`);
    if (!canvas) break;
    const own = canvas.getBoundingClientRect();
    found.push({ left: own.left - box.left, right: own.right - box.left, y: own.top + own.height / 2 - box.top });
  }
  return found;
}

/** What the line under the pointer is. @param {MouseEvent} event */
function hover(event) {
  const known = structure();
  const box = byId("columns").getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  let best = { far: 8, text: "" };
  known?.columns.forEach((layer, place) => {
    const weights = valuesOf(layer.weight);
    const [from, to] = [ends(place - 1, box), ends(place, box)];
    if (!weights || !from.length || !to.length || x < from[0].right || x > to[0].left) return;
    const t = (x - from[0].right) / (to[0].left - from[0].right);
    const bend = t * t * (3 - 2 * t);
    from.forEach((a, row) => to.forEach((b, unit) => {
      const far = Math.abs(a.y + bend * (b.y - a.y) - y);
      if (far < best.far) best = { far, text: `weight ${row + 1} → ${unit + 1}: ${shown(weights.data[row * weights.shape[1] + unit], 4)}` };
    }));
  });
  byId("network-hint").textContent = best.text ||
    "Click a unit to read and change its numbers. Lines are weights: blue above 0, orange below.";
}

export function startGraph() {
  on("state", build);
  on("state", draw);
  on("menus", () => { drawn = ""; build(); });
  on("frame", draw);
  on("look", () => { drawn = ""; build(); draw(); });
  byId("graph").addEventListener("mousemove", hover);
  new ResizeObserver(draw).observe(byId("columns"));
}
