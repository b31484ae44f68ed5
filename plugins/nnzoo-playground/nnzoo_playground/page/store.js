/** What the page knows: both networks as the server told them last, the menus, and which one is edited. */

import { ask, tell } from "./connection.js";
import { say } from "./dom.js";

/** @typedef {import("./types.js").Net} Net */
/** @typedef {import("./types.js").Settings} Settings */

/** @type {{nets: Net[], current: number, both: boolean, menus: import("./types.js").Menus, showTest: boolean,
 *   paint: number | null, discrete: boolean}} */
export const store = {
  nets: [{ state: null, samples: null, frame: null }, { state: null, samples: null, frame: null }],
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
 * Hear when something has changed: ``state``, ``frame``, ``samples``, ``menus``, ``look``.
 * @param {string} what
 * @param {() => void} listener
 */
export function on(what, listener) {
  (listeners[what] ??= []).push(listener);
}

/** @param {string} what */
export function changed(what) {
  for (const listener of listeners[what] ?? []) listener();
}

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
  try {
    for (const { net, number } of shownNets()) {
      if (!net.state || (number !== store.current && !shared)) continue;
      const next = { ...net.state.settings, ...patch };
      net.state.settings = next;
      await ask({ type: "settings", settings: next, net: number });
    }
    say("");
  } catch (error) {
    const own = current().state;
    if (own && own.settings !== before) own.settings = before;
    say(String(/** @type {Error} */ (error).message), true);
    changed("state");
  }
}

/**
 * Tell all networks that are shown to do something.
 * @param {Record<string, any>} message
 */
export function tellAll(message) {
  for (const { number } of shownNets()) tell({ ...message, net: number });
}
