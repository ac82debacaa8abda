// A `.tflite` file's signatures on LiteRT.js: named typed arrays in, named typed arrays out.
// LiteRT.js itself is given, so that the same lines run in a browser and in Node.

import { FileError } from "./metadata.js";

let core; // what `@litertjs/core` exports
let said = ""; // LiteRT's last remark, which its exceptions lack

/** Start LiteRT.js once: `module` is `@litertjs/core`, `wasm` the address or path of its folder of that name. */
export async function start(module, wasm) {
  globalThis.self ??= globalThis;
  globalThis.navigator ??= {};
  self.Module = { print() {}, printErr: (line) => (said = String(line)) }; // where LiteRT's loader looks for both
  // LiteRT.js asks for a graphics device even for the CPU; at 20 units one only delays the start
  const none = async () => ({ limits: {}, features: new Set(), requestDevice: async () => null });
  Object.defineProperty(navigator, "gpu", { value: { requestAdapter: none }, configurable: true });
  try {
    await module.loadLiteRt(wasm);
  } finally {
    delete navigator.gpu;
  }
  core = module;
}

/** A model of a file's bytes, compiled for the CPU. */
export async function compile(bytes) {
  said = "";
  try {
    return new CompiledFile(await core.loadAndCompile(bytes, { accelerator: "wasm" }));
  } catch (error) {
    throw new FileError("refused", said || String(error.message ?? error));
  }
}

export class CompiledFile {
  #model;

  constructor(model) {
    this.#model = model;
    this.signatures = {}; // name → inputs and outputs, each name → shape and type
    const specs = (details) => Object.fromEntries(details.map((d) => [d.name, { shape: [...d.shape], type: d.dtype }]));
    for (const [name, runner] of Object.entries(model.signatures))
      this.signatures[name] = { inputs: specs(runner.getInputDetails()), outputs: specs(runner.getOutputDetails()) };
  }

  /** Outputs of a signature by name, as typed arrays; `arrays` are its inputs by name, Int32Array or Float32Array. */
  async call(signature, arrays) {
    const { inputs } = this.signatures[signature];
    const given = {};
    let results = {};
    try {
      for (const name in inputs) given[name] = new core.Tensor(arrays[name], inputs[name].shape);
      results = await this.#model.run(signature, given);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.toTypedArray().slice()]));
    } finally {
      for (const tensor of [...Object.values(given), ...Object.values(results)]) tensor.delete();
    }
  }

  delete() {
    this.#model.delete();
  }
}

/** Zeros for a signature's inputs, such as those that `specs` has, by name. */
export const zeros = (specs) =>
  Object.fromEntries(
    Object.entries(specs).map(([name, { shape, type }]) => {
      const size = shape.reduce((product, n) => product * n, 1);
      return [name, type === "int32" ? new Int32Array(size) : new Float32Array(size)];
    }),
  );

/** Microseconds that a call takes: the mean of the quickest of some bundles of calls, for others keep a device busy. */
export async function microseconds(call, bundles = 6, milliseconds = 5) {
  let least = Infinity;
  for (let bundle = 0; bundle < bundles; bundle++) {
    const begin = performance.now();
    let [calls, took] = [0, 0];
    for (; took < milliseconds; calls++, took = performance.now() - begin) await call();
    least = Math.min(least, (took * 1000) / calls);
  }
  return least;
}

/** Throw where a signature takes or gives anything else than a file's metadata say; name → the shapes that it may have. */
export function expectSignature(file, signature, inputs, outputs) {
  const found = file.signatures[signature] ?? { inputs: {}, outputs: {} };
  const fits = (specs, wanted) =>
    Object.keys(specs).length === Object.keys(wanted).length &&
    Object.entries(specs).every(
      ([name, { shape, type }]) =>
        type === (name === "ids" ? "int32" : "float32") && wanted[name]?.some((one) => String(one) === String(shape)),
    );
  if (!fits(found.inputs, inputs) || !fits(found.outputs, outputs))
    throw new FileError("misfit", `${signature} ${JSON.stringify(found)}`);
}

/** The numbers, if they are finite. */
export function finite(numbers) {
  if (!numbers.every(Number.isFinite)) throw new FileError("not_finite");
  return numbers;
}
