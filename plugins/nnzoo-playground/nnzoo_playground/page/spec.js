/** Components as one writes them: `name:key=value,key=value`, with brackets around values that have commas. */

/**
 * A text apart; brackets hold together what has commas.
 * @param {string} text
 * @returns {{name: string, options: Record<string, string>}}
 */
export function parseSpec(text) {
  const colon = text.indexOf(":");
  if (colon < 0) return { name: text, options: {} };
  /** @type {Record<string, string>} */
  const options = {};
  let [depth, part] = [0, ""];
  let last = "";
  const take = () => {
    const equals = part.indexOf("=");
    if (/^[A-Za-z_][\w-]*=/.test(part)) options[(last = part.slice(0, equals))] = part.slice(equals + 1);
    else if (last) options[last] += `,${part}`;
    part = "";
  };
  for (const letter of text.slice(colon + 1)) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (letter === "," && depth === 0) take();
    else part += letter;
  }
  take();
  return { name: text.slice(0, colon), options };
}

/**
 * The text of a component; options that are empty are left out.
 * @param {string} name
 * @param {Record<string, string>} options
 */
export function writeSpec(name, options) {
  const given = Object.entries(options).filter(([, value]) => value !== "");
  return given.length ? `${name}:${given.map(([key, value]) => `${key}=${value}`).join(",")}` : name;
}
