/** Images: draw, and see what the network answers, and why. */

import { byteImage, classColor } from "./colors.js";
import { ask } from "./connection.js";
import { byId, make, say } from "./dom.js";
import { change, on, store, structure } from "./store.js";

const SIDE = 112;
/** The drawing as it is sent: enough for 28 × 28 pixels, and quick to look through. */
const SENT = 56;
/** @type {HTMLElement | null} */
let card = null;
let busy = false;
/** What is to be asked when the answer is there. @type {{more: boolean} | null} */
let next = null;
let drawnAny = false;

const pad = make("canvas", { id: "pad", width: SIDE, height: SIDE, tabIndex: 0, role: "img", "aria-label": "Draw here with mouse or finger" });

/** The drawing as bytes, 255 for ink, in base64. */
export function pixels() {
  const small = new OffscreenCanvas(SENT, SENT).getContext("2d", { willReadFrequently: true });
  small?.drawImage(pad, 0, 0, SENT, SENT);
  const data = small?.getImageData(0, 0, SENT, SENT).data ?? new Uint8ClampedArray();
  let text = "";
  for (let at = 3; at < data.length; at += 4) text += String.fromCharCode(data[at]);
  return btoa(text);
}

/** Ask for the answer; while one is on its way, no other is asked for. @param {boolean} more */
async function answer(more) {
  if (busy) { next = { more: more || !!next?.more }; return; }
  busy = true;
  const began = performance.now();
  try {
    const { head, arrays } = await ask({ type: "draw", pixels: pixels(), side: SENT, more, net: store.current });
    byId("pad-answer").dataset.took = String(Math.round(performance.now() - began));
    show(head, arrays, more);
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
  busy = false;
  const asked = next;
  next = null;
  if (asked) answer(asked.more);
}

/**
 * @param {import("./types.js").Head} head
 * @param {Record<string, import("./types.js").NumberArray>} arrays
 * @param {boolean} more
 */
function show(head, arrays, more) {
  if (head.unreadable) { byId("pad-answer").replaceChildren(make("p", { className: "hint" }, head.unreadable)); return; }
  const shares = [...arrays.shares.data];
  const best = shares.indexOf(Math.max(...shares));
  byId("pad-answer").replaceChildren(make("p", { className: "verdict" }, head.names[best]),
    ...shares.map((share, at) => {
      const bar = make("i");
      bar.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
      bar.style.background = classColor(at === best ? 0 : 9);
      return make("div", { className: "share" }, make("span", {}, head.names[at]), make("b", {}, bar), make("small", {}, `${(100 * share).toFixed(0)} %`));
    }));
  if (more) details(arrays);
}

/** @param {import("./types.js").NumberArray} array @param {number} [which] @param {number} [size] */
function tile(array, which = 0, size = 56) {
  const [height, width] = array.shape.length === 3 ? array.shape.slice(1) : array.shape.length === 2 ? array.shape : [1, array.shape[0]];
  const canvas = make("canvas", { width, height, className: "tile", "aria-hidden": "true" });
  canvas.getContext("2d")?.putImageData(byteImage(array.data, which * height * width, height, width, false), 0, 0);
  canvas.style.width = `${array.shape.length === 1 ? Math.min(320, 8 * width) : size}px`;
  canvas.style.height = `${array.shape.length === 1 ? 18 : (size * height) / width}px`;
  return canvas;
}

/** @param {Record<string, import("./types.js").NumberArray>} arrays */
function details(arrays) {
  const shape = structure()?.picture ?? [8, 8];
  const group = (/** @type {string} */ title, /** @type {HTMLElement[]} */ ...tiles) =>
    make("div", {}, make("h3", {}, title), make("div", { className: "tile-row" }, ...tiles));
  const found = [group("What the network sees", tile({ ...arrays.sample, shape }, 0, 112))];
  if (arrays.occlusion) {
    const most = Math.max(...arrays.occlusion.data.map(Math.abs), 1e-6);
    const bytes = Uint8Array.from(arrays.occlusion.data, (value) => 128 + (127 * value) / most);
    found.push(group("Why: where covering it takes most away (blue)", tile({ shape: arrays.occlusion.shape, data: bytes }, 0, 112)));
  }
  if (arrays.first) found.push(group("What the first layer looks for", ...Array.from({ length: arrays.first.shape[0] }, (_, at) => tile(arrays.first, at))));
  for (const layer of structure()?.layers ?? []) {
    const array = arrays[`layer${layer.place}`];
    if (!array) continue;
    const count = array.shape.length === 3 ? array.shape[0] : 1;
    found.push(group(layer.name, ...Array.from({ length: count }, (_, at) => tile(array, at))));
  }
  byId("pad-more").replaceChildren(...found);
}

async function addDrawn() {
  const label = Number(/** @type {HTMLSelectElement} */ (byId("pad-label")).value);
  try {
    const { head } = await ask({ type: "drawn", pixels: pixels(), side: SENT, label, net: store.current });
    await change({ dataset: head.dataset });
    say("Added to the training data.");
  } catch (error) {
    say(/** @type {Error} */ (error).message, true);
  }
}

function clear() {
  pad.getContext("2d")?.clearRect(0, 0, SIDE, SIDE);
  drawnAny = false;
  byId("pad-answer").replaceChildren(make("p", { className: "hint" }, "Draw something."));
  byId("pad-more").replaceChildren();
}

function build() {
  const known = structure();
  if (!known?.picture) { card?.remove(); card = null; return; }
  const names = known.outputs.join("\n");
  if (card?.dataset.names === names) return;
  card?.remove();
  const label = make("select", { id: "pad-label", "aria-label": "The right answer" }, ...known.outputs.map((name, at) => make("option", { value: String(at) }, name)));
  card = make("section", { className: "card", id: "drawing", "aria-labelledby": "drawing-title" }, make("h2", { id: "drawing-title" }, "Draw"),
    make("div", { className: "drawing" }, make("div", {}, pad, make("div", { className: "tools" },
      make("button", { id: "pad-clear", onclick: clear }, "Clear"),
      make("button", { id: "pad-why", onclick: () => answer(true) }, "Look inside")),
    make("div", { className: "tools" }, "It is", label, make("button", { id: "pad-add", onclick: addDrawn }, "Add to the training data"))),
    make("div", { id: "pad-answer", role: "status" }, make("p", { className: "hint" }, "Draw something."))),
    make("div", { id: "pad-more" }));
  card.dataset.names = names;
  byId("network").before(card);
}

export function startPictures() {
  const context = pad.getContext("2d", { willReadFrequently: true });
  /** @type {number[] | null} */
  let last = null;
  const at = (/** @type {PointerEvent} */ event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  pad.addEventListener("pointerdown", (event) => { pad.setPointerCapture(event.pointerId); last = at(event); });
  pad.addEventListener("pointermove", (event) => {
    if (!last || !context) return;
    const here = at(event);
    [context.lineWidth, context.lineCap, context.strokeStyle] = [10, "round", "black"];
    context.beginPath();
    context.moveTo(last[0], last[1]);
    context.lineTo(here[0], here[1]);
    context.stroke();
    last = here;
    drawnAny = true;
    answer(false);
  });
  pad.addEventListener("pointerup", () => { last = null; if (drawnAny) answer(true); });
  on("state", build);
  on("frame", () => { if (drawnAny && store.nets[store.current].state?.playing) answer(false); });
}
