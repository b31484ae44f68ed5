/** What can be taken away: files, a run, the command line, Python code, a link, an image. */

import { ask } from "./connection.js";
import { byId, make, openDialog, say } from "./dom.js";
import { tableText, useTable } from "./data.js";
import { change, current, on, shownNets, store } from "./store.js";

const MOST_TABLE = 60_000;

/** @param {string} name @param {Blob} blob */
function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {string} what @param {HTMLElement} told */
async function take(what, told) {
  told.textContent = what === "run" ? "Training it again, as a run …" : "…";
  try {
    const { head, arrays } = await ask({ type: "take", what, net: store.current });
    if (head.file) {
      save(head.file, new Blob([/** @type {BlobPart} */ (arrays.contents.data)]));
      told.textContent = `Saved ${head.file}.`;
    } else {
      const same = head.same === null ? "The epoch at hand is not part of it."
        : head.same ? "Its weights are those on the screen, to the last bit." : "Its weights differ from those on the screen.";
      told.textContent = `${head.run}: ${head.epochs} epochs. ${same} Check it with: nnzoo reproduce ${head.run}`;
    }
  } catch (error) {
    told.textContent = /** @type {Error} */ (error).message;
  }
}

/** Cards that a link can leave out, so that a class sees what it is to look at. */
const CARDS = { data: "Data", network: "Network", answer: "Answer", learning: "Learning", progress: "Progress" };
/** @type {Set<string>} */
const leftOut = new Set();

/** Leave cards out. @param {string[]} names */
function hide(names) {
  for (const name of Object.keys(CARDS)) byId(name).hidden = names.includes(name);
}

/** The address that brings all this back. */
export function permalink() {
  const table = tableText();
  const state = { nets: shownNets().map(({ net }) => net.state?.settings), both: store.both, hide: [...leftOut],
    table: shownNets()[0].net.state?.settings.dataset === "uploaded" && table.length <= MOST_TABLE ? table : "" };
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.origin}/#state=${text}`;
}

/**
 * Whether settings from elsewhere have the form of those that are there, so that they can be shown until the server has
 * looked at them.
 * @param {any} value
 * @param {any} example
 */
function isLike(value, example) {
  const isLayer = (/** @type {any} */ one) => typeof one?.units === "number" && typeof one.activation === "string" && typeof one.dropout === "number";
  return !!value && !!example && Object.keys(example).every((key) => key in value &&
    (example[key] === null || value[key] === null || typeof value[key] === typeof example[key]) &&
    (!Array.isArray(example[key]) || (Array.isArray(value[key]) && value[key].every((/** @type {any} */ one) => (key === "layers" ? isLayer(one) : typeof one === "string")))));
}

/** Bring back what a link holds. @param {string} text @param {(on: boolean) => Promise<void>} compare */
export async function restore(text, compare) {
  try {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(plain, (letter) => letter.charCodeAt(0))));
    const example = current().state?.settings;
    if (!Array.isArray(state?.nets) || !state.nets.length || !state.nets.every((/** @type {any} */ one) => isLike(one, example))) {
      throw new Error("it has other settings than this page knows");
    }
    hide(Array.isArray(state.hide) ? state.hide : []);
    if (state.table) await useTable(state.table, state.nets[0]);
    else await change(state.nets[0]);
    if (!state.both || !state.nets[1]) return;
    await compare(true);
    store.current = 1;
    await change(state.nets[1]);
    store.current = 0;
  } catch (error) {
    say(`The link can't be read: ${/** @type {Error} */ (error).message}`, true);
  }
}

/** The plane or the whole network as an image. */
function image() {
  const canvas = document.querySelector("#planes canvas");
  if (canvas instanceof HTMLCanvasElement) canvas.toBlob((blob) => blob && save("nnzoo-playground.png", blob));
}

/** What the page that the link opens is to leave out. */
function choices() {
  return make("fieldset", {}, make("legend", {}, "Leave out on the page that the link opens"), make("div", { className: "tools" },
    ...Object.entries(CARDS).map(([name, title]) => {
      const box = make("input", { type: "checkbox", id: `hide-${name}`, checked: leftOut.has(name), onchange: () => {
        if (box.checked) leftOut.add(name);
        else leftOut.delete(name);
        /** @type {HTMLTextAreaElement} */ (byId("link")).value = permalink();
      } });
      return make("label", { className: "check" }, box, title);
    })));
}

/** @param {string} id @param {string} label @param {string} text */
function copyable(id, label, text) {
  const area = make("textarea", { id, readOnly: true, value: text, rows: Math.min(9, text.split("\n").length + 1), "aria-label": label });
  return make("div", { className: "copy" }, make("div", { className: "head" }, make("h3", {}, label),
    make("button", { type: "button", onclick: () => { area.select(); navigator.clipboard?.writeText(area.value).catch(() => document.execCommand("copy")); } }, "Copy")), area);
}

export function startTakeaway() {
  byId("take").addEventListener("click", () => {
    const state = current().state;
    if (!state) return;
    const told = make("p", { role: "status", className: "hint", id: "taken" });
    const button = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => void} */ action) =>
      make("button", { id, type: "button", onclick: action }, label);
    openDialog("Take it away",
      make("div", { className: "tools" },
        button("take-model", "Model file", () => take("model", told)),
        button("take-script", "NumPy script", () => take("script", told)),
        button("take-run", "Run directory", () => take("run", told)),
        button("take-image", "Image (PNG)", image)), told,
      ...(state.touched ? [make("p", { className: "hint" }, "The network goes on from weights that were changed on the way; the run keeps them. " +
        "To train on by command, save the model file and put --from model.safetensors in place of --model, --activation and --seed.")] : []),
      copyable("command", "Command line", state.command), copyable("python", "Python", state.python), copyable("link", "Link", permalink()), choices());
  });
  on("state", () => {
    const state = current().state;
    const texts = { command: state?.command, python: state?.python, link: state ? permalink() : "" };
    for (const [id, text] of Object.entries(texts)) {
      const area = document.getElementById(id);
      if (area instanceof HTMLTextAreaElement) area.value = text ?? "";
    }
  });
}
