// A character model: what keras_rnn/runtime/text.py and keras_rnn/text/generation.py compute, through the signature
// `step`. One kind of model goes on from the state that it was left in; the other reads its last `window` characters
// from a zero state for each new one.

import { expectSignature, finite, zeros } from "./litert.js";

export const UNKNOWN = "\ufffd"; // stands for every character that the vocabulary lacks, where it is one of them
const STEPS_UP_TO = 16; // a longer window is read at once, without the states between

export class TextModel {
  /** `file` is a CompiledFile, `metadata` its document. Throws where they do not fit. */
  constructor(file, metadata) {
    this.file = file;
    this.window = metadata.window;
    this.carried = metadata.settings.carried ?? false;
    this.vocabulary = [...metadata.settings.vocabulary]; // by code points
    const size = this.vocabulary.length;
    this.bytes = size === 256 && this.vocabulary.every((character, i) => character.codePointAt(0) === i);
    this.ids = new Map(this.vocabulary.map((character, id) => [character, id]));
    this.unknown = this.ids.get(UNKNOWN);
    const logits = [[1, size], [1, this.window, size]]; // prettier-ignore
    expectSignature(file, "serving_default", { ids: [[1, this.window]] }, { logits });
    this.states = []; // names, such as h_0
    if (this.carried || (file.signatures.step && this.window <= STEPS_UP_TO)) {
      const { ids, ...states } = file.signatures.step?.inputs ?? {};
      this.states = Object.keys(states);
      const shapes = Object.fromEntries(this.states.map((name) => [name, [states[name].shape]]));
      expectSignature(file, "step", { ids: [[1, 1]], ...shapes }, { logits: [[1, size]], ...shapes });
      this.zeros = zeros(states);
    }
    this.read = []; // of the last text: its ids, each with what is known after it
    this.turn = Promise.resolve();
  }

  /** A text's ids, and the characters that have none. Those are left out, or read as U+FFFD where there is one. */
  encode(text) {
    if (this.bytes) return { ids: [...new TextEncoder().encode(text)], unknown: [] };
    const characters = [...text];
    const ids = characters.map((character) => this.ids.get(character) ?? this.unknown);
    const unknown = [...new Set(characters.filter((character) => !this.ids.has(character)))];
    return { ids: ids.filter((id) => id !== undefined), unknown };
  }

  decode(ids) {
    if (this.bytes) return new TextDecoder().decode(Uint8Array.from(ids));
    return ids.map((id) => this.vocabulary[id]).join("");
  }

  /**
   * What is known after each of a text's ids: {id, logits, state}; logits null while there is no whole window, state
   * null where the model has no `step`. What it has in common with the last text is not read again.
   */
  after(ids) {
    this.turn = this.turn.catch(() => {}).then(async () => {
      let known = 0;
      while (known < ids.length && this.read[known]?.id === ids[known]) known++;
      this.read = this.read.slice(0, known);
      for (let i = known; i < ids.length; i++) this.read.push({ id: ids[i], ...(await this.#after(ids, i)) });
      return this.read;
    });
    return this.turn;
  }

  async #after(ids, last) {
    if (this.carried) return this.#steps([ids[last]], this.read[last - 1]?.state ?? this.zeros);
    const window = ids.slice(Math.max(0, last + 1 - this.window), last + 1);
    const whole = window.length === this.window;
    if (this.states.length) {
      const { logits, state } = await this.#steps(window, this.zeros);
      return { logits: whole ? logits : null, state };
    }
    if (!whole) return { logits: null, state: null };
    const { logits } = await this.file.call("serving_default", { ids: Int32Array.from(window) });
    return { logits: finite(logits.slice(-this.vocabulary.length)), state: null };
  }

  async #steps(ids, state) {
    let logits;
    for (const id of ids) ({ logits, ...state } = await this.file.call("step", { ids: Int32Array.of(id), ...state }));
    return { logits: finite(logits), state };
  }

  /** Probabilities of the next character, float64, from logits. */
  probabilities(logits) {
    return softmax(Float64Array.from(logits));
  }

  /** The next id: the most likely at temperature 0, else drawn. U+FFFD is never written. `random` is from 0 to 1. */
  draw(logits, temperature, random = Math.random()) {
    const allowed = Float64Array.from(logits, (logit, id) => (id === this.unknown ? -Infinity : logit));
    const largest = Math.max(...allowed);
    if (temperature === 0) return allowed.indexOf(largest);
    const p = softmax(allowed.map((logit) => (logit - largest) / temperature));
    const order = likeliest(p);
    let total = 0;
    const sums = order.map((id) => (total += p[id]));
    const place = sums.findIndex((sum) => sum > random * total);
    return order[place < 0 ? order.length - 1 : place];
  }
}

function softmax(z) {
  const largest = Math.max(...z);
  const e = z.map((value) => Math.exp(value - largest));
  const sum = e.reduce((total, value) => total + value, 0);
  return e.map((value) => value / sum);
}

/** Ids by falling probability, of those as likely the lowest first. */
export function likeliest(p) {
  return [...p.keys()].sort((a, b) => p[b] - p[a] || a - b);
}
