/** The WebSocket: what the server sends, what it is asked, and what to do when it is gone. */

import { say } from "./dom.js";

/** @typedef {import("./types.js").Received} Received */

/** @type {WebSocket | null} */
let socket = null;
let count = 0;
/** @type {Map<number, {resolve: (value: Received) => void, reject: (error: Error) => void}>} */
const waiting = new Map();

/**
 * A message apart: its head, and views of its arrays.
 * @param {ArrayBuffer} buffer
 * @returns {Received}
 */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  /** @type {Received["arrays"]} */
  const arrays = {};
  for (const [name, { type, shape, at }] of Object.entries(head.arrays)) {
    const size = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    const kind = type === "f4" ? Float32Array : type === "i4" ? Int32Array : Uint8Array;
    arrays[name] = { shape, data: new kind(buffer, 4 + length + at, size) };
  }
  return { head, arrays };
}

/** The token of this launch: from the address, or kept for this tab. */
export function findToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    const rest = new URLSearchParams(location.hash.slice(1));
    rest.delete("token");
    history.replaceState(null, "", rest.size ? `#${rest}` : location.pathname);
  }
  return sessionStorage.getItem("token") ?? "";
}

/**
 * Connect, and stay connected.
 * @param {string} token
 * @param {(message: Received) => void} receive
 * @param {() => void} refused called where the token is wrong
 */
export function connect(token, receive, refused) {
  socket = new WebSocket(`ws://${location.host}/socket`);
  socket.binaryType = "arraybuffer";
  const own = socket;
  own.onopen = () => own.send(JSON.stringify({ token }));
  own.onmessage = (event) => {
    const message = unpack(event.data);
    const asked = message.head.type === "answer" ? waiting.get(message.head.id) : undefined;
    if (!asked) return receive(message);
    waiting.delete(message.head.id);
    if (message.head.error) asked.reject(new Error(message.head.error));
    else asked.resolve(message);
  };
  own.onclose = (event) => {
    for (const { reject } of waiting.values()) reject(new Error("the connection is lost"));
    waiting.clear();
    if (event.code === 1008) return refused();
    say(event.reason || "The connection is lost. Waiting for nnzoo playground …", true);
    window.setTimeout(() => connect(token, receive, refused), 700);
  };
}

/**
 * Say something that has no answer.
 * @param {Record<string, any>} message
 */
export function tell(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/**
 * Ask something; an error is what the server said is wrong.
 * @param {Record<string, any>} message
 * @returns {Promise<Received>}
 */
export function ask(message) {
  return new Promise((resolve, reject) => {
    if (socket?.readyState !== WebSocket.OPEN) return reject(new Error("the connection is lost"));
    const id = ++count;
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ net: 0, ...message, id }));
  });
}
