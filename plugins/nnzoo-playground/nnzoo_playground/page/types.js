/**
 * The shapes of what goes over the wire, for the type checker.
 *
 * @typedef {{units: number, activation: string, dropout: number}} Hidden
 * @typedef {{dataset: string, layers: Hidden[], model: string, activation: string, optimizer: string,
 *   schedule: string, loss: string, learning_rate: number | null, weight_decay: number | null, epochs: number,
 *   batch_size: number, seed: number, columns: string[], target: string, terms: string[], l1: number}} Settings
 * @typedef {{place: number, units: number, weight: string, bias: string}} Column
 * @typedef {{columns: Column[], layers: {place: number, name: string, shape: number[]}[], inputs: string[],
 *   input_shape: number[], outputs: string[], classes: boolean, plane: string, picture: number[] | null,
 *   parameters: number, samples: {train: number, test: number}, metric: string, higher: boolean, rate: number,
 *   decay: number, epochs: number, task: string, loss: string, names: string[],
 *   layout: Record<string, {shape: number[], at: number}>}} Structure
 * @typedef {{name: string, type: string, range: string, description: string, default?: any, ge?: number, gt?: number,
 *   le?: number, lt?: number}} Hyperparameter
 * @typedef {{name: string, summary: string, text: string, plugin: string, hyperparameters: Hyperparameter[]}} Component
 * @typedef {{activation: Component[], optimizer: Component[], schedule: Component[], loss: Component[],
 *   model: Component[], dataset: Component[], failed: {name: string, reason: string}[], layers: string[],
 *   zoo: string[], labels: Record<string, string>}} Menus
 * @typedef {Float32Array | Uint8Array | Int32Array} Values
 * @typedef {{shape: number[], data: Values}} NumberArray
 * @typedef {{type: string, net: number, [key: string]: any}} Head
 * @typedef {{head: Head, arrays: Record<string, NumberArray>}} Received
 * @typedef {{settings: Settings, structure: Structure, command: string, python: string, touched: boolean,
 *   playing: boolean, speed: string, error: string, follow: string,
 *   table: {columns: {name: string, type: string}[], target: string, rows: number} | null}} State
 * @typedef {{state: State | null, samples: Received | null, frame: Received | null, asked: number}} Net
 */
export {};
