/** The network's numbers, as the newest frame has them. */

import { current, structure } from "./store.js";

/** The numbers of an array, where the frame has them all. @param {string} name */
export function valuesOf(name) {
  const [net, known] = [current(), structure()];
  const place = known?.layout[name];
  const vector = net.frame?.arrays.weights;
  if (!place || !vector || !known || vector.data.length !== known.parameters) return null;
  const size = place.shape.reduce((a, b) => a * b, 1);
  return { shape: place.shape, data: vector.data.subarray(place.at, place.at + size) };
}
