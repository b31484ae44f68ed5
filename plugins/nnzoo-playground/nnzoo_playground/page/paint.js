/** Points painted on the plane, each of one of ten classes. */

import { classColor } from "./colors.js";
import { calm, make, say } from "./dom.js";
import { placeOf } from "./plane.js";
import { change, changed, settings, shownNets, store } from "./store.js";
import { parseSpec } from "./spec.js";

const MOST = 5000;
const CLASSES = 10;
const BRUSH = 0.07;

/** x, y and class of each point. @type {number[][]} */
let points = [];

/** The points of a painted data set as it is written. @param {string} spec */
function pointsOf(spec) {
  const { name, options } = parseSpec(spec);
  if (name !== "painted") return null;
  const values = (options.points ?? "").split(",").map(Number);
  return Array.from({ length: Math.floor(values.length / 3) }, (_, at) => values.slice(3 * at, 3 * at + 3));
}

/** Begin with the points that are there, brought into the plane from −1 to 1. */
function takeOver() {
  const own = pointsOf(settings()?.dataset ?? "");
  if (own) { points = own; return; }
  const net = store.nets[store.current];
  points = [];
  const limits = net.samples?.head.limits;
  if (net.state?.structure.plane !== "classes" || !limits) return;
  for (const part of ["train", "test"]) {
    const [xy, labels] = [net.samples?.arrays[`${part}_x`], net.samples?.arrays[`${part}_y`]];
    labels?.data.forEach((/** @type {number} */ label, /** @type {number} */ at) => points.push([
      ...[0, 1].map((axis) => {
        const [low, high] = limits[axis];
        return Number((2 * (((xy?.data[2 * at + axis] ?? 0) - low) / (high - low)) - 1).toFixed(3));
      }), label]));
  }
}

/** The data set as one writes it. */
const spec = () => `painted:points=${points.map((point) => point.join(",")).join(",")}`;

/** Show points at once, and let the network learn them where they suffice. */
const send = calm(150, () => {
  const classes = new Set(points.map((point) => point[2])).size;
  if (points.length >= 4 && classes >= 2) change({ dataset: spec() });
  else say(`Paint at least 4 points of 2 classes (${points.length} of ${classes} so far).`);
});

function show() {
  for (const { net } of shownNets()) {
    if (!net.samples) continue;
    const labels = [...new Set(points.map((point) => point[2]))].sort();
    net.samples = {
      head: { ...net.samples.head, limits: [[-1, 1], [-1, 1]] },
      arrays: {
        train_x: { shape: [points.length, 2], data: new Float32Array(points.flatMap((point) => point.slice(0, 2))) },
        train_y: { shape: [points.length], data: new Float32Array(points.map((point) => labels.indexOf(point[2]))) },
        train_index: { shape: [points.length], data: new Int32Array(points.length) },
      },
    };
  }
  changed("samples");
}

/**
 * Paint where the pointer is.
 * @param {number} x share of the width
 * @param {number} y share of the height
 */
function dab(x, y) {
  const [px, py] = placeOf([[-1, 1], [-1, 1]], x, y);
  if (store.paint === -1) points = points.filter((point) => Math.hypot(point[0] - px, point[1] - py) > BRUSH);
  else {
    for (let count = 0; count < 3 && points.length < MOST; count++) {
      const [angle, far] = [Math.random() * 7, BRUSH * Math.sqrt(Math.random())];
      points.push([px + far * Math.cos(angle), py + far * Math.sin(angle)].map((value) =>
        Number(Math.max(-1, Math.min(1, value)).toFixed(3))).concat([store.paint ?? 0]));
    }
  }
  show();
  send();
}

/**
 * Let a canvas be painted on.
 * @param {HTMLCanvasElement} canvas
 */
export function paintable(canvas) {
  let down = false;
  const at = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    dab((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (store.paint === null) return;
    down = true;
    canvas.setPointerCapture(event.pointerId);
    at(event);
  });
  canvas.addEventListener("pointermove", (event) => down && at(event));
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { down = false; });
}

/** The tools: a colour for each class, an eraser, an empty plane. */
export function paintTools() {
  const set = (/** @type {number | null} */ value) => {
    if (store.paint === null && value !== null) takeOver();
    store.paint = value;
    if (value !== null) show();
    changed("look");
  };
  const on = store.paint !== null;
  const box = make("div", { className: "paint" },
    make("button", { id: "paint", "aria-pressed": String(on), onclick: () => set(on ? null : 0) }, on ? "Done painting" : "Paint points"));
  if (!on) return box;
  const colors = make("div", { className: "brushes", role: "group", "aria-label": "Class to paint" },
    ...Array.from({ length: CLASSES }, (_, label) => {
      const button = make("button", { id: `brush-${label}`, className: "brush", "aria-label": `class ${label}`, "aria-pressed": String(store.paint === label),
        onclick: () => set(label) }, String(label));
      button.style.setProperty("--color", classColor(label));
      return button;
    }),
    make("button", { id: "eraser", "aria-pressed": String(store.paint === -1), onclick: () => set(-1) }, "Eraser"),
    make("button", { id: "clear", onclick: () => { points = []; show(); send(); } }, "Clear"));
  box.append(colors, make("p", { className: "hint" }, "Paint on the answer's plane with mouse or finger."));
  return box;
}
