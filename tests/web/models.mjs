// The page's own modules in Node: what they make of files. `node models.mjs FOLDER < requests > answers`, JSON both.

import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { compile } from "../../examples/web/litert.js";
import { FileError, metadataOf, parse } from "../../examples/web/metadata.js";
import { startInNode } from "../../examples/web/node.mjs";
import { SeriesModel } from "../../examples/web/series.js";
import { TextModel } from "../../examples/web/text.js";

const verbs = {
  /** A text model's text, with the draws that these numbers make, and what it knows after each character. */
  async text({ file, prompt, length, temperature = 0, random = [] }) {
    const model = await open(file, TextModel);
    const ids = model.encode(prompt).ids;
    const steps = await model.after(ids);
    const answer = { probabilities: steps.map(({ logits }) => logits && [...model.probabilities(logits)]) };
    answer.states = steps.map(({ state }) => state && Object.fromEntries(Object.entries(state).map(([k, v]) => [k, [...v]])));
    for (let i = 0; i < length; i++) ids.push(model.draw((await model.after(ids)).at(-1).logits, temperature, random[i]));
    return { ...answer, text: model.decode(ids), unknown: model.encode(prompt).unknown };
  },
  async forecast({ file, history, steps, levels }) {
    const model = await open(file, SeriesModel);
    return { mean: await model.forecast(history, steps), halves: levels.map((level) => model.halfWidths(level, steps)) };
  },
  /** A text's ids by a vocabulary, back as text, and the most likely id of logits that rise with it. */
  letters({ vocabulary, text }) {
    const size = [...vocabulary].length;
    const inputs = { ids: { shape: [1, 1], type: "int32" } };
    const signatures = { serving_default: { inputs, outputs: { logits: { shape: [1, size], type: "float32" } } } };
    const model = new TextModel({ signatures }, { window: 1, settings: { vocabulary } });
    const { ids, unknown } = model.encode(text);
    return { ids, unknown, back: model.decode(ids), drawn: model.draw(Float32Array.from({ length: size }, (_, i) => i), 0) };
  },
  metadata: ({ file }) => metadataOf(readFileSync(file)),
  parse: ({ text, latin1 }) => parse(Buffer.from(text ?? latin1, text === undefined ? "latin1" : "utf-8")),
};

async function open(file, kind) {
  const bytes = readFileSync(file);
  const metadata = await metadataOf(bytes);
  return new kind(await compile(bytes), metadata);
}

globalThis.crypto ??= webcrypto; // before Node 19
await startInNode(process.argv[2]);
const answers = [];
for (const { verb, ...request } of JSON.parse(readFileSync(0))) {
  try {
    answers.push(await verbs[verb](request));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    answers.push({ refused: error.key, detail: error.detail });
  }
}
console.log(JSON.stringify(answers));
