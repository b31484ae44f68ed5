/** Each unit's picture, all on one canvas: many small ones would each be a layer that the browser has to put in place. */

import { weightColor, writeBytes } from "./colors.js";
import { byId, sharp } from "./dom.js";
import { current } from "./store.js";
import { valuesOf } from "./values.js";

/** @typedef {{left: number, right: number, top: number, y: number, side: number}} Place its picture's left, top and side; where lines to it end */
/** @typedef {import("./types.js").NumberArray} NumberArray */

/** Units of a layer that are shown one by one. */
export const SHOWN_UNITS = 16;
/** How far a unit's frame reaches over its picture. */
const EDGE = 1;
/** @type {Place[][] | null} */
let places = null;
/** All pictures below each other, before they go where their units are. */
let sheet = { pixels: new Uint32Array(), image: new ImageData(1, 1), canvas: new OffscreenCanvas(1, 1) };

/** Where the units of each column stand, inputs first, within the columns; looked up anew when the layout has changed. */
export function unitPlaces() {
  if (places) return places;
  const box = byId("columns").getBoundingClientRect();
  places = [...byId("columns").querySelectorAll(".column")].map((column) => [...column.querySelectorAll(".unit i")].map((unit) => {
    const own = unit.getBoundingClientRect();
    const [left, top] = [own.left - box.left, own.top - box.top];
    return { left: left + EDGE, right: left + own.width, top: top + EDGE, y: top + own.height / 2, side: own.width - 2 * EDGE };
  }));
  return places;
}

export const forgetPlaces = () => { places = null; };

/**
 * Draw all pictures, on the lines behind them.
 * @param {import("./types.js").Structure} known
 * @param {HTMLCanvasElement} lines
 */
export function drawUnits(known, lines) {
  const [frame, all] = [current().frame, unitPlaces()];
  if (!frame) return;
  const area = byId("columns");
  const context = sharp(/** @type {HTMLCanvasElement} */ (byId("pictures")), area.offsetWidth, area.offsetHeight);
  if (lines.width) context.drawImage(lines, 0, 0, area.offsetWidth, area.offsetHeight);
  const off = new Set(frame.head.off.map((/** @type {number[]} */ pair) => pair.join()));
  const looked = looksFor(known);
  const inputs = frame.arrays.terms ?? (known.plane === "classes" || known.plane === "values" ? AXES : undefined);
  /** @type {{place: Place, pictures: NumberArray, unit: number, faint: boolean}[]} */
  const shown = [];
  all.forEach((column, at) => {
    const layer = known.columns[at - 1];
    const next = known.columns[at];
    column.forEach((place, unit) => {
      const faint = !!layer && !!next && off.has(`${next.place},${unit}`);
      const pictures = layer ? frame.arrays[`units${at - 1}`] ?? (at === 1 ? looked : undefined) : inputs;
      if (pictures?.shape.length === 3) shown.push({ place, pictures, unit, faint });
      else if (pictures) drawCurve(context, place, pictures, unit);
      else if (layer) drawBias(context, place, valuesOf(layer.bias)?.data[unit] ?? 0);
    });
  });
  if (shown.length) drawSheet(context, shown);
}

/**
 * What units of the first layer look for in an image: their weights, each unit's in shares of its own largest.
 * @param {import("./types.js").Structure} known
 * @returns {NumberArray | undefined}
 */
export function looksFor(known) {
  const weights = known.columns.length ? valuesOf(known.columns[0].weight) : null;
  if (!weights || !known.picture) return undefined;
  const [[pixels, units], [height, width]] = [weights.shape, known.picture];
  const count = Math.min(units, SHOWN_UNITS);
  if (pixels !== height * width) return undefined;
  const data = new Uint8Array(count * pixels);
  for (let unit = 0; unit < count; unit++) {
    let most = 1e-12;
    for (let pixel = 0; pixel < pixels; pixel++) most = Math.max(most, Math.abs(weights.data[pixel * units + unit]));
    for (let pixel = 0; pixel < pixels; pixel++) data[unit * pixels + pixel] = 128 + (127 * weights.data[pixel * units + unit]) / most;
  }
  return { shape: [count, height, width], data };
}

/** What both inputs are over the plane: each rises along its own axis. */
const SIDE = 24;
const AXES = { shape: [2, SIDE, SIDE], data: Uint8Array.from({ length: 2 * SIDE ** 2 }, (_, at) =>
  1 + (254 * (at < SIDE ** 2 ? at % SIDE : Math.floor(at / SIDE) - SIDE)) / (SIDE - 1)) };

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{place: Place, pictures: NumberArray, unit: number, faint: boolean}[]} shown
 */
function drawSheet(context, shown) {
  const [, height, width] = shown[0].pictures.shape;
  if (sheet.canvas.width !== width || sheet.canvas.height !== height * shown.length) {
    const image = new ImageData(width, height * shown.length);
    sheet = { image, pixels: new Uint32Array(image.data.buffer), canvas: new OffscreenCanvas(width, height * shown.length) };
  }
  const size = height * width;
  shown.forEach(({ pictures, unit }, at) => writeBytes(sheet.pixels, at * size, pictures.data, unit * size, height, width, true));
  sheet.canvas.getContext("2d")?.putImageData(sheet.image, 0, 0);
  shown.forEach(({ place, faint }, at) => {
    context.globalAlpha = faint ? 0.2 : 1;
    context.drawImage(sheet.canvas, 0, at * height, width, height, place.left, place.top, place.side, place.side);
  });
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Place} place
 * @param {NumberArray} pictures
 * @param {number} unit
 */
function drawCurve(context, { left, top, side }, pictures, unit) {
  const count = pictures.shape[1];
  context.strokeStyle = weightColor(1);
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = 0; at < count; at += 4) {
    context.lineTo(left + (at / (count - 1)) * side, top + side * (1 - pictures.data[unit * count + at] / 255));
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Place} place @param {number} bias */
function drawBias(context, { left, top, side }, bias) {
  context.globalAlpha = Math.min(1, 0.15 + Math.abs(bias));
  context.fillStyle = weightColor(bias);
  context.fillRect(left, top, side, side);
  context.globalAlpha = 1;
}

/**
 * One unit's picture on a canvas of its own.
 * @param {HTMLCanvasElement} canvas
 * @param {NumberArray} pictures
 * @param {number} unit
 */
export function drawUnit(canvas, pictures, unit) {
  const context = canvas.getContext("2d");
  if (!context) return;
  if (pictures.shape.length < 3) return drawCurve(context, { left: 0, right: 0, top: 0, y: 0, side: canvas.width }, pictures, unit);
  const [, height, width] = pictures.shape;
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  writeBytes(new Uint32Array(image.data.buffer), 0, pictures.data, unit * height * width, height, width, true);
  context.putImageData(image, 0, 0);
}
