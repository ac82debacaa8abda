// What a file answers on LiteRT.js, in a browser or in Node, for comparisons with other places.

import { compile, microseconds } from "./litert.js";

/** What a call of a signature answers, as plain lists, and the microseconds that it takes: for comparisons. */
export async function answersOf(bytes, signature, lists) {
  const file = await compile(bytes);
  const { inputs } = file.signatures[signature];
  const arrays = Object.fromEntries(
    Object.entries(inputs).map(([name, { type }]) => {
      const kind = { int32: Int32Array, float32: Float32Array }[type];
      return [name, new kind(lists[name].flat(Infinity))];
    }),
  );
  const outputs = await file.call(signature, arrays);
  const time = await microseconds(() => file.call(signature, arrays));
  file.delete();
  return { outputs: Object.fromEntries(Object.entries(outputs).map(([k, v]) => [k, [...v]])), microseconds: time };
}
