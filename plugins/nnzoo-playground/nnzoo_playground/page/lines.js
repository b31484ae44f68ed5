/** The lines between units: each a weight. */

import { weightColor } from "./colors.js";
import { byId, sharp } from "./dom.js";
import { structure } from "./store.js";
import { unitPlaces } from "./units.js";
import { valuesOf } from "./values.js";

/** The lines as they were drawn last, behind the units. */
export const lines = document.createElement("canvas");

/** @param {import("./types.js").Structure} known */
export function drawLines(known) {
  const area = byId("columns");
  const context = sharp(lines, area.offsetWidth, area.offsetHeight);
  const places = unitPlaces();
  known.columns.forEach((layer, place) => {
    const weights = valuesOf(layer.weight);
    if (!weights) return;
    const [from, to] = [places[place] ?? [], places[place + 1] ?? []];
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

/** The weight whose line is under the pointer. @param {MouseEvent} event */
export function lineAt(event) {
  const known = structure();
  const box = byId("columns").getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  let best = { far: 8, place: -1, row: 0, unit: 0, value: 0 };
  known?.columns.forEach((layer, place) => {
    const weights = valuesOf(layer.weight);
    const [from, to] = unitPlaces().slice(place, place + 2);
    if (!weights || !from?.length || !to?.length || x < from[0].right || x > to[0].left) return;
    const t = (x - from[0].right) / (to[0].left - from[0].right);
    const bend = t * t * (3 - 2 * t);
    from.forEach((a, row) => to.forEach((b, unit) => {
      const far = Math.abs(a.y + bend * (b.y - a.y) - y);
      if (far < best.far) best = { far, place, row, unit, value: weights.data[row * weights.shape[1] + unit] };
    }));
  });
  return best.place < 0 ? null : best;
}
