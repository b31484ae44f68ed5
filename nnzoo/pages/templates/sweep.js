"use strict";
// Parallel coordinates in place of the drawing: point at a line, drag along an axis, or use the sliders and arrow keys.
{
const place = document.getElementById("trials");
const source = document.getElementById("trials-data");
if (place && source) {
  const { axes, rows } = JSON.parse(source.textContent);
  const NONE = -0.08, LEFT = 30, RIGHT = 90, TOP = 20, BOTTOM = 80, NEAR = 14;
  const element = (name, properties = {}) => Object.assign(document.createElement(name), properties);
  const base = element("canvas"), above = element("canvas", { tabIndex: 0 });
  const told = element("output", { className: "hovered faint" }), count = element("p", { className: "faint" });
  const ranges = element("fieldset", { className: "ranges" });
  const shown = rows.map(() => true);
  let chosen = -1, drag = null, width = 0, height = 0;

  // Heights from 0 at the bottom to 1.
  const scale = axis => (axis.log ? Math.log : Number);
  const ends = axis => (axis.labels ? [0, Math.max(axis.labels.length - 1, 1)] : [axis.low, axis.high].map(scale(axis)));
  const at = (axis, value) => {
    const [low, high] = ends(axis);
    const height = high > low ? ((axis.labels ? value : scale(axis)(value)) - low) / (high - low) : 0.5;
    return axis.turned ? 1 - height : height;
  };
  const valueAt = (axis, height) => {
    const [low, high] = ends(axis);
    const value = low + (axis.turned ? 1 - height : height) * (high - low);
    return axis.labels ? axis.labels[Math.round(value)] : Number((axis.log ? Math.exp(value) : value).toPrecision(3));
  };
  const heights = rows.map(row => row.map((value, j) => (value === null ? NONE : at(axes[j], value))));
  const text = (j, value) => (value === null ? "–" : axes[j].labels ? axes[j].labels[value] : value);
  const words = i => `${i + 1} of ${rows.length}: ` + axes.map((axis, j) => `${axis.title} ${text(j, rows[i][j])}`).join(", ");

  const x = j => LEFT + (width - LEFT - RIGHT) * (axes.length > 1 ? j / (axes.length - 1) : 0.5);
  const y = h => TOP + (1 - h) * (height - TOP - BOTTOM);
  const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const trace = (context, i) => {
    context.beginPath();
    heights[i].forEach((h, j) => (j ? context.lineTo(x(j), y(h)) : context.moveTo(x(j), y(h))));
    context.stroke();
  };
  const ready = canvas => {
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
    return context;
  };

  const draw = () => {
    ({ width, height } = base.getBoundingClientRect());
    const context = ready(base);
    const [ink, faint, line, accent, card] = ["--ink", "--faint", "--line", "--accent", "--card"].map(color);
    const many = rows.length > 300, [faintest, power] = many ? [0.08, 4] : [0.25, 2];
    context.lineWidth = many ? 0.7 : 1.3;
    for (const inside of [false, true]) {
      for (let i = rows.length - 1; i >= 0; i--) {
        if (shown[i] !== inside) continue;
        const better = rows.length > 1 ? 1 - i / (rows.length - 1) : 1;
        context.strokeStyle = inside ? accent : line;
        context.globalAlpha = inside ? faintest + (1 - faintest) * better ** power : 0.15;
        trace(context, i);
      }
    }
    context.globalAlpha = 1;
    axes.forEach((axis, j) => {
      context.strokeStyle = ink;
      context.beginPath();
      context.moveTo(x(j), y(1) - 4);
      context.lineTo(x(j), y(NONE) + 4);
      context.stroke();
      const marks = axis.labels ? axis.labels.map((_, k) => at(axis, k)) : [0, 0.5, 1];
      marks.forEach(h => {
        const mark = String(valueAt(axis, h)).slice(0, 14);
        context.fillStyle = card;
        context.globalAlpha = 0.75;
        context.fillRect(x(j) + 3, y(h) - 9, context.measureText(mark).width + 4, 16);
        context.globalAlpha = 1;
        context.fillStyle = faint;
        context.fillText(mark, x(j) + 5, y(h) + 4);
      });
      context.fillStyle = ink;
      context.textAlign = j ? "center" : "left";
      const [first, ...rest] = axis.title.split(" ");
      context.fillText(first, j ? x(j) : 4, height - BOTTOM + 56);
      context.fillText(rest.join(" "), j ? x(j) : 4, height - BOTTOM + 72);
      context.textAlign = "left";
    });
    highlight();
  };

  const highlight = () => {
    const context = ready(above);
    axes.forEach((axis, j) => {
      const [low, high] = axis.range;
      if (low <= 0 && high >= 1) return;
      context.globalAlpha = 0.25;
      context.fillStyle = color("--note-line");
      context.fillRect(x(j) - 7, y(high), 14, Math.max(2, y(low) - y(high)));
    });
    context.globalAlpha = 1;
    if (chosen >= 0) {
      context.strokeStyle = color("--note-line");
      context.lineWidth = 2.5;
      trace(context, chosen);
    }
    told.textContent = chosen >= 0 ? words(chosen) : "Point at a line, or move through them with the arrow keys.";
  };

  const choose = i => {
    chosen = i;
    highlight();
  };
  const filter = () => {
    rows.forEach((_, i) => {
      shown[i] = axes.every(({ range: [low, high] }, j) =>
        (low <= 0 && high >= 1) || (heights[i][j] >= low - 1e-9 && heights[i][j] <= high + 1e-9));
    });
    const number = shown.filter(Boolean).length;
    count.textContent = `${number.toLocaleString("en")} of ${rows.length.toLocaleString("en")} configurations`;
    for (const axis of axes) axis.tell();
    if (chosen >= 0 && !shown[chosen]) chosen = -1;
    draw();
  };
  const nearest = (px, py) => {
    const across = Math.min(Math.max((px - LEFT) / (width - LEFT - RIGHT), 0), 1) * (axes.length - 1);
    const j = Math.min(Math.floor(across), axes.length - 2), share = across - j;
    let best = -1, least = NEAR;
    heights.forEach((h, i) => {
      if (!shown[i]) return;
      const distance = Math.abs(y(j < 0 ? h[0] : h[j] + share * (h[j + 1] - h[j])) - py);
      if (distance < least) [best, least] = [i, distance];
    });
    return best;
  };

  axes.forEach((axis, j) => {
    axis.range = [0, 1];
    const box = element("div"), title = element("p", { textContent: `${axis.title} ` }), output = element("output");
    const steps = axis.labels ? Math.max(axis.labels.length - 1, 1) : 100;
    const sliders = ["from", "to"].map((end, k) => {
      const slider = element("input", { type: "range", min: 0, max: steps, step: 1 });
      slider.value = k * steps;
      slider.setAttribute("aria-label", `${axis.title}, ${end}`);
      slider.addEventListener("input", () => {
        axis.range[k] = slider.value / steps;
        if (axis.range[0] > axis.range[1]) axis.range[1 - k] = axis.range[k];
        filter();
      });
      const label = element("label", { textContent: end });
      label.append(slider);
      return [label, slider];
    });
    axis.tell = () => {
      sliders.forEach(([, slider], k) => { slider.value = Math.round(axis.range[k] * steps); });
      output.textContent = axis.range.map(h => valueAt(axis, h)).join(" … ");
    };
    title.append(output);
    box.append(title, ...sliders.map(([label]) => label));
    ranges.append(box);
  });
  const all = element("button", { type: "button", textContent: "Show all" });
  all.addEventListener("click", () => {
    for (const axis of axes) axis.range = [0, 1];
    filter();
  });
  ranges.append(all);
  ranges.setAttribute("aria-label", "Which configurations are shown");

  const where = event => {
    const box = above.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const heightOf = py => Math.min(Math.max(1 - (py - TOP) / (height - TOP - BOTTOM), 0), 1);
  above.addEventListener("pointerdown", event => {
    const [px, py] = where(event);
    const j = axes.findIndex((_, k) => Math.abs(x(k) - px) < 12);
    if (j < 0) return;
    drag = { j, from: heightOf(py) };
    above.setPointerCapture(event.pointerId);
  });
  above.addEventListener("pointermove", event => {
    const [px, py] = where(event);
    if (!drag) return choose(nearest(px, py));
    const h = heightOf(py);
    axes[drag.j].range = [Math.min(drag.from, h), Math.max(drag.from, h)];
    filter();
  });
  above.addEventListener("pointerup", event => {
    if (drag && Math.abs(drag.from - heightOf(where(event)[1])) < 0.01) {
      axes[drag.j].range = [0, 1];  // a click on an axis
      filter();
    }
    drag = null;
  });
  above.addEventListener("pointerleave", () => { if (!drag) choose(-1); });
  above.addEventListener("keydown", event => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") return choose(-1);
    if (event.key === "Home") chosen = -1;
    else if (!step) return;
    event.preventDefault();
    let next = chosen + (step || 1);
    if (chosen < 0) next = 0;
    while (next >= 0 && next < rows.length && !shown[next]) next += step || 1;
    if (next >= 0 && next < rows.length) choose(next);
  });
  above.setAttribute("role", "application");
  above.setAttribute("aria-label", "Configurations, best first: arrow keys move through them");
  told.setAttribute("aria-live", "polite");

  place.replaceChildren(base, above);
  place.parentElement.after(told, count, ranges);
  new ResizeObserver(() => draw()).observe(base);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  filter();
}
}
