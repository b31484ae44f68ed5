/** Controls made from the registry: a component by its name, and its hyperparameters with their ranges. */

import { make } from "./dom.js";
import { parseSpec, writeSpec } from "./spec.js";

/** @typedef {import("./types.js").Component} Component */

/**
 * A labelled control.
 * @param {string} label
 * @param {HTMLElement} control
 * @param {string} [title]
 */
export function labelled(label, control, title = "") {
  return make("label", { className: "field", title }, make("span", {}, label), control);
}

/**
 * A number to type.
 * @param {{value: number | null, min?: number, max?: number, step?: number | string, placeholder?: string, id?: string}} what
 * @param {(value: number | null) => void} set called with null where it is emptied
 */
export function numberInput(what, set) {
  const input = make("input", { type: "number", step: "any", ...what, value: what.value === null ? "" : String(what.value),
    onchange: () => {
      if (input.reportValidity()) set(input.value === "" ? null : Number(input.value));
    } });
  return input;
}

/**
 * A menu of one kind, with the hyperparameters of what is chosen and its description at hand.
 * @param {string} id
 * @param {string} label
 * @param {Component[]} components
 * @param {() => string} now what is chosen, as one writes it: clicks may be quicker than the page is built
 * @param {(spec: string) => void} set
 * @param {string} [none] what stands for no choice
 */
export function componentMenu(id, label, components, now, set, none) {
  const spec = now();
  const { name, options } = parseSpec(spec);
  const short = name.split("/").pop() ?? name;
  const chosen = components.find((one) => one.name === short);
  const names = components.map((one) => one.name);
  const menu = make("select", { id, onchange: () => set(menu.value) },
    ...(none === undefined ? [] : [make("option", { value: "", selected: !spec }, none)]),
    ...(spec && !chosen ? [make("option", { value: spec, selected: true }, short.slice(0, 40))] : []),
    ...names.map((one) => make("option", { value: one, selected: one === short && !!spec }, one)));
  const fields = chosen ? chosen.hyperparameters.map((one) => hyperparameter(`${id}-${one.name}`, one, options[one.name],
    (value) => set(writeSpec(short, { ...parseSpec(now()).options, [one.name]: value })))) : [];
  const more = chosen ? [make("details", { className: "about" }, make("summary", {}, chosen.summary || chosen.name),
    make("pre", {}, chosen.text), make("p", { className: "hint" }, chosen.plugin))] : [];
  return make("div", { className: "component" }, labelled(label, menu, chosen?.summary), ...fields, ...more);
}

/**
 * @param {string} id
 * @param {import("./types.js").Hyperparameter} one
 * @param {string | undefined} value
 * @param {(value: string) => void} set
 */
function hyperparameter(id, one, value, set) {
  const now = value ?? (one.default === undefined || one.default === null ? "" : String(one.default));
  const title = [one.description, one.range].filter(Boolean).join("; ");
  const label = one.name.replaceAll("_", " ");
  if (one.type === "bool") {
    const box = make("input", { type: "checkbox", id, checked: now === "True" || now === "true",
      onchange: () => set(box.checked ? "True" : "False") });
    return labelled(label, box, title);
  }
  if (one.type === "int" || one.type === "float") {
    const [low, high] = [one.ge ?? one.gt, one.le ?? one.lt];
    const whole = one.type === "int";
    if (low !== undefined && high !== undefined && high - low <= 10) return slider(id, label, title, low, high, whole, now, set);
    const input = numberInput({ id, value: now === "" ? null : Number(now), min: low, max: high, step: whole ? 1 : "any" },
      (number) => set(number === null ? "" : String(number)));
    return labelled(label, input, title);
  }
  const words = one.type.split(" or ");
  if (words.length > 1 && words.every((word) => /^[a-z][\w-]*$/.test(word) && !["str", "int", "float"].includes(word))) {
    const menu = make("select", { id, onchange: () => set(menu.value) },
      ...words.map((word) => make("option", { value: word, selected: word === now }, word)));
    return labelled(label, menu, title);
  }
  const input = make("input", { id, value: now, placeholder: one.type, onchange: () => set(input.value) });
  return labelled(label, input, title);
}

/**
 * @param {string} id
 * @param {string} label
 * @param {string} title
 * @param {number} low
 * @param {number} high
 * @param {boolean} whole
 * @param {string} now
 * @param {(value: string) => void} set
 */
function slider(id, label, title, low, high, whole, now, set) {
  const most = label === "noise" ? Math.min(high, 1) : high;
  const output = make("output", {}, now);
  const input = make("input", { type: "range", id, min: low, max: most, step: whole ? 1 : 0.01, value: now,
    oninput: () => { output.textContent = input.value; }, onchange: () => set(input.value) });
  return labelled(label, make("span", { className: "slider" }, input, output), title);
}
