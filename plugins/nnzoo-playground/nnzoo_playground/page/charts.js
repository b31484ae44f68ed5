/** Loss and metric over the epochs, and histograms of weights and gradients. */

import { classColor, faint, ink } from "./colors.js";
import { byId, make, sharp, shown } from "./dom.js";
import { on, shownNets, store, structure } from "./store.js";

const BARS = 31;

/**
 * @typedef {{values: [number, number][], color: string, dashed: boolean, name: string}} Line
 */

/**
 * @param {string} id
 * @param {string} title
 * @param {string} label
 */
function chart(id, title, label) {
  return make("figure", { className: "chart" }, make("figcaption", {}, make("strong", {}, title), make("span", { id: `${id}-key`, className: "key" })),
    make("canvas", { id, role: "img", "aria-label": label }));
}

/**
 * The lines of a figure: columns of the curves.
 * @param {number} train
 * @param {number} test
 * @returns {Line[]}
 */
function linesOf(train, test) {
  return shownNets().flatMap(({ net, number }) => {
    const curves = net.frame?.arrays.curves;
    if (!curves) return [];
    const pick = (/** @type {number} */ column) => {
      /** @type {[number, number][]} */
      const found = [];
      for (let row = 0; row < curves.shape[0]; row++) {
        const value = curves.data[5 * row + column];
        if (Number.isFinite(value)) found.push([curves.data[5 * row], value]);
      }
      return found;
    };
    const which = store.both ? `${"AB"[number]} ` : "";
    const color = classColor(number ? 5 : 0);
    return [{ values: pick(train), color: store.both ? color : classColor(1), dashed: true, name: `${which}training` },
      { values: pick(test), color, dashed: false, name: `${which}test` }];
  });
}

/** @param {HTMLElement} key @param {Line[]} drawn */
function writeKey(key, drawn) {
  const kind = drawn.map((line) => line.name + line.color).join();
  if (key.dataset.kind === kind) return;
  key.dataset.kind = kind;
  key.replaceChildren(...drawn.map((line) => {
    const mark = make("i");
    mark.style.borderTop = `2px ${line.dashed ? "dashed" : "solid"} ${line.color}`;
    return make("span", {}, mark, line.name);
  }));
}

/**
 * @param {string} id
 * @param {Line[]} drawn
 * @param {boolean} fromZero
 */
function drawLines(id, drawn, fromZero) {
  const canvas = /** @type {HTMLCanvasElement} */ (byId(id));
  const [width, height, left, below] = [canvas.clientWidth || 280, 120, 40, 16];
  const context = sharp(canvas, width, height);
  let [low, high, last] = [fromZero ? 0 : Infinity, -Infinity, 1];
  for (const { values } of drawn) {
    for (const [epoch, value] of values) [low, high, last] = [Math.min(low, value), Math.max(high, value), Math.max(last, epoch)];
  }
  writeKey(byId(`${id}-key`), drawn);
  if (!Number.isFinite(high)) return;
  if (high <= low) high = low + 1;
  const x = (/** @type {number} */ epoch) => left + (epoch / last) * (width - left - 4);
  const y = (/** @type {number} */ value) => 4 + (1 - (value - low) / (high - low)) * (height - below - 8);
  context.fillStyle = ink();
  context.strokeStyle = faint();
  context.font = "11px system-ui, sans-serif";
  context.lineWidth = 1;
  for (const value of [low, (low + high) / 2, high]) {
    context.beginPath();
    context.moveTo(left, y(value));
    context.lineTo(width, y(value));
    context.stroke();
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(shown(value, 2), left - 4, Math.max(8, y(value)));
  }
  context.textBaseline = "alphabetic";
  context.fillText(`epoch ${shown(last)}`, width, height - 2);
  for (const line of drawn) {
    context.strokeStyle = line.color;
    context.lineWidth = 2;
    context.setLineDash(line.dashed ? [5, 3] : []);
    context.beginPath();
    for (const [epoch, value] of line.values) context.lineTo(x(epoch), y(value));
    context.stroke();
  }
  context.setLineDash([]);
}

/**
 * @param {string} id
 * @param {string} array
 */
function drawHistogram(id, array) {
  const canvas = /** @type {HTMLCanvasElement} */ (byId(id));
  const [width, height, below] = [canvas.clientWidth || 280, 90, 16];
  const context = sharp(canvas, width, height);
  const values = store.nets[store.current].frame?.arrays[array]?.data;
  if (!values?.length) return;
  let most = 1e-9;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const counts = new Array(BARS).fill(0);
  for (const value of values) counts[Math.min(BARS - 1, Math.floor(((value / most + 1) / 2) * BARS))]++;
  const tallest = Math.max(...counts);
  counts.forEach((count, bar) => {
    context.fillStyle = bar === (BARS - 1) / 2 ? faint() : classColor(bar < (BARS - 1) / 2 ? 1 : 0);
    const tall = (count / tallest) * (height - below - 2);
    context.fillRect((bar * width) / BARS + 0.5, height - below - tall, width / BARS - 1, tall);
  });
  context.fillStyle = ink();
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "left";
  context.fillText(shown(-most, 2), 0, height - 3);
  context.textAlign = "center";
  context.fillText("0", width / 2, height - 3);
  context.textAlign = "right";
  context.fillText(shown(most, 2), width, height - 3);
}

function draw() {
  const metric = structure()?.metric ?? "";
  drawLines("loss-chart", linesOf(1, 2), true);
  byId("metric-figure").hidden = !metric;
  if (metric) drawLines("metric-chart", linesOf(3, 4), false);
  drawHistogram("weights-chart", "weights");
  drawHistogram("gradients-chart", "gradients");
}

export function startCharts() {
  const metric = chart("metric-chart", "Metric", "The metric on training and test data over the epochs");
  metric.id = "metric-figure";
  byId("charts").append(
    chart("loss-chart", "Loss", "Loss on training and test data over the epochs"), metric,
    chart("weights-chart", "Weights", "Histogram of all weights"),
    chart("gradients-chart", "Gradient", "Histogram of the gradient of the last step"));
  on("figures", draw);
  on("state", () => {
    const name = structure()?.metric;
    const title = metric.querySelector("strong");
    if (title && name) title.textContent = name.charAt(0).toUpperCase() + name.slice(1);
    draw();
  });
  on("look", draw);
  new ResizeObserver(draw).observe(byId("charts"));
}
