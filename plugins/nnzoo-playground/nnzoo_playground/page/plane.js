/** What a network answers over the plane of its two inputs, with the samples. */

import { classColor, classRgb, diverging, faint, ink, isDark, paper } from "./colors.js";
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
  context.clearRect(0, 0, side, height);
  const limits = net.samples?.head.limits;
  if (!kind || limits?.length !== (kind === "curve" ? 1 : 2) || !net.frame) return;
  if (kind === "curve") return drawCurve(context, net, limits, side, height);
  const image = kind === "classes" ? classImage(net.frame.arrays) : valueImage(net);
  if (image) {
    const small = new OffscreenCanvas(image.width, image.height);
    small.getContext("2d")?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, side, height);
  }
  drawSamples(context, net, scales(limits, side, height), kind);
}

/** @param {Record<string, NumberArray>} arrays */
function classImage(arrays) {
  if (!arrays.best || !arrays.sure) return null;
  const side = Math.round(Math.sqrt(arrays.best.data.length));
  const image = new ImageData(side, side);
  const base = paper();
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const from = row * side + column;
      const to = 4 * ((side - 1 - row) * side + column);
      const color = classRgb(arrays.best.data[from]);
      const share = store.discrete ? 0.5 : 0.1 + 0.5 * (arrays.sure.data[from] / 255);
      for (let channel = 0; channel < 3; channel++) {
        image.data[to + channel] = base[channel] + share * (color[channel] - base[channel]);
      }
      image.data[to + 3] = 255;
    }
  }
  return image;
}

/** @param {Net} net */
function valueImage(net) {
  const values = net.frame?.arrays.values?.data;
  if (!values) return null;
  const side = Math.round(Math.sqrt(values.length));
  const [low, high] = encodedRange(net);
  const image = new ImageData(side, side);
  for (let at = 0; at < values.length; at++) {
    const row = side - 1 - Math.floor(at / side);
    const value = (2 * (values[at] - low)) / (high - low) - 1;
    const color = diverging(store.discrete ? Math.round(2 * value) / 2 : value);
    image.data.set([...color, 255], 4 * (row * side + (at % side)));
  }
  return image;
}

/** @param {Net} net */
const encodedRange = (net) => targetRange(net);

/**
 * @param {CanvasRenderingContext2D} context
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
 * @param {CanvasRenderingContext2D} context
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
