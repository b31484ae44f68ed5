/** Small helpers to find and make elements. */

import { paper } from "./colors.js";

/**
 * The element with an id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/**
 * A new element with properties and children; texts are texts, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, String(value));
    else /** @type {any} */ (element)[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * An empty canvas's 2D context, with as many pixels as the screen has for it. It is opaque: what lies behind need not be
 * drawn.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width in CSS pixels
 * @param {number} height
 * @returns {CanvasRenderingContext2D}
 */
export function sharp(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("no 2D canvas");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = `rgb(${paper()})`;
  context.fillRect(0, 0, width, height);
  return context;
}

/**
 * A number as a person reads it.
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export function shown(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(digits + (size >= 1 ? 1 : 0))));
}

/**
 * Call a function at most once in so many milliseconds, the last call counting.
 * @param {number} wait
 * @param {() => void} action
 */
export function calm(wait, action) {
  let timer = 0;
  return () => {
    if (!timer) timer = window.setTimeout(() => { timer = 0; action(); }, wait);
  };
}

/** Write a text where it is another than before; a page that is not changed need not be drawn. @param {string} id @param {string} text */
export function write(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

const READ_IN = 5000; // milliseconds for which what goes on leaves what went wrong on the page
let wrongAt = -Infinity;
let later = 0;

/** Say what goes on; when something has just gone wrong, a little later. @param {string} text */
export function sayStatus(text) {
  const wait = byId("message").classList.contains("bad") ? wrongAt + READ_IN - performance.now() : 0;
  if (wait <= 0) return say(text);
  window.clearTimeout(later);
  later = window.setTimeout(() => say(text), wait);
}

/** @param {string} text @param {boolean} [bad] */
export function say(text, bad = false) {
  window.clearTimeout(later);
  if (bad) wrongAt = performance.now();
  const line = byId("message");
  line.textContent = text;
  line.hidden = !text;
  line.classList.toggle("bad", bad);
}

/**
 * Open the dialog.
 * @param {string} title
 * @param {...(Node | string)} content
 */
export function openDialog(title, ...content) {
  byId("dialog-title").textContent = title;
  byId("dialog-body").replaceChildren(...content);
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  if (!dialog.open) dialog.showModal();
  return dialog;
}
