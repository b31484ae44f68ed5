/** What a network answers over the plane of its two inputs, with the samples. */

import { bytePixels, classColor, classPixels, diverging, faint, ink, isDark } from "./colors.js";
import { make, sharp, shown } from "./dom.js";
import { store } from "./store.js";

/** @typedef {import("./types.js").Net} Net */
/** @typedef {import("./types.js").NumberArray} NumberArray */

const MARKS = ["circle", "square", "up", "diamond", "down", "cross", "circle", "square", "up", "diamond"];

/**
 * Where a sample lies on the canvas.
 * @param {number[][]} limits
 * @param {number} width
 * @param {number} height
 */
function scales(limits, width, height) {
  const [[x0, x1], [y0, y1]] = limits;
  return {
    x: (/** @type {number} */ value) => ((value - x0) / (x1 - x0)) * width,
    y: (/** @type {number} */ value) => height - ((value - y0) / (y1 - y0)) * height,
  };
}

/**
 * From a place on the canvas to values of both inputs.
 * @param {number[][]} limits
 * @param {number} x share of the width
 * @param {number} y share of the height, from above
 */
export function placeOf(limits, x, y) {
  const [[x0, x1], [y0, y1]] = limits;
  return [x0 + x * (x1 - x0), y1 - y * (y1 - y0)];
}

/** The smallest and the largest target, for colours of values. @param {Net} net */
function targetRange(net) {
  const targets = net.samples?.arrays.train_y?.data ?? [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const value of targets) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high > low ? high : low + 1];
}

/**
 * Draw a network's answers.
 * @param {HTMLCanvasElement} canvas
 * @param {Net} net
 */
export function drawPlane(canvas, net) {
  const side = canvas.clientWidth || 320;
  const kind = net.state?.structure.plane;
  const height = kind === "curve" ? side * 0.7 : side;
  const context = sharp(canvas, side, height);
  const limits = net.samples?.head.limits;
  if (!kind || limits?.length !== (kind === "curve" ? 1 : 2) || !net.frame) return;
  if (kind === "curve") return drawCurve(context, net, limits, side, height);
  const image = kind === "classes" ? classImage(net.frame.arrays) : valueImage(net);
  if (image) context.drawImage(image, 0, 0, side, height);
  context.drawImage(samplesLayer(canvas, net, kind), 0, 0, side, height);
}

/** The answers as pixels, before they are stretched. */
let answers = { pixels: new Uint32Array(), image: new ImageData(1, 1), canvas: new OffscreenCanvas(1, 1) };

/** @param {number} side @param {(pixels: Uint32Array) => void} fill */
function asImage(side, fill) {
  if (answers.canvas.width !== side) {
    const image = new ImageData(side, side);
    answers = { image, pixels: new Uint32Array(image.data.buffer), canvas: new OffscreenCanvas(side, side) };
  }
  fill(answers.pixels);
  answers.canvas.getContext("2d")?.putImageData(answers.image, 0, 0);
  return answers.canvas;
}

/** @param {Record<string, NumberArray>} arrays */
function classImage({ best, sure }) {
  if (!best || !sure) return null;
  const side = Math.round(Math.sqrt(best.data.length));
  const colors = classPixels(store.discrete);
  return asImage(side, (pixels) => {
    for (let row = 0, from = 0; row < side; row++) {
      let to = (side - 1 - row) * side;
      for (let column = 0; column < side; column++, from++) pixels[to++] = colors[256 * best.data[from] + sure.data[from]];
    }
  });
}

/** @param {Net} net */
function valueImage(net) {
  const values = net.frame?.arrays.values?.data;
  if (!values) return null;
  const side = Math.round(Math.sqrt(values.length));
  const [low, high] = targetRange(net);
  const colors = bytePixels();
  return asImage(side, (pixels) => {
    for (let row = 0, from = 0; row < side; row++) {
      let to = (side - 1 - row) * side;
      for (let column = 0; column < side; column++, from++) {
        const value = Math.max(-1, Math.min(1, (2 * (values[from] - low)) / (high - low) - 1));
        pixels[to++] = colors[Math.round(128 + 127 * (store.discrete ? Math.round(2 * value) / 2 : value))];
      }
    }
  });
}

/** The samples of each plane as they were drawn last, and what decided that. @type {WeakMap<HTMLCanvasElement, {layer: OffscreenCanvas, by: any[]}>} */
const layers = new WeakMap();

/**
 * The samples, drawn again only where they, or what decides how they look, are others.
 * @param {HTMLCanvasElement} canvas
 * @param {Net} net
 * @param {string} kind
 */
function samplesLayer(canvas, net, kind) {
  const by = [net.samples, kind, store.showTest, isDark(), canvas.width, canvas.height];
  const before = layers.get(canvas);
  if (before && by.every((one, at) => one === before.by[at])) return before.layer;
  const layer = new OffscreenCanvas(canvas.width, canvas.height);
  const context = layer.getContext("2d");
  const [width, height] = [canvas.clientWidth || 320, (canvas.clientWidth || 320) * canvas.height / canvas.width];
  context?.scale(canvas.width / width, canvas.height / height);
  if (context) drawSamples(context, net, scales(net.samples?.head.limits ?? [[0, 1], [0, 1]], width, height), kind);
  layers.set(canvas, { layer, by });
  return layer;
}

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {Net} net
 * @param {{x: (v: number) => number, y: (v: number) => number}} at
 * @param {string} kind
 */
function drawSamples(context, net, at, kind) {
  const arrays = net.samples?.arrays ?? {};
  const [low, high] = targetRange(net);
  for (const part of store.showTest ? ["train", "test"] : ["train"]) {
    const [points, targets] = [arrays[`${part}_x`], arrays[`${part}_y`]];
    if (!points || !targets) continue;
    const size = part === "test" ? 4.2 : targets.data.length > 600 ? 2.4 : 3;
    for (let place = 0; place < targets.data.length; place++) {
      const target = targets.data[place];
      const color = kind === "classes" ? classColor(target)
        : `rgb(${diverging((2 * (target - low)) / (high - low) - 1)})`;
      context.fillStyle = color;
      context.strokeStyle = part === "test" ? ink() : isDark() ? "#14181d" : "#ffffff";
      context.lineWidth = part === "test" ? 1.3 : 0.8;
      mark(context, at.x(points.data[2 * place]), at.y(points.data[2 * place + 1]), size,
        kind === "classes" ? MARKS[target % MARKS.length] : "circle");
    }
  }
}

/**
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} kind
 */
function mark(context, x, y, r, kind) {
  context.beginPath();
  if (kind === "square") context.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
  else if (kind === "up" || kind === "down") {
    const turn = kind === "up" ? -1 : 1;
    context.moveTo(x, y + turn * 1.2 * r);
    context.lineTo(x - 1.1 * r, y - turn * 0.8 * r);
    context.lineTo(x + 1.1 * r, y - turn * 0.8 * r);
    context.closePath();
  } else if (kind === "diamond") {
    for (const [dx, dy] of [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]]) context.lineTo(x + dx * r, y + dy * r);
    context.closePath();
  } else if (kind === "cross") {
    context.rect(x - 1.2 * r, y - 0.45 * r, 2.4 * r, 0.9 * r);
    context.rect(x - 0.45 * r, y - 1.2 * r, 0.9 * r, 2.4 * r);
  } else context.arc(x, y, r, 0, 7);
  context.fill();
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Net} net
 * @param {number[][]} limits
 * @param {number} width
 * @param {number} height
 */
function drawCurve(context, net, limits, width, height) {
  const [low, high] = targetRange(net);
  const room = 0.15 * (high - low);
  const at = scales([limits[0], [low - room, high + room]], width, height);
  const arrays = net.samples?.arrays ?? {};
  for (const part of ["train", "test"]) {
    const [points, targets] = [arrays[`${part}_x`], arrays[`${part}_y`]];
    if (!points || (part === "test" && !store.showTest)) continue;
    context.fillStyle = part === "test" ? classColor(1) : faint();
    for (let place = 0; place < targets.data.length; place++) {
      context.beginPath();
      context.arc(at.x(points.data[place]), at.y(targets.data[place]), part === "test" ? 3 : 2, 0, 7);
      context.fill();
    }
  }
  const values = net.frame?.arrays.values?.data ?? [];
  context.strokeStyle = classColor(0);
  context.lineWidth = 2.5;
  context.beginPath();
  values.forEach((/** @type {number} */ value, /** @type {number} */ place) =>
    context.lineTo((place / (values.length - 1)) * width, at.y(value)));
  context.stroke();
}

/**
 * The names of the classes with their marks.
 * @param {Net} net
 */
export function legend(net) {
  const names = net.state?.structure.classes ? net.state.structure.outputs : [];
  return make("ul", { className: "legend" }, ...names.map((name, label) => {
    const canvas = make("canvas", { "aria-hidden": "true" });
    const context = sharp(canvas, 14, 14);
    context.fillStyle = classColor(label);
    context.strokeStyle = "transparent";
    mark(context, 7, 7, 5, MARKS[label % MARKS.length]);
    return make("li", {}, canvas, name);
  }));
}

/**
 * The sample nearest to a place, among those that are shown.
 * @param {Net} net
 * @param {number[]} place
 * @returns {{part: string, index: number} | null}
 */
export function nearest(net, place) {
  const [arrays, limits] = [net.samples?.arrays ?? {}, net.samples?.head.limits ?? []];
  if (!limits.length) return null;
  const spread = limits.map((/** @type {number[]} */ [low, high]) => high - low);
  let best = { part: "train", index: -1, far: Infinity };
  for (const part of store.showTest ? ["train", "test"] : ["train"]) {
    const [points, indices] = [arrays[`${part}_x`], arrays[`${part}_index`]];
    if (!points) continue;
    const size = points.shape[1];
    for (let at = 0; at < indices.data.length; at++) {
      let far = 0;
      for (let axis = 0; axis < size; axis++) far += ((points.data[at * size + axis] - place[axis]) / spread[axis]) ** 2;
      if (far < best.far) best = { part, index: indices.data[at], far };
    }
  }
  return best.index < 0 ? null : best;
}

/** What a network is called where two are shown, with its figure. @param {Net} net @param {number} number */
export function planeTitle(net, number) {
  const metric = net.state?.structure.metric ?? "";
  const value = net.frame?.head.figures[`test_${metric}`];
  const told = metric ? `${metric} ${metric === "accuracy" && value !== null && value !== undefined
    ? `${(100 * value).toFixed(1)} %` : shown(value)}` : "";
  return store.both ? `${"AB"[number]}: ${told}` : told;
}
