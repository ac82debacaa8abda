// The part of the page that writes: a beginning, what the model adds to it, and what it computes on the way.

import { likeliest } from "./text.js";
import { number, say, sign } from "./texts.js";

const BARS = 6;
const BEGINNINGS = { "char/hello_world": ["he", 9, 0], "char/shakespeare": ["O Romeo, Romeo, ", 240, 0.5] };
const COLUMN = [11, 27]; // pixels of a character's column in the picture of states, from and to
const UNITS = 64; // rows of it at the most, in so many pixels
const HEIGHT = 120;
const RED = "178, 24, 43"; // the ends of RdBu, as in the lessons' pictures
const BLUE = "33, 102, 172";

const find = (id) => document.getElementById(id);

export class TextView {
  #model = null;
  #written = []; // ids that were added to the beginning
  #run = 0; // of writing; one that is not the latest ends
  #turn = 0; // of reading; only the latest is shown
  #known = { steps: [], unknown: [], refused: false }; // of the text that is shown

  constructor(fail) {
    this.fail = fail;
    this.bars = Array.from({ length: BARS }, () => this.#bar());
    find("bars").append(...this.bars.map(({ item }) => item));
    find("beginning").addEventListener("input", () => this.begin());
    find("restart").addEventListener("click", () => this.begin());
    find("write").addEventListener("click", () => (this.writing ? this.stop() : this.write()));
    for (const id of ["temperature", "length"]) find(id).addEventListener("input", () => this.begin());
    new ResizeObserver(() => this.#drawStates()).observe(find("states").parentElement);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawStates());
  }

  get writing() {
    return find("text").dataset.state === "writing";
  }

  /** Show a TextModel; its name in the zoo, if it has one, chooses the beginning. */
  async show(model, name) {
    this.stop();
    this.#model = model;
    this.#known = { steps: [], unknown: [], refused: false };
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
    this.stop();
    this.#written = [];
    if (await this.#answer()) this.write();
  }

  /** Write no more, and show nothing of what is still being read. */
  stop() {
    this.#run++;
    this.#turn++;
    find("text").dataset.state = "idle";
    this.#drawControls();
  }

  async write() {
    const run = ++this.#run;
    find("text").dataset.state = "writing";
    this.#drawControls();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches; // then all at once
    try {
      for (let left = Number(find("length").value); left > 0; left--) {
        const steps = await this.#model.after(this.#ids().ids);
        if (run !== this.#run) return;
        this.#written.push(this.#model.draw(steps.at(-1).logits, Number(find("temperature").value)));
        if (calm && left > 1) continue;
        if (!(await this.#answer())) return;
        await new Promise(requestAnimationFrame);
        if (run !== this.#run) return;
      }
    } catch (error) {
      if (run === this.#run) this.fail(error);
    }
    if (run === this.#run) {
      this.stop();
      find("done").textContent = say("done", this.#text().join("")); // for screen readers, once
    }
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
    const beginning = this.#model.encode(find("beginning").value);
    return { ...beginning, beginning: beginning.ids.length, ids: [...beginning.ids, ...this.#written] };
  }

  #text() {
    const { ids, beginning } = this.#ids();
    if (!this.#model.bytes) return [find("beginning").value, this.#model.decode(ids.slice(beginning))];
    const begun = find("beginning").value; // bytes of a character may still be missing
    return [begun, this.#model.decode(ids).slice(begun.length)];
  }

  /** Read the beginning and what was written, and show what the model knows then; whether it can go on from there. */
  async #answer() {
    const [model, turn] = [this.#model, ++this.#turn];
    const { ids, unknown } = this.#ids();
    const refused = unknown.length > 0 && !model.carried && model.unknown === undefined;
    let steps = [];
    try {
      if (!refused) steps = [...(await model.after(ids))];
    } catch (error) {
      if (turn === this.#turn) this.fail(error);
      return false;
    }
    if (turn !== this.#turn) return false;
    this.#known = { steps, unknown, refused };
    this.#draw();
    return this.#logits !== null;
  }

  get #logits() {
    return this.#known.steps.at(-1)?.logits ?? null;
  }

  #draw() {
    const { unknown, refused } = this.#known;
    const least = say("too_short", this.#model.carried ? 1 : this.#model.window);
    const remarks = unknown.length ? say(refused ? "unknown" : "left_out", unknown.map(sign).join(" ")) : least;
    find("remark").textContent = unknown.length || !this.#logits ? remarks : "";
    find("write").disabled = !this.#logits;
    this.#drawText();
    this.#drawBars();
    this.#drawStates();
  }

  #drawText() {
    const [begun, added] = this.#text();
    const parts = [document.createElement("span"), document.createElement("strong")];
    parts[0].textContent = begun;
    parts[1].textContent = added;
    const written = find("written");
    written.replaceChildren(...parts);
    written.scrollTop = written.scrollHeight;
  }

  #bar() {
    const [item, button, label, rail, share] = ["li", "button", "bdi", "span", "span"].map((tag) => document.createElement(tag));
    const fill = document.createElement("span");
    rail.append(fill);
    button.type = "button";
    button.append(label, rail, share);
    item.append(button);
    const bar = { item, button, label, fill, share, id: 0 };
    button.addEventListener("click", async () => {
      this.stop();
      this.#written.push(bar.id);
      await this.#answer();
    });
    return bar;
  }

  #drawBars() {
    const logits = this.#logits;
    const p = logits ? this.#model.probabilities(logits) : [];
    const order = likeliest(p).slice(0, BARS);
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
    const read = this.#known.steps.filter(({ state }) => state);
    const width = canvas.parentElement.clientWidth - 2 * parseFloat(getComputedStyle(canvas.parentElement).paddingInlineStart);
    const shown = read.slice(-Math.floor(width / COLUMN[0]));
    canvas.hidden = !shown.length;
    if (!shown.length || width <= 0) return;
    const columns = shown.map(({ state }) => Object.keys(state).filter((name) => name[0] === "h").flatMap((name) => [...state[name]]));
    const units = columns[0].length;
    const rows = Math.min(units, UNITS);
    const largest = Math.max(...columns.flat().map(Math.abs)) || 1;
    const row = Math.max(1, Math.floor(HEIGHT / rows));
    const column = Math.min(COLUMN[1], Math.floor(width / shown.length));
    const scale = Math.ceil(devicePixelRatio);
    canvas.width = width * scale;
    canvas.height = (rows * row + 20) * scale;
    canvas.style.blockSize = `${rows * row + 20}px`;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    context.textAlign = "center";
    columns.forEach((values, i) => {
      for (let unit = 0; unit < rows; unit++) {
        context.fillStyle = `rgba(${values[unit] > 0 ? RED : BLUE}, ${Math.abs(values[unit]) / largest})`;
        context.fillRect(i * column, unit * row, column - 1, row);
      }
      context.fillStyle = style.color;
      context.fillText(sign(this.#model.vocabulary[shown[i].id]).slice(0, 2), (i + 0.5) * column, rows * row + 14);
    });
    const characters = shown.map(({ id }) => sign(this.#model.vocabulary[id])).join(" ");
    canvas.ariaLabel = say("state_label", characters, number(units));
    find("state-hint").textContent = say("state_hint", rows, number(units));
  }
}
