// The part of the page that forecasts: a chart whose last values can be moved by finger, mouse or keys.

import { number, say } from "./texts.js";

const LEVELS = [95, 80]; // percent, the widest first
const HANDLES = 12; // values that can be moved, at the most
const STEP = 24; // pixels between values, at the least, while the chart is wide enough
const HEIGHT = 300;
const EDGE = { left: 40, right: 14, top: 14, bottom: 28 }; // pixels around the plot
const REACH = 22; // pixels around a value in which a finger takes it

const find = (id) => document.getElementById(id);

function svg(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

export class SeriesView {
  #model = null;
  #run = 0; // of forecasting; only the latest is drawn

  constructor(fail) {
    this.fail = fail;
    this.chart = find("chart");
    find("reset").addEventListener("click", () => this.#reset());
    find("steps").addEventListener("input", () => this.#forecast());
    find("values").addEventListener("input", () => this.#take(find("values").value));
    this.chart.addEventListener("pointerdown", (event) => this.#press(event));
    this.chart.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.chart.addEventListener(end, () => this.#drop());
    new ResizeObserver(() => this.#draw()).observe(this.chart);
  }

  /** Show a SeriesModel; `history` has names and values of what it forecasts, or is null. */
  async show(model, history) {
    this.#model = model;
    this.history = history;
    find("steps").value = 5;
    await this.#reset();
    if (!history) find("values").closest("details").open = true;
  }

  /** Show nothing of what is still being computed. */
  stop() {
    this.#run++;
  }

  #reset() {
    this.names = this.history?.names ?? [];
    this.values = [...(this.history?.values ?? [])];
    return this.#forecast();
  }

  #take(text) {
    this.values = text.split(/[\s,;]+/).filter(Boolean).map(Number);
    this.names = [];
    return this.#forecast(false);
  }

  get handles() {
    return Math.min(this.#model.window, HANDLES);
  }

  async #forecast(write = true) {
    const model = this.#model;
    const run = ++this.#run;
    const steps = Number(find("steps").value);
    if (write) find("values").value = this.values.map((value) => Number(value.toFixed(4))).join(", ");
    this.means = null;
    if (this.values.length >= model.window && this.values.every(Number.isFinite)) {
      try {
        const means = await model.forecast(this.values, steps);
        if (run !== this.#run) return;
        this.means = means;
        const halves = LEVELS.map((level) => [level, model.halfWidths(level, steps)]).filter(([, half]) => half);
        this.intervals = halves.map(([level, half]) => [level, means.map((m, i) => [m - half[i], m + half[i]])]);
      } catch (error) {
        if (run === this.#run) this.fail(error);
        return;
      }
    }
    if (!this.held) this.range = null;
    this.translate();
  }

  /** The texts that change with the language, and all that is drawn with them. */
  translate() {
    if (!this.#model) return;
    const { unit, frequency, window } = this.#model;
    const hint = this.history ? say(`${frequency}_hint`) : say("series_hint", this.handles, unit?.slice(0, 40));
    find("series-hint").textContent = this.means ? hint : say("need_values", window);
    find("steps-value").textContent = find("steps").value;
    this.chart.ariaLabel = say("chart");
    this.#drawTable();
    this.#draw();
  }

  /** The name of a value, counted from the last one, 0: a year, a month, or how far it is away. */
  #name(place) {
    const last = this.names.at(-1);
    if (!last) return place > 0 ? `+${place}` : place ? say("back", -place) : say("last");
    if (place <= 0) return this.names.at(place - 1);
    if (!last.includes("-")) return String(Number(last) + place);
    const [year, month] = last.split("-").map(Number);
    const months = year * 12 + month - 1 + place;
    return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, "0")}`;
  }

  #drawTable() {
    const levels = this.means ? [...this.intervals].reverse() : [];
    const row = (tag, cells) => {
      const tr = document.createElement("tr");
      for (const [i, text] of cells.entries()) {
        const cell = document.createElement(i === 0 ? "th" : tag);
        if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
        cell.textContent = text;
        tr.append(cell);
      }
      return tr;
    };
    const heads = [say("when"), say("mean"), ...levels.flatMap(([level]) => [say("low", level), say("high", level)])];
    const rows = (this.means ?? []).map((mean, i) =>
      row("td", [this.#name(i + 1), ...[mean, ...levels.flatMap(([, bounds]) => bounds[i])].map((v) => number(v, 2))]),
    );
    find("table").replaceChildren(row("th", heads), ...rows);
    this.chart.dataset.means = JSON.stringify(this.means);
    this.chart.dataset.intervals = JSON.stringify(this.intervals);
  }

  #draw() {
    const width = this.chart.clientWidth;
    this.chart.toggleAttribute("hidden", !this.means);
    find("legend").hidden = !this.means;
    if (!this.means || !width) return;
    const steps = this.means.length;
    const inner = width - EDGE.left - EDGE.right;
    const room = Math.max(0, Math.floor(inner / STEP) - steps - this.handles);
    const before = this.values.slice(-this.handles - room);
    const count = before.length + steps;
    const bounds = this.intervals.flatMap(([, pairs]) => pairs.flat());
    this.range ??= padded([...before, ...this.means, ...bounds]);
    const [low, high] = this.range;
    const x = (place) => EDGE.left + ((place + before.length - 0.5) / count) * inner; // place 0 is the last value's
    const y = (value) => EDGE.top + ((high - value) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
    this.scale = { x, value: (pixel) => high - ((pixel - EDGE.top) / (HEIGHT - EDGE.top - EDGE.bottom)) * (high - low) };
    const line = (points) => points.map(([at, value], i) => `${i ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    const still = svg("g", { "aria-hidden": "true" });
    for (const tick of ticks(low, high)) {
      still.append(svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(tick), y2: y(tick) }));
      still.append(svg("text", { x: EDGE.left - 8, y: y(tick) + 4, "text-anchor": "end" }, number(tick, decimals(high - low))));
    }
    const label = this.#name(steps);
    const every = Math.ceil((label.length * 8 + 12) / (inner / count));
    for (let place = 1 - before.length; place <= steps; place++)
      if ((place - steps) % every === 0)
        still.append(svg("text", { x: x(place), y: HEIGHT - 8, "text-anchor": "middle" }, this.names.length ? this.#name(place) : place));
    const from = [0, this.values.at(-1)];
    for (const [level, pairs] of this.intervals) {
      const edges = [0, 1].map((side) => [from, ...pairs.map((pair, i) => [i + 1, pair[side]])]);
      still.append(svg("path", { class: `band band-${level}`, d: `${line([...edges[0], ...edges[1].reverse()])}Z` }));
    }
    still.append(svg("path", { class: "line", d: line(before.map((value, i) => [i + 1 - before.length, value])) }));
    still.append(svg("path", { class: "line mean", d: line([from, ...this.means.map((mean, i) => [i + 1, mean])]) }));
    for (const [i, mean] of this.means.entries()) still.append(svg("circle", { class: "dot", cx: x(i + 1), cy: y(mean), r: 3 }));
    this.chart.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    if (this.chart.firstChild?.tagName === "g") this.chart.firstChild.replaceWith(still);
    else this.chart.append(still);
    this.#drawHandles(x, y);
    this.#drawLegend();
  }

  /** Sliders on the last values; those there stay, for one of them may have the focus. */
  #drawHandles(x, y) {
    const there = [...this.chart.querySelectorAll(".handle")];
    for (const extra of there.splice(this.handles)) extra.remove();
    while (there.length < this.handles) {
      const handle = svg("g", { class: "handle", role: "slider", tabindex: 0, "aria-orientation": "vertical" });
      handle.append(svg("circle", { class: "reach", r: REACH }), svg("circle", { r: 7 }));
      handle.addEventListener("keydown", (event) => this.#key(event, there.indexOf(handle)));
      this.chart.append(handle);
      there.push(handle);
    }
    const [low, high] = this.range;
    for (const [i, handle] of there.entries()) {
      const place = i + 1 - this.handles;
      const value = this.values.at(place - 1);
      const words = { label: say("point", this.#name(place)), valuemin: low, valuemax: high, valuenow: value };
      for (const [name, word] of Object.entries(words)) handle.setAttribute(`aria-${name}`, word);
      handle.setAttribute("aria-valuetext", `${number(value, 2)} ${this.#model.unit?.slice(0, 40) ?? ""}`);
      handle.setAttribute("transform", `translate(${x(place).toFixed(1)} ${y(value).toFixed(1)})`);
    }
  }

  #drawLegend() {
    const names = say("legend");
    const shown = [["line", names[0]], ["mean", names[1]], ...[...this.intervals].reverse().map(([level]) => [`band-${level}`, names[level === 80 ? 2 : 3]])]; // prettier-ignore
    const items = shown.map(([kind, name]) => {
      const [item, key] = [document.createElement("span"), document.createElement("i")];
      key.className = `key ${kind}`;
      item.append(key, name);
      return item;
    });
    find("legend").replaceChildren(...items);
  }

  #set(handle, value) {
    this.values[this.values.length - this.handles + handle] = value;
    return this.#forecast();
  }

  #key(event, handle) {
    const [low, high] = this.range;
    const small = 10 ** -decimals(high - low);
    const by = { ArrowUp: small, ArrowRight: small, ArrowDown: -small, ArrowLeft: -small, PageUp: 10 * small, PageDown: -10 * small }[event.key]; // prettier-ignore
    if (by === undefined) return;
    event.preventDefault();
    this.#set(handle, Number((this.values.at(handle - this.handles) + by).toFixed(6)));
  }

  #press(event) {
    const handle = event.target.closest(".handle");
    if (!handle) return;
    const left = this.chart.getBoundingClientRect().left; // where two are in reach, the nearer one
    const places = Array.from({ length: this.handles }, (_, i) => Math.abs(left + this.scale.x(i + 1 - this.handles) - event.clientX));
    this.held = { handle: places.indexOf(Math.min(...places)) };
    this.chart.setPointerCapture(event.pointerId);
    this.chart.querySelectorAll(".handle")[this.held.handle].focus({ preventScroll: true });
    event.preventDefault();
    this.#drag(event);
  }

  #drag(event) {
    if (!this.held) return;
    const [low, high] = this.range;
    const pixel = event.clientY - this.chart.getBoundingClientRect().top;
    const value = Math.min(high, Math.max(low, this.scale.value(pixel)));
    this.#set(this.held.handle, Number(value.toFixed(decimals(high - low) + 1)));
  }

  #drop() {
    if (!this.held) return;
    this.held = null;
    this.#forecast();
  }
}

/** A range around values, with room to drag them. */
function padded(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  return [low - room, high + room];
}

const decimals = (range) => Math.max(0, Math.min(6, 2 - Math.ceil(Math.log10(range))));

/** Round numbers within a range, four to eight of them. */
function ticks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => (Math.ceil(low / step) + i) * step).filter((tick) => tick <= high);
}
