/** What the page knows: both networks as the server told them last, the menus, and which one is edited. */

import { ask, tell } from "./connection.js";
import { say } from "./dom.js";

/** @typedef {import("./types.js").Net} Net */
/** @typedef {import("./types.js").Settings} Settings */

/** @type {{nets: Net[], current: number, both: boolean, menus: import("./types.js").Menus, showTest: boolean,
 *   paint: number | null, discrete: boolean}} */
export const store = {
  nets: [{ state: null, samples: null, frame: null, asked: 0 }, { state: null, samples: null, frame: null, asked: 0 }],
  current: 0,
  both: false,
  menus: { activation: [], optimizer: [], schedule: [], loss: [], model: [], dataset: [], failed: [], layers: [],
    zoo: [], labels: {} },
  showTest: false,
  paint: null,
  discrete: false,
};

/** @type {Record<string, (() => void)[]>} */
const listeners = {};

/**
 * Hear when something has changed: ``state``, ``frame``, ``samples``, ``menus``, ``look``; ``figures`` comes after frames,
 * but only a few times a second.
 * @param {string} what
 * @param {() => void} listener
 */
export function on(what, listener) {
  (listeners[what] ??= []).push(listener);
}

/** @param {string} what */
export function changed(what) {
  if (inTheMiddle() && (what === "state" || what === "menus")) postponed.add(what);
  else for (const listener of listeners[what] ?? []) listener();
}

/** What a person is in the middle of: a press on a control, a text that is typed. Nothing is built anew under their hands. */
let pressed = false;
/** @type {EventTarget | null} */
let typing = null;
/** @type {Set<string>} */
const postponed = new Set();
/** Milliseconds from the end of a touch to its click. */
const CLICK_AFTER = 60;

const inTheMiddle = () => pressed || (typing instanceof Node && typing.isConnected);

function catchUp() {
  if (inTheMiddle()) return;
  const all = [...postponed];
  postponed.clear();
  all.forEach(changed);
}

/** @param {string[]} events @param {(event: Event) => void} act */
function watch(events, act) {
  for (const name of events) document.addEventListener(name, act, true);
}
watch(["pointerdown"], (event) => { pressed = event.target instanceof Element && !!event.target.closest("button, label, summary"); });
watch(["pointerup", "pointercancel"], () => window.setTimeout(() => { pressed = false; catchUp(); }, CLICK_AFTER));
watch(["input"], (event) => { typing = event.target; });
watch(["change", "focusout"], () => { typing = null; window.setTimeout(catchUp); });

/** The network that is edited. */
export const current = () => store.nets[store.current];

/** @returns {Settings | null} */
export const settings = () => current().state?.settings ?? null;

/** @returns {import("./types.js").Structure | null} */
export const structure = () => current().state?.structure ?? null;

/** The networks that are shown, each with its number. */
export const shownNets = () => store.nets.map((net, number) => ({ net, number })).slice(0, store.both ? 2 : 1);

/** What belongs to the data, which both networks share. */
const SHARED = ["dataset", "columns", "target"];

/**
 * Change settings of the network that is edited; what the server refuses is told and undone.
 * @param {Partial<Settings>} patch
 */
export async function change(patch) {
  const before = settings();
  if (!before) return;
  const shared = Object.keys(patch).some((key) => SHARED.includes(key));
  const nets = shownNets().filter(({ net, number }) => net.state && (number === store.current || shared));
  let refused = "";
  for (const { net } of nets) {
    net.asked++;
    if (net.state) net.state.settings = { ...net.state.settings, ...patch };
  }
  for (const { net, number } of nets) {
    try {
      if (!refused) await ask({ type: "settings", settings: net.state?.settings, net: number });
    } catch (error) {
      refused = String(/** @type {Error} */ (error).message);
      if (number === store.current && net.state) net.state.settings = before;
    }
    net.asked--;
  }
  say(refused, Boolean(refused));
  if (refused) changed("state");
}

/**
 * Take over what the server says of a network. While something that was changed here is on its way there, settings stay
 * as they are on the page: else a second change would undo the first.
 * @param {Net} net
 * @param {import("./types.js").State} state
 */
export function takeState(net, state) {
  if (net.asked && net.state) state.settings = net.state.settings;
  net.state = state;
}

/**
 * Tell all networks that are shown to do something.
 * @param {Record<string, any>} message
 */
export function tellAll(message) {
  for (const { number } of shownNets()) tell({ ...message, net: number });
}
