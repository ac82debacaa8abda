// The part of the page that forecasts: a chart whose last values can be moved by finger, mouse or keys.

import { element, find } from "./dom.js";
import { number, say } from "./texts.js";

const LEVELS = [95, 80]; // percent, the widest first
const HANDLES = 12; // values that can be moved, at the most
const STEP = 24; // pixels between values, at the least, while the chart is wide enough
const HEIGHT = 300;
const EDGE = { left: 40, right: 14, top: 14, bottom: 28 }; // pixels around the plot
const REACH = 22; // pixels around a value in which a finger takes it
const KEYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

function svg(tag, attributes, ...within) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...within);
  return made;
}

export { SeriesModel as Model } from "./series.js";

export class View {
  #model = null;
  #run = 0; // of forecasting; only the latest is drawn
  #held = null; // the handle under a finger, counted from the left

  constructor(report) {
    this.report = report;
    this.chart = find("chart");
    find("reset").addEventListener("click", () => this.#reset());
    find("steps").addEventListener("input", () => this.#forecast());
    find("values").addEventListener("input", ({ target }) => this.#take(target.value));
    this.chart.addEventListener("pointerdown", (event) => this.#press(event));
    this.chart.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.chart.addEventListener(end, () => this.#drop());
    new ResizeObserver(() => this.#draw()).observe(this.chart);
  }

  /** Show a SeriesModel; of one of the zoo, which has a name, `history` has names and values of what it forecasts. */
  async show(model, name, history) {
    this.#model = model;
    this.history = name && history;
    find("steps").value = 5;
    await this.#reset();
    if (!this.history) find("values").closest("details").open = true;
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
    this.values = text.split(/[\s,;，；、]+/).filter(Boolean).map(Number);
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
    this.report(null);
    if (this.values.length >= model.window && this.values.every(Number.isFinite)) {
      try {
        const means = await model.forecast(this.values, steps);
        if (run !== this.#run) return;
        this.means = means;
      } catch (error) {
        if (run === this.#run) this.report(error);
        return;
      }
      const halves = LEVELS.map((level) => [level, model.halfWidths(level, steps)]).filter(([, half]) => half);
      this.intervals = halves.map(([level, half]) => [level, this.means.map((m, i) => [m - half[i], m + half[i]])]);
    }
    if (this.#held === null) this.range = null;
    this.translate();
  }

  /** The texts that change with the language, and all that is drawn with them. */
  translate() {
    if (!this.#model) return;
    const { unit, frequency, window } = this.#model;
    const hint = this.history ? say(`${frequency}_hint`) : say("series_hint", this.handles, unit && say("in_unit", unit));
    find("series-hint").textContent = this.means ? hint : say("need_values", window);
    find("steps-value").textContent = find("steps").value;
    this.chart.ariaLabel = say("chart");
    this.#drawTable();
    this.#draw();
  }

  /** The name of a value, counted from the last one, 0: a year, a month, or how far it is away. */
  #name(place) {
    const last = this.names.at(-1);
    if (!last) return place > 0 ? `+${place}` : place ? say("back", -place, 1 - place) : say("last");
    const [year, month] = last.split("-").map(Number);
    if (!month) return String(year + place);
    return new Date(Date.UTC(year, month - 1 + place)).toISOString().slice(0, 7);
  }

  #drawTable() {
    const levels = this.means ? this.intervals.toReversed() : [];
    const head = [say("when"), say("mean"), ...levels.flatMap(([level]) => [say("low", level), say("high", level)])];
    const rows = (this.means ?? []).map((mean, i) => {
      const numbers = [mean, ...levels.flatMap(([, bounds]) => bounds[i])];
      const cells = numbers.map((value) => element("td", {}, number(value, 2)));
      return element("tr", {}, element("th", { scope: "row" }, this.#name(i + 1)), ...cells);
    });
    find("table").replaceChildren(element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text))), ...rows);
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
    this.decimals = Math.max(0, Math.min(6, 2 - Math.ceil(Math.log10(high - low)))); // of 0.1 to 1 % of the height
    const pixels = (HEIGHT - EDGE.top - EDGE.bottom) / (high - low); // of 1
    const x = (place) => EDGE.left + ((place + before.length - 0.5) / count) * inner; // place 0 is the last value's
    const y = (value) => EDGE.top + (high - value) * pixels;
    this.scale = { x, value: (pixel) => high - (pixel - EDGE.top) / pixels };
    const line = (points) => `M${points.map(([place, value]) => `${x(place).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`;
    const still = svg("g", { "aria-hidden": "true" });
    const write = (text, at, anchor) => still.append(svg("text", { ...at, "text-anchor": anchor }, text));
    for (const tick of ticks(low, high)) {
      still.append(svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(tick), y2: y(tick) }));
      write(number(tick, this.decimals, true), { x: EDGE.left - 8, y: y(tick) + 4 }, "end");
    }
    const every = Math.ceil((this.#name(steps).length * 8 + 12) / (inner / count));
    for (let place = steps; place > -before.length; place -= every)
      write(this.names.length ? this.#name(place) : place, { x: x(place), y: HEIGHT - 8 }, "middle");
    const from = [0, this.values.at(-1)];
    for (const [level, pairs] of this.intervals) {
      const [lower, upper] = [0, 1].map((side) => pairs.map((pair, i) => [i + 1, pair[side]]));
      still.append(svg("path", { class: `band-${level}`, d: `${line([from, ...lower, ...upper.reverse()])}Z` }));
    }
    const means = this.means.map((mean, i) => [i + 1, mean]);
    still.append(
      svg("path", { class: "line", d: line(before.map((value, i) => [i + 1 - before.length, value])) }),
      svg("path", { class: "line mean", d: line([from, ...means]) }),
      ...means.map(([place, mean]) => svg("circle", { class: "dot", cx: x(place), cy: y(mean), r: 3 })),
    );
    this.chart.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.still?.remove();
    this.chart.prepend((this.still = still));
    this.#drawHandles(x, y);
    const bands = this.intervals.map(([level]) => [`band-${level}`, say("interval", level)]).reverse();
    const kinds = [["line", say("observed")], ["mean", say("mean")], ...bands]; // prettier-ignore
    find("legend").replaceChildren(...kinds.map(([kind, name]) => element("span", {}, element("i", { className: kind }), name)));
  }

  /** Sliders on the last values; those there stay, for one of them may have the focus. */
  #drawHandles(x, y) {
    const there = [...this.chart.querySelectorAll(".handle")];
    for (const extra of there.splice(this.handles)) extra.remove();
    while (there.length < this.handles) {
      const place = there.length;
      const handle = svg("g", { class: "handle", role: "slider", tabindex: 0, "aria-orientation": "vertical" });
      handle.append(svg("circle", { class: "reach", r: REACH }), svg("circle", { r: 7 }));
      handle.addEventListener("keydown", (event) => this.#key(event, place));
      this.chart.append(handle);
      there.push(handle);
    }
    const [low, high] = this.range;
    for (const [i, handle] of there.entries()) {
      const place = i + 1 - this.handles;
      const value = this.values.at(place - 1);
      handle.setAttribute("transform", `translate(${x(place).toFixed(1)} ${y(value).toFixed(1)})`);
      const text = `${number(value, 2)} ${this.#model.unit}`;
      const words = { label: say("point", this.#name(place)), valuemin: low, valuemax: high, valuenow: value, valuetext: text };
      for (const [name, word] of Object.entries(words)) handle.setAttribute(`aria-${name}`, word);
    }
  }

  #set(handle, value) {
    this.values[this.values.length - this.handles + handle] = value;
    return this.#forecast();
  }

  #key(event, handle) {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    const by = KEYS[event.key] * 10 ** -this.decimals;
    this.#set(handle, Number((this.values.at(handle - this.handles) + by).toFixed(6)));
  }

  #press(event) {
    if (!event.target.closest(".handle")) return;
    const left = this.chart.getBoundingClientRect().left; // where two are in reach, the nearer one
    const away = Array.from({ length: this.handles }, (_, i) => Math.abs(left + this.scale.x(i + 1 - this.handles) - event.clientX));
    this.#held = away.indexOf(Math.min(...away));
    this.chart.setPointerCapture(event.pointerId);
    this.chart.querySelectorAll(".handle")[this.#held].focus({ preventScroll: true });
    event.preventDefault();
    this.#drag(event);
  }

  #drag(event) {
    if (this.#held === null) return;
    const [low, high] = this.range;
    const pixel = event.clientY - this.chart.getBoundingClientRect().top;
    const value = Math.min(high, Math.max(low, this.scale.value(pixel)));
    this.#set(this.#held, Number(value.toFixed(this.decimals + 1)));
  }

  #drop() {
    if (this.#held === null) return;
    this.#held = null;
    this.#forecast();
  }
}

/** A range around values, with room to drag them. */
function padded(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  return [low - room, high + room];
}

/** Round numbers within a range, four to eight of them. */
function ticks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}
