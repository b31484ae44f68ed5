/** Colours that people with any colour vision tell apart, in light and dark. */

/** Okabe & Ito (2008), then lighter ones of Paul Tol's. */
const CLASSES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#882255", "#999933", "#44aa99",
  "#6c6c6c"];
const POSITIVE = [0, 114, 178];
const NEGATIVE = [230, 138, 0];

/** @param {string} hex @returns {number[]} */
const numbers = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const RGB = CLASSES.map(numbers);

const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark. */
export const isDark = () => dark.matches;

/** @param {() => void} listener */
export const onScheme = (listener) => dark.addEventListener("change", listener);

/** @param {number} label */
export const classColor = (label) => CLASSES[label % CLASSES.length];

/** @param {number} label */
export const classRgb = (label) => RGB[label % RGB.length];

/** The colour behind everything. */
export const paper = () => (isDark() ? [24, 28, 33] : [255, 255, 255]);

/** @returns {string} */
export const ink = () => (isDark() ? "#e6e9ec" : "#20262c");

/** @returns {string} */
export const faint = () => (isDark() ? "#4a525a" : "#c9d0d6");

/**
 * A colour for a value from −1 to 1: orange below 0, the paper at 0, blue above.
 * @param {number} value
 * @returns {number[]}
 */
export function diverging(value) {
  const share = Math.min(1, Math.abs(value)) ** 0.8 * 0.92;
  const [end, base] = [value < 0 ? NEGATIVE : POSITIVE, paper()];
  return end.map((channel, at) => Math.round(base[at] + share * (channel - base[at])));
}

/** @type {{dark: boolean, table: Uint8ClampedArray} | null} */
let kept = null;

/** The colours of bytes, 128 for 0: 256 times red, green and blue. */
export function byteColors() {
  if (kept?.dark !== isDark()) {
    const table = new Uint8ClampedArray(768);
    for (let byte = 0; byte < 256; byte++) table.set(diverging((byte - 128) / 127), 3 * byte);
    kept = { dark: isDark(), table };
  }
  return kept.table;
}

/** @param {number} weight */
export const weightColor = (weight) => (weight < 0 ? (isDark() ? "#f0a020" : "#d97f00") : isDark() ? "#4ea3dd" : "#0072b2");

/**
 * Bytes as a picture, the first row below where `up`.
 * @param {import("./types.js").Values} bytes
 * @param {number} start
 * @param {number} height
 * @param {number} width
 * @param {boolean} up
 */
export function byteImage(bytes, start, height, width, up) {
  const image = new ImageData(width, height);
  const table = byteColors();
  for (let row = 0; row < height; row++) {
    let to = 4 * width * (up ? height - 1 - row : row);
    let from = start + row * width;
    for (let column = 0; column < width; column++, to += 4, from++) {
      const at = 3 * bytes[from];
      image.data[to] = table[at];
      image.data[to + 1] = table[at + 1];
      image.data[to + 2] = table[at + 2];
      image.data[to + 3] = 255;
    }
  }
  return image;
}
