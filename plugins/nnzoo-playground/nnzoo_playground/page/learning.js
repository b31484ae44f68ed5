/** The card of learning: optimizer, schedule, loss, rates; plugins that failed; trained networks of the zoo. */

import { ask } from "./connection.js";
import { componentMenu, labelled, numberInput } from "./controls.js";
import { byId, make, say, shown } from "./dom.js";
import { change, on, settings, store, structure } from "./store.js";

const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];

function build() {
  const [own, known] = [settings(), structure()];
  if (!own || !known) return;
  const body = byId("learning-body");
  const focused = document.activeElement?.id;
  const open = [...body.querySelectorAll("details[open]")].map((each) => each.id);
  const menus = store.menus;
  const rate = make("datalist", { id: "rates" }, ...RATES.map((value) => make("option", { value: String(value) })));
  const rateInput = numberInput({ id: "learning-rate", value: own.learning_rate, min: 0, placeholder: shown(known.rate) },
    (value) => change({ learning_rate: value || null }));
  rateInput.setAttribute("list", "rates");
  body.replaceChildren(
    componentMenu("optimizer", "Optimizer", menus.optimizer, () => (settings() ?? own).optimizer, (spec) => change({ optimizer: spec, ...(spec.split(":")[0] === own.optimizer.split(":")[0] ? {} : { learning_rate: null }) })),
    componentMenu("schedule", "Schedule", menus.schedule, () => (settings() ?? own).schedule, (spec) => change({ schedule: spec })),
    componentMenu("loss", "Loss", menus.loss, () => (settings() ?? own).loss, (spec) => change({ loss: spec }), "default"),
    make("div", { className: "component" }, rate,
      labelled("Learning rate", rateInput, "Empty: what suits the optimizer"),
      labelled("Weight decay", numberInput({ id: "weight-decay", value: own.weight_decay, min: 0, placeholder: shown(known.decay) }, (value) => change({ weight_decay: value }))),
      labelled("L1 penalty", numberInput({ id: "l1", value: own.l1, min: 0, max: 10 }, (value) => change({ l1: value ?? 0 })), "What each weight costs, times its size: weights that are not needed become 0"),
      labelled("Epochs", numberInput({ id: "epoch-count", value: own.epochs, min: 1, max: 1000000, step: 1 }, (value) => change({ epochs: value ?? 1000 })), "After so many the training ends; schedules go by it"),
      labelled("Random seed", numberInput({ id: "seed", value: own.seed, min: 0, step: 1 }, (value) => change({ seed: value ?? 0 })), "Decides the initial weights and the order of samples")),
    zoo(), ...failures());
  for (const id of open) {
    const details = document.getElementById(id);
    if (details instanceof HTMLDetailsElement) details.open = true;
  }
  if (focused) document.getElementById(focused)?.focus();
}

function zoo() {
  const names = store.menus.zoo;
  const menu = make("select", { id: "zoo", onchange: async () => {
    if (!menu.value) return;
    say(`Loading ${menu.value} …`);
    try {
      await ask({ type: "load", name: menu.value, net: store.current });
      say("");
    } catch (error) {
      say(/** @type {Error} */ (error).message, true);
    }
  } }, make("option", { value: "" }, "…"), ...names.map((name) => make("option", { value: name }, name)));
  return make("div", { className: "component" }, labelled("Trained network of the zoo", menu));
}

function failures() {
  const failed = store.menus.failed;
  if (!failed.length) return [];
  return [make("div", { className: "component failed", id: "failed" }, make("strong", {}, "Plugins that do not work"),
    ...failed.map((one) => make("p", {}, make("code", {}, one.name), `: ${one.reason}`)))];
}

export function startLearning() {
  on("state", build);
  on("menus", build);
}
