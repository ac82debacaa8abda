// What a `.tflite` file says of itself, read from its flatbuffer by hand: keras_rnn/catalog/metadata.py has the keys.
// Nothing in a file is believed before it is checked, and whatever it says is text, to be shown with `textContent`.

const NAME = "keras_rnn";
const SCHEMA = 2; // schema 1 had no checksum, and LiteRT gets no file here that was not held against one
const MARK = "\xffkeras_rnn SHA-256:\xff"; // before the checksum, as keras_rnn/core/checksum.py writes it
const SHA_BYTES = 32;

/** Why a file is not used: `key` names a sentence in texts.js, `detail` says more. */
export class FileError extends Error {
  constructor(key, detail = "") {
    super(`${key}: ${detail}`);
    this.key = key;
    this.detail = detail;
  }
}

/** One table of a flatbuffer; fields by their numbers in TensorFlow Lite's schema.fbs. A wrong offset is a RangeError. */
class Table {
  constructor(view, at) {
    this.view = view;
    this.at = at;
    this.fields = at - view.getInt32(at, true);
  }

  /** Where a field's value is, or 0 where it is left out. */
  place(field) {
    const entry = 4 + 2 * field;
    const there = entry + 2 <= this.view.getUint16(this.fields, true);
    const offset = there && this.view.getUint16(this.fields + entry, true);
    return offset && this.at + offset;
  }

  number(field) {
    const place = this.place(field);
    return place && this.view.getUint32(place, true);
  }

  /** Where a vector's items begin, and how many there are. */
  vector(field) {
    const place = this.place(field);
    if (!place) return [0, 0];
    const at = place + this.view.getUint32(place, true);
    return [at + 4, this.view.getUint32(at, true)];
  }

  bytes(field) {
    const [at, count] = this.vector(field);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + at, count);
  }

  /** The table that an item of a vector of them is. */
  item(field, index) {
    const [at, count] = this.vector(field);
    if (index >= count) throw new RangeError("an index beyond its vector");
    const place = at + 4 * index;
    return new Table(this.view, place + this.view.getUint32(place, true));
  }
}

const latin1 = (bytes) => new TextDecoder("latin1").decode(bytes);

/** The bytes that a file keeps under a name beside its model, or null. */
function kept(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const root = new Table(view, view.getUint32(0, true));
  const count = root.vector(6)[1]; // metadata: name 0, buffer 1
  for (let i = 0; i < count; i++) {
    const entry = root.item(6, i);
    if (latin1(entry.bytes(0)) === name) return root.item(4, entry.number(1)).bytes(0); // buffers: data 0
  }
  return null;
}

/** Whether the file is as it was written, by the SHA-256 inside it, whose own bytes count as 0; null without one. */
async function isWhole(bytes) {
  const sum = kept(bytes, `${NAME}_sha256`);
  if (sum === null) return null;
  if (sum.length !== MARK.length + SHA_BYTES || latin1(sum.subarray(0, MARK.length)) !== MARK) return false;
  const copy = new Uint8Array(bytes);
  const at = sum.byteOffset - bytes.byteOffset + MARK.length;
  copy.fill(0, at, at + SHA_BYTES);
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", copy));
  return found.every((byte, i) => byte === bytes[at + i]);
}

/** The document in a file's bytes, checked. Throws a FileError. */
export async function metadataOf(bytes) {
  if (latin1(bytes.subarray(4, 8)) !== "TFL3") throw new FileError("no_model");
  let data, whole;
  try {
    data = kept(bytes, NAME);
    whole = await isWhole(bytes);
  } catch {
    whole = false;
  }
  if (whole === false) throw new FileError("damaged");
  if (data === null) throw new FileError("foreign");
  const document = parse(data);
  if (!whole) throw new FileError("damaged"); // a checksum belongs to its schema
  return document;
}

const distinct = (items) => new Set(items).size === items.length;
const isError = (value) => Number.isFinite(value) && value >= 0;
const is = {
  text: (value) => typeof value === "string",
  flag: (value) => typeof value === "boolean",
  list: Array.isArray,
  object: (value) => value !== null && typeof value === "object" && !Array.isArray(value),
  count: (value) => Number.isSafeInteger(value) && value >= 1,
  vocabulary: (value) => is.text(value) && value !== "" && !/\p{Surrogate}/u.test(value) && distinct([...value]),
  bounds: (value) => [value].flat().length > 0 && [value].flat().every(Number.isFinite),
  residuals: (value) =>
    is.list(value) &&
    value.length > 0 &&
    value.every((row) => is.list(row) && row.length > 0 && row.length === value[0].length && row.every(isError)),
};

// key → how its value must be; with "?" it may be null, with "~" it may be missing
const KEYS = {
  keras_rnn: "text", kind: "text", name: "text?", window: "count", units: "count?", ahead: "count?",
  quantize: "text?", settings: "object", signatures: "object", card: "object", versions: "object",
}; // prettier-ignore
const CARD = { title: "text", description: "text", metrics: "object", limits: "list", license: "text" };
const SCALE = { scaling: "text", residuals: "residuals?", low: "bounds?", high: "bounds?" };
const SETTINGS = {
  char: { vocabulary: "vocabulary", carried: "flag~" },
  gs10: { ...SCALE, unit: "text", frequency: "text" },
  series: { ...SCALE, unit: "text?", frequency: "text?", features: "count", columns: "list?", trained_to: "text?" },
};

function check(object, keys) {
  for (const [key, rule] of Object.entries(keys)) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    const [, kind, mark] = /(\w+)(.?)/.exec(rule);
    const free = (mark === "?" && value === null) || (mark === "~" && value === undefined);
    if (!free && !is[kind](value)) throw new FileError("invalid", `${key}: ${JSON.stringify(value)}`);
  }
}

/** The document in a metadata buffer. */
export function parse(data) {
  let document;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    throw new FileError("invalid", "JSON");
  }
  if (!is.object(document) || !is.count(document.schema)) throw new FileError("invalid", "schema");
  if (document.schema > SCHEMA) throw new FileError("newer", document.schema);
  if (document.schema < SCHEMA) throw new FileError("older");
  check(document, KEYS);
  const { kind, settings, card } = document;
  if (!Object.hasOwn(SETTINGS, kind)) throw new FileError("kind", kind);
  check(settings, SETTINGS[kind]);
  check(card, CARD);
  const { columns, features } = settings;
  if (columns && (columns.length !== features || !columns.every(is.text))) throw new FileError("invalid", "columns");
  return document;
}
