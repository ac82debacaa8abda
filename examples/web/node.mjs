// LiteRT.js in Node, and what a `.tflite` file answers there:
//   node node.mjs FOLDER < request.json > answers.json
// FOLDER holds node_modules/@litertjs; the request is a list of {"file", "signature", "inputs": {name: numbers}}, the
// answer a list of {"outputs": {name: numbers}, "microseconds"}, numbers in the order of the tensor's.

import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { answersOf } from "./answers.js";
import { start } from "./litert.js";

/** Start LiteRT.js from a folder that holds node_modules/@litertjs. */
export async function startInNode(folder) {
  const core = resolve(folder, "node_modules", "@litertjs", "core");
  // its loader is a script for browsers' workers, or of CommonJS in a package of modules
  globalThis.importScripts = (path) => {
    const script = new Function("require", "__dirname", "__filename", `${readFileSync(path)}\nreturn ModuleFactory`);
    globalThis.ModuleFactory = script(createRequire(path), dirname(path), path);
  };
  await start(await import(pathToFileURL(join(core, "dist", "index.js"))), join(core, "wasm"));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await startInNode(process.argv[2]);
  const answers = [];
  for (const { file, signature, inputs } of JSON.parse(readFileSync(0)))
    answers.push(await answersOf(readFileSync(file), signature, inputs));
  console.log(JSON.stringify(answers));
}
