// The part of the page that writes: a beginning, what the model adds to it, and what it computes on the way.

import { element, find } from "./dom.js";
import { likeliest } from "./text.js";
import { number, say, sign } from "./texts.js";

const BARS = 6;
const BEGINNINGS = { "char/hello_world": ["he", 9, 0], "char/shakespeare": ["O Romeo, Romeo, ", 240, 0.5] };
const COLUMN = [11, 27]; // pixels of a character's column in the picture of states, from and to
const UNITS = 64; // rows of it at the most, in so many pixels
const HEIGHT = 120;
const RED = "178, 24, 43"; // the ends of RdBu, as in the lessons' pictures
const BLUE = "33, 102, 172";
const NOTHING = { steps: [], unknown: [], refused: false };

export { TextModel as Model } from "./text.js";

export class View {
  #model = null;
  #written = []; // ids that were added to the beginning
  #run = 0; // of reading or writing; one that is not the latest ends, and shows nothing
  #known = NOTHING; // of the text that is shown

  constructor(report) {
    this.report = report;
    this.bars = Array.from({ length: BARS }, () => this.#bar());
    find("bars").append(...this.bars.map(({ item }) => item));
    for (const id of ["beginning", "temperature", "length"]) find(id).addEventListener("input", () => this.begin());
    find("restart").addEventListener("click", () => this.begin());
    // stopped, it still shows the character that was begun
    find("write").addEventListener("click", () => (this.writing ? this.#answer(this.#start()) : this.write()));
    new ResizeObserver(() => this.#drawStates()).observe(find("states").parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawStates());
  }

  get writing() {
    return find("text").dataset.state === "writing";
  }

  /** Show a TextModel; its name in the zoo, if it has one, chooses the beginning. */
  async show(model, name) {
    this.#model = model;
    this.#known = NOTHING;
    const first = model.vocabulary.filter((character) => character.trim()).slice(0, model.carried ? 1 : model.window);
    const [beginning, length, temperature] = BEGINNINGS[name] ?? [first.join(""), 100, 0];
    find("beginning").value = beginning;
    find("length").value = length;
    find("temperature").value = temperature;
    for (const id of ["states", "state-title", "state-hint"]) find(id).hidden = !model.states.length;
    await this.begin();
  }

  /** Read the beginning anew and write on. */
  async begin() {
    this.#written = [];
    if (await this.#answer(this.#start())) this.write();
  }

  /** Write no more, and show nothing of what is still being read. */
  stop() {
    this.#run++;
    find("text").dataset.state = "idle";
    this.#drawControls();
  }

  /** The number of a new run. */
  #start() {
    this.stop();
    this.report(null);
    return this.#run;
  }

  async write() {
    const run = this.#start();
    find("text").dataset.state = "writing";
    this.#drawControls();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches; // then all at once
    for (let left = Number(find("length").value); left > 0; left--) {
      this.#written.push(this.#model.draw(this.#logits, Number(find("temperature").value)));
      if (!(await this.#answer(run, !calm || left === 1))) break;
      if (!calm) await new Promise(requestAnimationFrame);
      if (run !== this.#run) return;
    }
    if (run !== this.#run) return;
    this.stop();
    find("done").textContent = say("done", this.#text().join("")); // for screen readers, once
  }

  /** Show everything again, in another language. */
  translate() {
    this.#drawControls();
    if (this.#model) this.#draw();
  }

  #drawControls() {
    find("write").textContent = say(this.writing ? "stop" : "write");
    find("temperature-value").textContent = number(Number(find("temperature").value), 1);
    find("length-value").textContent = number(Number(find("length").value));
  }

  #ids() {
    const { ids, unknown } = this.#model.encode(find("beginning").value);
    return { unknown, beginning: ids.length, ids: [...ids, ...this.#written] };
  }

  /** The beginning, and what was added. */
  #text() {
    const { ids, beginning } = this.#ids();
    const begun = find("beginning").value;
    // bytes of a character may be on both sides, or still be missing
    const added = this.#model.bytes ? this.#model.decode(ids).slice(begun.length) : this.#model.decode(ids.slice(beginning));
    return [begun, added];
  }

  /** Read the beginning and what was written, and show what the model knows then; whether it can go on from there. */
  async #answer(run, shown = true) {
    const { ids, unknown } = this.#ids();
    const refused = unknown.length > 0 && !this.#model.carried && this.#model.unknown === undefined;
    try {
      const steps = refused ? [] : [...(await this.#model.after(ids))];
      if (run !== this.#run) return false;
      this.#known = { steps, unknown, refused };
    } catch (error) {
      if (run === this.#run) this.report(error);
      return false;
    }
    if (shown) this.#draw();
    return this.#logits !== null;
  }

  get #logits() {
    return this.#known.steps.at(-1)?.logits ?? null;
  }

  #draw() {
    const { unknown, refused } = this.#known;
    const logits = this.#logits;
    const least = logits ? "" : say("too_short", this.#model.carried ? 1 : this.#model.window);
    const missing = unknown.map(sign).join(" ");
    find("remark").textContent = missing ? say(refused ? "unknown" : "left_out", missing) : least;
    find("write").disabled = !logits;
    const [begun, added] = this.#text();
    find("written").replaceChildren(element("span", {}, begun), element("strong", {}, added));
    find("written").scrollTop = find("written").scrollHeight;
    this.#drawBars(logits);
    this.#drawStates();
  }

  #bar() {
    const bar = { id: 0, label: element("bdi"), share: element("span", { className: "share" }) };
    bar.fill = element("span", { className: "fill" });
    const rail = element("span", { className: "rail" }, bar.fill);
    bar.button = element("button", { type: "button" }, bar.label, rail, bar.share);
    bar.item = element("li", {}, bar.button);
    bar.button.addEventListener("click", () => {
      this.#written.push(bar.id);
      this.#answer(this.#start());
    });
    return bar;
  }

  #drawBars(logits) {
    const p = logits ? this.#model.probabilities(logits) : [];
    const order = likeliest(p);
    find("bars").hidden = !logits;
    this.bars.forEach((bar, i) => {
      const id = (bar.id = order[i]);
      bar.item.hidden = id === undefined;
      if (bar.item.hidden) return;
      bar.label.textContent = sign(this.#model.vocabulary[id]);
      bar.share.textContent = `${number(p[id] * 100, 1)}%`;
      bar.fill.style.inlineSize = `${p[id] * 100}%`;
      bar.button.dataset.probability = p[id];
    });
  }

  /** A column for each of the last characters, a row for each unit: the lesson's picture. */
  #drawStates() {
    const canvas = find("states");
    const style = getComputedStyle(canvas);
    const read = this.#known.steps.filter(({ state }) => state);
    const width = canvas.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(canvas.parentElement).paddingInlineStart);
    const shown = width > 0 ? read.slice(-Math.floor(width / COLUMN[0])) : [];
    canvas.hidden = !shown.length;
    if (!shown.length) return;
    const hidden = (state) => Object.keys(state).filter((name) => name[0] === "h").flatMap((name) => [...state[name]]);
    const units = hidden(shown[0].state).length;
    const columns = shown.map(({ state }) => hidden(state).slice(0, UNITS));
    const rows = columns[0].length;
    const largest = Math.max(...columns.flat().map(Math.abs)) || 1;
    const row = Math.max(1, Math.floor(HEIGHT / rows));
    const column = Math.min(COLUMN[1], Math.floor(width / shown.length));
    const scale = Math.ceil(devicePixelRatio);
    const height = rows * row + 20;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.blockSize = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.font = `12px ${style.fontFamily}`;
    context.textAlign = "center";
    const characters = shown.map(({ id }) => sign(this.#model.vocabulary[id]));
    columns.forEach((values, i) => {
      values.forEach((value, unit) => {
        context.fillStyle = `rgba(${value > 0 ? RED : BLUE}, ${Math.abs(value) / largest})`;
        context.fillRect(i * column, unit * row, column - 1, row);
      });
      context.fillStyle = style.color;
      context.fillText(characters[i].slice(0, 2), (i + 0.5) * column, height - 6);
    });
    canvas.ariaLabel = say("state_label", characters.join(" "), number(units));
    find("state-hint").textContent = say("state_hint", say(rows < units ? "first_units" : "each_unit", rows, number(units)));
  }
}
