/** The page: what the server sends goes to those who draw it, and buttons to the server. */

import { onScheme } from "./colors.js";
import { startCharts } from "./charts.js";
import { connect, findToken, tell } from "./connection.js";
import { startData } from "./data.js";
import { byId, calm, make, openDialog, say, sayStatus, shown, write } from "./dom.js";
import { explain } from "./explain.js";
import { startGraph } from "./graph.js";
import { startLearning } from "./learning.js";
import { paintable } from "./paint.js";
import { startPictures } from "./pictures.js";
import { drawPlane, legend, nearest, placeOf, planeTitle } from "./plane.js";
import { changed, current, on, shownNets, store, structure, takeState, tellAll } from "./store.js";
import { restore, startTakeaway } from "./takeaway.js";

const FIGURES_EVERY = 120;
/** What the address asks to bring back. */
let wanted = new URLSearchParams(location.hash.slice(1)).get("state");
/** @type {(() => void)[]} */
let waitingForB = [];
let drawing = false;
let figuresAt = 0;
/** Whether there are figures that are not shown yet. */
let stale = false;
const later = calm(FIGURES_EVERY, () => {
  if (!stale) return;
  tellFigures();
  changed("frame");
});

function tellFigures() {
  figuresAt = performance.now();
  stale = false;
  changed("figures");
}

/** @param {import("./types.js").Received} message */
function receive(message) {
  const { head } = message;
  const net = store.nets[head.net ?? 0];
  if (head.type === "welcome") {
    if (head.menus) store.menus = head.menus;
    setBoth(head.both);
    say(head.follow ? `Following ${head.follow}.` : "");
    changed("menus");
  } else if (head.type === "menus") {
    store.menus = head.menus;
    changed("menus");
  } else if (head.type === "compare") setBoth(head.on);
  else if (head.type === "samples") { net.samples = message; changed("samples"); }
  else if (head.type === "state" && head.settings) {
    takeState(net, /** @type {any} */ (head));
    if (head.error) say(head.error, true);
    changed("state");
    if (head.net === 1) for (const go of waitingForB.splice(0)) go();
    if (wanted && head.net === 0) { const text = wanted; wanted = null; restore(text, compare); }
  } else if (head.type === "state" && head.error) say(head.error, true);
  else if (head.type === "frame") {
    net.frame = message;
    if (!drawing) {
      drawing = true;
      requestAnimationFrame(() => {
        drawing = false;
        stale = true;
        if (performance.now() - figuresAt >= FIGURES_EVERY) tellFigures();
        else later();
        changed("frame");
      });
    }
    if (!document.hidden) tell({ type: "ready" }); // the next one is made while this one is drawn
  }
}

/** @param {boolean} on */
function setBoth(on) {
  store.both = on;
  byId("main").classList.toggle("both", on);
  if (!on) store.current = 0;
  byId("compare").setAttribute("aria-pressed", String(on));
  byId("which").hidden = !on;
  changed("look");
  changed("state");
}

/** Show two networks, or one. @param {boolean} on */
async function compare(on) {
  const there = store.nets[1].state !== null;
  const own = store.nets[0].state?.settings;
  tell({ type: "compare", on });
  setBoth(on);
  if (!on || there || !own) return;
  await new Promise((resolve) => waitingForB.push(() => resolve(null)));
  tell({ type: "settings", settings: { ...own }, net: 1 });
}

/** Canvases of the planes, one for each network that is shown. */
function buildPlanes() {
  const box = byId("planes");
  const nets = shownNets().filter(({ net }) => net.state?.structure.plane);
  const kinds = nets.map(({ net, number }) => `${number}${net.state?.structure.plane}${net.state?.structure.outputs}`).join();
  if (box.dataset.kinds === kinds) return;
  box.dataset.kinds = kinds;
  box.replaceChildren(...nets.map(({ net, number }) => {
    const canvas = make("canvas", { id: `plane-${number}`, className: "plane", role: "img", "aria-label": "The network's answer at each place of the plane, with the samples" });
    canvas.addEventListener("click", (event) => {
      if (store.paint !== null) return;
      const limits = net.samples?.head.limits;
      if (!limits?.length) return;
      const area = canvas.getBoundingClientRect();
      const place = placeOf(limits.length > 1 ? limits : [limits[0], [0, 1]], (event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height);
      const found = nearest(net, place);
      if (found) explain(found.part, found.index);
    });
    paintable(canvas);
    return make("figure", {}, make("figcaption", { id: `plane-title-${number}` }), canvas, legend(net));
  }));
  if (!nets.length) box.append(make("p", { className: "hint" }, "The samples have more than two inputs, so there is no plane to draw."));
}

function tools() {
  const test = make("input", { type: "checkbox", id: "show-test", checked: store.showTest, onchange: () => { store.showTest = test.checked; changed("frame"); } });
  const discrete = make("input", { type: "checkbox", id: "discrete", checked: store.discrete, onchange: () => { store.discrete = discrete.checked; changed("frame"); } });
  const sample = make("input", { type: "number", id: "sample", min: 0, value: "0", "aria-label": "Number of the sample" });
  byId("answer-tools").replaceChildren(
    ...(structure()?.plane ? [make("label", { className: "check" }, test, "Show test samples"),
      make("label", { className: "check" }, discrete, "Discrete")] : []),
    make("span", { className: "explain" }, make("button", { id: "explain", onclick: () => explain("train", Number(sample.value)) }, "Explain this step"), make("label", {}, "on sample ", sample)));
}

/** Numbers and whatever else nobody reads thirty times a second. */
function showFigures() {
  const [net, known] = [current(), structure()];
  const figures = net.frame?.head.figures ?? {};
  write("epochs", net.frame ? Math.floor(net.frame.head.epoch).toLocaleString("en") : "0");
  write("test-loss", shown(figures.test_loss));
  write("train-loss", shown(figures.train_loss));
  const metric = known?.metric ?? "";
  const value = figures[`test_${metric}`];
  write("metric-name", metric ? `Test ${metric}` : "Metric");
  write("test-metric", metric === "accuracy" && typeof value === "number" ? `${(100 * value).toFixed(1)} %` : shown(value));
  for (const { net: each, number } of shownNets()) {
    if (document.getElementById(`plane-title-${number}`)) write(`plane-title-${number}`, planeTitle(each, number));
  }
}

function showPlanes() {
  for (const { net, number } of shownNets()) {
    const canvas = document.getElementById(`plane-${number}`);
    if (canvas instanceof HTMLCanvasElement) drawPlane(canvas, net);
  }
}

function show() {
  showFigures();
  showPlanes();
}

function showState() {
  const playing = shownNets().some(({ net }) => net.state?.playing);
  const play = byId("play");
  play.classList.toggle("playing", playing);
  play.title = playing ? "Pause" : "Play";
  const name = play.querySelector(".name");
  if (name) name.textContent = play.title;
  /** @type {HTMLSelectElement} */ (byId("speed")).value = current().state?.speed ?? "full";
  for (const button of byId("which").querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.net) === store.current));
  byId("main").classList.toggle("pictures", !!structure()?.picture);
  byId("main").classList.toggle("flat", !structure()?.plane && !structure()?.picture);
  const follow = current().state?.follow;
  for (const id of ["play", "step", "epoch", "reset", "compare"]) /** @type {HTMLButtonElement} */ (byId(id)).disabled = !!follow;
  if (follow) sayStatus(`Following a run that another process trains: ${follow}.`);
  buildPlanes();
  tools();
  show();
}

function buttons() {
  byId("play").addEventListener("click", () => tellAll({ type: byId("play").classList.contains("playing") ? "pause" : "play" }));
  for (const kind of ["step", "epoch", "reset"]) byId(kind).addEventListener("click", () => tellAll({ type: kind }));
  byId("speed").addEventListener("change", () => tellAll({ type: "speed", speed: /** @type {HTMLSelectElement} */ (byId("speed")).value }));
  byId("compare").addEventListener("click", () => compare(!store.both));
  byId("which").addEventListener("click", (event) => {
    const net = event.target instanceof HTMLElement ? event.target.dataset.net : undefined;
    if (net === undefined) return;
    store.current = Number(net);
    changed("look");
    changed("state");
  });
  document.addEventListener("visibilitychange", () => document.hidden || tell({ type: "ready" }));
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA|BUTTON|SUMMARY)$/.test(event.target.tagName);
    if (event.key === " " && !typing && !event.ctrlKey) { event.preventDefault(); byId("play").click(); }
  });
}

/** Ask for the address that the command has printed. */
function askForToken() {
  const input = make("input", { id: "address", "aria-label": "Address", placeholder: "http://127.0.0.1:…/#token=…" });
  openDialog("This page needs the address of this launch",
    make("p", {}, "Paste the address that `nnzoo playground` has printed in the terminal; it holds a key that only you know."), input,
    make("button", { type: "button", onclick: () => {
      const token = new URLSearchParams(input.value.split("#")[1] ?? "").get("token") ?? input.value.trim();
      sessionStorage.setItem("token", token);
      location.reload();
    } }, "Open"));
}

startGraph();
startCharts();
startData();
startLearning();
startPictures();
startTakeaway();
buttons();
on("state", showState);
on("samples", show);
on("frame", showPlanes);
on("figures", showFigures);
on("look", showState);
onScheme(() => { changed("look"); changed("frame"); });
window.addEventListener("resize", () => changed("look"));
window.addEventListener("hashchange", () => { const text = new URLSearchParams(location.hash.slice(1)).get("state"); if (text) restore(text, compare); });
connect(findToken(), receive, askForToken);
