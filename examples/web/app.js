// The page: which model, where it comes from, and what is shown of it.

import * as litert from "@litertjs/core";
import { element, find } from "./dom.js";
import { compile, microseconds, start, zeros } from "./litert.js";
import { FileError, metadataOf } from "./metadata.js";
import { known, number, otherLanguage, say, writeTexts } from "./texts.js";

const LARGEST = 100e6; // bytes of a file
const FIRST = ["simple_rnn", "rnn_cell", "float32"]; // of the cells and precisions; others follow

const views = {}; // of the kinds of model that were shown: text, series
let catalog = { models: [], history: {} };
let loaded = null; // {choice, file, metadata, bytes, microseconds}
let own = null; // the user's latest file that could be used
let latest = 0; // loading; an earlier one is not shown
let failure = null;

/** Show why something failed, or with null that nothing does now. */
function report(error) {
  failure = error;
  find("error").hidden = error === null;
  if (error === null) return;
  const key = error instanceof FileError && known(error.key) ? error.key : "failed";
  const detail = String(error.detail ?? error.message ?? error).slice(0, 200);
  find("error").textContent = detail ? `${say(key)} (${detail})` : say(key);
}

/** Show the model in a file's bytes. */
async function show(bytes, choice, turn) {
  if (!globalThis.crypto?.subtle) throw new FileError("insecure");
  const metadata = await metadataOf(bytes);
  if (metadata.settings.features > 1) throw new FileError("features");
  const kind = metadata.kind === "char" ? "text" : "series";
  const [{ Model, View }] = await Promise.all([import(`./${kind}_view.js`), started]);
  const file = await compile(bytes);
  let model;
  try {
    model = new Model(file, metadata);
    if (turn !== latest) throw new FileError("late");
  } catch (error) {
    file.delete();
    throw error;
  }
  for (const view of Object.values(views)) view.stop(); // whose models go
  const first = !loaded;
  loaded?.file.delete();
  loaded = { choice, file, metadata, bytes: bytes.length, microseconds: null };
  failure = null;
  for (const one of ["text", "series"]) find(one).hidden = one !== kind;
  views[kind] ??= new View(report);
  await views[kind].show(model, choice.model, catalog.history[metadata.settings.frequency]);
  if (first) performance.measure("first answer"); // from when the page began to load
}

/** Load what is chosen, whose bytes `read` gets; where that fails, what is shown stays, and is what is chosen. */
async function load(choice, read) {
  const turn = ++latest;
  document.body.dataset.state = "loading";
  find("facts").textContent = say("loading");
  try {
    await show(new Uint8Array(await read()), choice, turn);
  } catch (error) {
    if (turn === latest) failure = error;
  }
  if (turn !== latest) return;
  document.body.dataset.state = "ready";
  if (loaded) pick(loaded.choice);
  translate();
  if (!loaded?.microseconds) time();
}

/** Load what the choices name. */
function choose() {
  const keys = ["model", "cell", "precision"];
  const one = catalog.models.find((model) => keys.every((key) => model[key] === find(key).value));
  if (!one) return open(own);
  return load(one, async () => {
    const response = await fetch(one.file).catch(() => null);
    if (!response?.ok) throw new FileError("offline");
    return response.arrayBuffer();
  });
}

/** Open a file of the user's. */
function open(file) {
  return load({ model: "", own: file }, () => {
    if (file.size > LARGEST) throw new FileError("large");
    return file.arrayBuffer();
  });
}

/** Choose a model, and offer its cells and precisions: of those the wanted ones, else the ones chosen before. */
function pick({ model, own: file, ...wanted }) {
  if (file && !own) find("model").add(new Option("", ""));
  own = file ?? own;
  find("model").value = model;
  let models = catalog.models.filter((one) => one.model === model);
  for (const key of ["cell", "precision"]) {
    const select = find(key);
    const before = wanted[key] ?? select.value;
    const there = models.map((one) => one[key]);
    const values = [...new Set([...FIRST, ...there])].filter((value) => there.includes(value));
    select.replaceChildren(...values.map((value) => new Option(value)));
    if (values.includes(before)) select.value = before;
    models = models.filter((one) => one[key] === select.value);
    select.disabled = values.length < 2;
    select.parentElement.hidden = !values.length; // as of a user's file
  }
  if (model) history.replaceState(null, "", `#${model}/${find("cell").value}/${find("precision").value}`);
}

/** Time one call: of `step`, where there is one, else of the window; a while after the start, which keeps a device busy. */
async function time() {
  const { file } = loaded ?? {};
  await new Promise((then) => setTimeout(then, 500));
  if (!file || loaded.file !== file) return;
  const signature = file.signatures.step ? "step" : "serving_default";
  const inputs = zeros(file.signatures[signature].inputs);
  loaded.microseconds = await microseconds(() => file.call(signature, inputs));
  describe();
}

function translate() {
  writeTexts();
  find("language").textContent = say("other");
  for (const option of find("model").options)
    option.textContent = option.value ? (say(option.value) ?? option.value) : say("own_file", own.name.slice(0, 60));
  describe();
  report(failure);
  for (const view of Object.values(views)) view.translate();
}

/** What is known of the model, and what its file says of itself: text, whatever it is. */
function describe() {
  if (!loaded) return find("facts").replaceChildren();
  const { bytes, microseconds, metadata } = loaded;
  const facts = [say("bytes", number(bytes)), ...(microseconds ? [say("microseconds", number(microseconds))] : [])];
  find("facts").replaceChildren(...facts.map((fact) => element("span", {}, fact)));
  const { card, keras_rnn, settings } = metadata;
  const items = [
    [card.title, card.description],
    [say("limits"), card.limits.join(" ")],
    [say("license"), card.license],
    [say("writer"), `keras_rnn ${keras_rnn}`],
    ["→", settings.trained_to ?? ""],
  ];
  find("card").replaceChildren(
    ...items
      .filter(([, text]) => text)
      .flatMap(([name, text]) => [element("dt", {}, name.slice(0, 200)), element("dd", {}, text.slice(0, 2000))]),
  );
}

/** Keep what this visit needed, and the small models, for when there is no network. */
async function keep() {
  await navigator.serviceWorker.register("service_worker.js");
  await navigator.serviceWorker.ready; // only then is the page there without a network
  const used = performance.getEntriesByType("resource").map(({ name }) => name);
  const small = catalog.models.filter(({ bytes }) => bytes < 1e5).map(({ file }) => file);
  const later = ["series.js", "series_view.js", "text.js", "text_view.js", "icon-192.png", "icon-512.png"];
  const page = ["./", "manifest.webmanifest", "icon.svg", ...later, ...small];
  const all = [...used, ...page].map((address) => new URL(address, location).href);
  const cache = await caches.open("keras_rnn");
  await cache.addAll(new Set(all.filter((address) => address.startsWith(location.origin))));
  document.body.dataset.kept = "";
}

const started = start(litert, new URL("litertjs/core/wasm", document.baseURI).href);
started.catch(() => {}); // whoever waits for it hears of it

find("language").addEventListener("click", () => {
  otherLanguage();
  translate();
});
for (const id of ["model", "cell", "precision"])
  find(id).addEventListener("change", () => {
    pick({ model: find("model").value });
    choose();
  });
find("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) open(target.files[0]);
  target.value = ""; // so that the same file, written anew, is a change
});
for (const kind of ["dragover", "drop"])
  addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return; // a text, which goes into a field
    event.preventDefault();
    if (kind === "drop") open(event.dataTransfer.files[0]);
  });

translate();
catalog = await (await fetch("models.json")).json();
const names = [...new Set(catalog.models.map((one) => one.model))];
find("model").append(...names.map((name) => new Option(name, name)));
const [, model, cell, precision] = /^#(\w+\/\w+)\/(\w+)\/(\w+)$/.exec(location.hash) ?? [];
pick({ model: names.includes(model) ? model : names[0], cell, precision });
await choose();
if ("serviceWorker" in navigator) keep().catch((error) => console.warn(error));
