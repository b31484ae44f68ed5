/** One unit: its picture, its numbers to read and change, and what the network loses without it. */

import { ask } from "./connection.js";
import { make, openDialog, say, shown } from "./dom.js";
import { current, store, structure } from "./store.js";
import { drawUnit } from "./units.js";
import { valuesOf } from "./values.js";

/**
 * Open the dialog of a unit.
 * @param {number} place of its column; −1 is the input
 * @param {number} unit
 * @param {string} name
 * @param {number} [row] the weight to begin with
 */
export function openUnit(place, unit, name, row) {
  const known = structure();
  if (!known) return;
  if (place < 0) {
    openDialog(name, make("p", {}, `Input ${unit + 1}: the value of “${name}” in each sample, as preprocessing makes it.`));
    return;
  }
  const layer = known.columns[place];
  const content = [];
  const pictures = current().frame?.arrays[`units${place}`];
  if (pictures) {
    const canvas = make("canvas", { className: "large", width: 36, height: 36, role: "img",
      "aria-label": `What ${name} gives over the plane: blue above 0, orange below` });
    drawUnit(canvas, pictures, unit);
    content.push(canvas);
  }
  const sources = place ? Array.from({ length: known.columns[place - 1].units }, (_, at) => `unit ${at + 1}`)
    : known.inputs;
  content.push(make("h3", {}, "Numbers"), numbers(layer.weight, layer.bias, unit, sources));
  if (place < known.columns.length - 1) content.push(switchOff(place, unit));
  const field = openDialog(name, ...content).querySelectorAll(".numbers input")[row ?? -1];
  if (field instanceof HTMLInputElement) field.focus();
}

/**
 * @param {string} weight
 * @param {string} bias
 * @param {number} unit
 * @param {string[]} sources
 */
function numbers(weight, bias, unit, sources) {
  const [weights, biases] = [valuesOf(weight), valuesOf(bias)];
  if (!weights || !biases) return make("p", { className: "hint" }, "There are too many numbers to show one by one.");
  const width = weights.shape[1];
  const list = make("div", { className: "numbers" });
  const net = store.current;
  const add = (/** @type {string} */ label, /** @type {string} */ array, /** @type {number} */ index, /** @type {number} */ value) => {
    const input = make("input", { type: "number", step: "any", value: String(Number(value.toPrecision(6))),
      onchange: async () => {
        try {
          await ask({ type: "weight", array, index, value: Number(input.value), net });
          say("");
        } catch (error) {
          say(/** @type {Error} */ (error).message, true);
        }
      } });
    list.append(make("label", {}, make("span", {}, label), input));
  };
  sources.slice(0, 64).forEach((source, row) => add(`weight of ${source}`, weight, row * width + unit, weights.data[row * width + unit]));
  add("bias", bias, unit, biases.data[unit]);
  return list;
}

/** @param {number} place @param {number} unit */
function switchOff(place, unit) {
  const known = structure();
  const next = known?.columns[place + 1].place;
  const isOff = () => !!current().frame?.head.off.some((/** @type {number[]} */ [at, one]) => at === next && one === unit);
  const told = make("p", { className: "hint", role: "status" });
  const button = make("button", { id: "switch", "aria-pressed": String(isOff()),
    onclick: async () => {
      try {
        const { head } = await ask({ type: "off", column: place + 1, unit, net: store.current });
        const pressed = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(pressed));
        button.textContent = pressed ? "Switch it on again" : "Switch this unit off";
        const metric = known?.metric ?? "";
        told.textContent = `Test ${metric || "loss"} with all units ${shown(head.whole[`test_${metric || "loss"}`])}, ` +
          `now ${shown(head.lost[metric || "loss"])}; test loss ${shown(head.whole.test_loss)}, now ${shown(head.lost.loss)}.`;
      } catch (error) {
        say(/** @type {Error} */ (error).message, true);
      }
    } }, isOff() ? "Switch it on again" : "Switch this unit off");
  return make("div", {}, make("h3", {}, "Without it"), button, told);
}
