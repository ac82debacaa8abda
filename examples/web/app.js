// The page: which model, where it comes from, and what is shown of it.

import * as litert from "@litertjs/core";
import { compile, microseconds, start } from "./litert.js";
import { FileError, metadataOf } from "./metadata.js";
import { SeriesModel } from "./series.js";
import { SeriesView } from "./series_view.js";
import { TextModel } from "./text.js";
import { TextView } from "./text_view.js";
import { known, number, otherLanguage, say, writeTexts } from "./texts.js";

const LARGEST = 100e6; // bytes of a file
const CELLS = ["simple_rnn", "rnn_cell"]; // the zoo's default first
const find = (id) => document.getElementById(id);

const views = { text: new TextView(fail), series: new SeriesView(fail) };
let catalog = { models: [], history: {} };
let loaded = null; // {file, metadata, bytes, microseconds}
let latest = 0; // loading; an earlier one is not shown
let failure = null;

function fail(error) {
  failure = error;
  showFailure();
}

function showFailure() {
  const place = find("error");
  place.hidden = failure === null;
  if (failure === null) return;
  const key = failure instanceof FileError && known(failure.key) ? failure.key : "failed";
  const detail = failure instanceof FileError ? failure.detail : String(failure?.message ?? failure);
  place.textContent = detail ? `${say(key)} (${detail.slice(0, 200)})` : say(key);
}

/** Show the model in a file's bytes, under the name of a model of the zoo or of a file. */
async function show(bytes, name, turn = ++latest) {
  if (!globalThis.crypto?.subtle) throw new FileError("insecure");
  const metadata = await metadataOf(bytes);
  if (metadata.settings.features > 1) throw new FileError("features");
  await started;
  const file = await compile(bytes);
  try {
    const isText = metadata.kind === "char";
    const model = new (isText ? TextModel : SeriesModel)(file, metadata);
    if (turn !== latest) throw new FileError("late");
    for (const view of Object.values(views)) view.stop(); // whose models go
    find("text").hidden = !isText;
    find("series").hidden = isText;
    const ours = catalog.models.some(({ model }) => model === name);
    const old = loaded;
    loaded = { file, metadata, bytes: bytes.length, microseconds: null };
    failure = null;
    if (isText) await views.text.show(model, name);
    else await views.series.show(model, ours ? catalog.history[metadata.settings.frequency] : null);
    if (!old) performance.measure("first answer"); // from when the page began to load
    old?.file.delete();
  } catch (error) {
    if (loaded?.file !== file) file.delete();
    throw error;
  }
  translate();
}

/** Time one call: of `step`, where there is one, else of the window; a while after the start, which keeps a device busy. */
async function time() {
  const { file } = loaded ?? {};
  await new Promise((then) => setTimeout(then, 500));
  if (!file || loaded.file !== file) return;
  const signature = file.signatures.step ? "step" : "serving_default";
  const zeros = Object.entries(file.signatures[signature].inputs).map(([name, { shape, type }]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return [name, type === "int32" ? new Int32Array(size) : new Float32Array(size)];
  });
  loaded.microseconds = await microseconds(() => file.call(signature, Object.fromEntries(zeros)));
  showFacts();
}

/** Load what the choices name. */
async function choose() {
  const turn = ++latest;
  const one = chosen();
  history.replaceState(null, "", `#${one.model}/${one.cell}/${one.precision}`);
  document.body.dataset.state = "loading";
  find("facts").textContent = say(litertIsReady ? "loading" : "starting");
  try {
    const response = await fetch(one.file).catch(() => null);
    if (!response?.ok) throw new FileError("offline");
    await show(new Uint8Array(await response.arrayBuffer()), one.model, turn);
  } catch (error) {
    if (turn === latest) fail(error);
  }
  if (turn === latest) settle();
}

function settle() {
  document.body.dataset.state = "ready";
  translate();
  if (!loaded?.microseconds) time();
}

/** Open a file of the user's. */
async function open(file) {
  const turn = ++latest;
  document.body.dataset.state = "loading";
  try {
    if (file.size > LARGEST) throw new FileError("large");
    await show(new Uint8Array(await file.arrayBuffer()), null, turn);
    const option = new Option(say("own_file", file.name.slice(0, 60)), "");
    option.dataset.file = file.name.slice(0, 60);
    find("model").querySelector('[value=""]')?.remove();
    find("model").append(option);
    option.selected = true;
    offer();
  } catch (error) {
    if (turn === latest) fail(error);
  }
  if (turn === latest) settle();
}

function chosen() {
  const of = (key, value, models) => (models.some((one) => one[key] === value) ? models.filter((one) => one[key] === value) : models);
  const models = catalog.models.filter((one) => one.model === find("model").value);
  return of("precision", find("precision").value, of("cell", find("cell").value, models))[0];
}

/** Offer the cells and precisions that the chosen model has. */
function offer(wanted = {}) {
  const models = catalog.models.filter((one) => one.model === find("model").value);
  for (const [key, order] of [["cell", CELLS], ["precision", ["float32"]]]) {
    const select = find(key);
    const before = wanted[key] ?? select.value;
    const values = [...new Set(models.map((one) => one[key]))].sort((a, b) => (order.indexOf(b) + 1 ? 1 : 0) - (order.indexOf(a) + 1 ? 1 : 0) || order.indexOf(a) - order.indexOf(b)); // prettier-ignore
    select.replaceChildren(...values.map((value) => new Option(value, value)));
    select.value = values.includes(before) ? before : (values[0] ?? "");
    select.disabled = values.length < 2;
  }
}

function translate() {
  writeTexts();
  find("language").textContent = say("other");
  for (const option of find("model").options)
    option.textContent = option.value ? say(option.value) ?? option.value : say("own_file", option.dataset.file);
  if (loaded) {
    showFacts();
    describe(loaded.metadata);
  }
  showFailure();
  for (const view of Object.values(views)) view.translate();
}

function showFacts() {
  const facts = [say("bytes", number(loaded.bytes))];
  if (loaded.microseconds) facts.push(say("microseconds", number(loaded.microseconds)));
  find("facts").replaceChildren(
    ...facts.map((fact) => {
      const span = document.createElement("span");
      span.textContent = fact;
      return span;
    }),
  );
}

/** What a file says of itself: text, whatever it is. */
function describe({ card, keras_rnn, settings }) {
  const items = [
    [card.title, card.description],
    [say("limits"), card.limits.map(String).join(" ")],
    [say("license"), card.license],
    [say("writer"), `keras_rnn ${keras_rnn}`],
    ...(settings.trained_to ? [["→", settings.trained_to]] : []),
  ];
  find("card").replaceChildren(
    ...items.filter(([, text]) => text).flatMap(([name, text]) => {
      const [dt, dd] = ["dt", "dd"].map((tag) => document.createElement(tag));
      dt.textContent = name.slice(0, 200);
      dd.textContent = text.slice(0, 2000);
      return [dt, dd];
    }),
  );
}

/** Keep what this visit needed, and the small models, for when there is no network. */
async function keep() {
  await navigator.serviceWorker.register("service_worker.js");
  const used = performance.getEntriesByType("resource").map(({ name }) => name);
  const small = catalog.models.filter(({ bytes }) => bytes < 1e5).map(({ file }) => file);
  const page = ["./", "manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png", ...small];
  const all = [...used, ...page].map((address) => new URL(address, location).href);
  const cache = await caches.open("keras_rnn");
  await cache.addAll(new Set(all.filter((address) => address.startsWith(location.origin))));
  document.body.dataset.kept = "";
}

let litertIsReady = false;
const started = start(litert, new URL("litertjs/core/wasm", document.baseURI).href).then(() => (litertIsReady = true));
started.catch(() => {}); // whoever waits for it hears of it

find("language").addEventListener("click", () => {
  otherLanguage();
  translate();
});
find("model").addEventListener("change", () => (offer(), choose()));
for (const id of ["cell", "precision"]) find(id).addEventListener("change", choose);
find("file").addEventListener("change", () => find("file").files[0] && open(find("file").files[0]));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
});

translate();
catalog = await (await fetch("models.json")).json();
find("model").append(...[...new Set(catalog.models.map(({ model }) => model))].map((name) => new Option(name, name)));
const [, model, cell, precision] = /^#(\w+\/\w+)\/(\w+)\/(\w+)$/.exec(location.hash) ?? [];
if (catalog.models.some((one) => one.model === model)) find("model").value = model;
offer({ cell, precision });
await choose();
if ("serviceWorker" in navigator) keep().catch((error) => console.warn(error));
