/** Colours that people with any colour vision tell apart, in light and dark. */

/** Okabe & Ito (2008), then lighter ones of Paul Tol's. */
const CLASSES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#882255", "#999933", "#44aa99",
  "#6c6c6c"];
const POSITIVE = [0, 114, 178];
const NEGATIVE = [230, 138, 0];

/** @param {string} hex @returns {number[]} */
const numbers = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const RGB = CLASSES.map(numbers);

const scheme = window.matchMedia("(prefers-color-scheme: dark)");
let dark = scheme.matches;
scheme.addEventListener("change", () => { dark = scheme.matches; });

/** Whether the page is dark. */
export const isDark = () => dark;

/** @param {() => void} listener */
export const onScheme = (listener) => scheme.addEventListener("change", listener);

/** @param {number} label */
export const classColor = (label) => CLASSES[label % CLASSES.length];

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

/** A pixel as `ImageData` holds it, seen as one number. @param {number[]} rgb */
const pixel = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/** @type {Map<string, Uint32Array>} */
const tables = new Map();

/**
 * Pixels by number, made once for light and once for dark.
 * @param {string} name
 * @param {number} count
 * @param {(at: number) => number[]} color
 */
function table(name, count, color) {
  const key = `${name} ${dark}`;
  let found = tables.get(key);
  if (!found) tables.set(key, found = Uint32Array.from({ length: count }, (_, at) => pixel(color(at))));
  return found;
}

/** The pixels of bytes, 128 for 0. */
export const bytePixels = () => table("bytes", 256, (byte) => diverging((byte - 128) / 127));

/** The pixels of classes: 256 for each, the surer the stronger; or all alike. @param {boolean} discrete */
export const classPixels = (discrete) => table(`classes ${discrete}`, 256 * CLASSES.length, (at) => {
  const [share, base] = [discrete ? 0.5 : 0.1 + 0.5 * ((at & 255) / 255), paper()];
  return RGB[at >> 8].map((channel, which) => Math.round(base[which] + share * (channel - base[which])));
});

/** @param {number} weight */
export const weightColor = (weight) => (weight < 0 ? (isDark() ? "#f0a020" : "#d97f00") : isDark() ? "#4ea3dd" : "#0072b2");

/**
 * Write bytes as a picture, the first row below where `up`.
 * @param {Uint32Array} pixels where to
 * @param {number} to its first pixel there
 * @param {import("./types.js").Values} bytes
 * @param {number} from
 * @param {number} height
 * @param {number} width
 * @param {boolean} up
 */
export function writeBytes(pixels, to, bytes, from, height, width, up) {
  const colors = bytePixels();
  for (let row = 0; row < height; row++) {
    let at = to + width * (up ? height - 1 - row : row);
    for (let column = 0; column < width; column++) pixels[at++] = colors[bytes[from++]];
  }
}

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
  writeBytes(new Uint32Array(image.data.buffer), 0, bytes, start, height, width, up);
  return image;
}
