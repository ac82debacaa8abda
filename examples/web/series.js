// A forecaster: what keras_rnn/runtime/series.py and keras_rnn/series/intervals.py compute.

import { expectSignature, finite } from "./litert.js";

const THETA = 2 - Math.sqrt(3); // Working (1960): keras_rnn/series/walks.py

export class SeriesModel {
  /** `file` is a CompiledFile, `metadata` its document, of one feature. Throws where they do not fit. */
  constructor(file, { window, settings }) {
    this.file = file;
    this.window = window;
    this.unit = settings.unit?.slice(0, 40) ?? "";
    this.frequency = settings.frequency;
    this.residuals = settings.residuals?.map((row) => [...row].sort((a, b) => a - b));
    const found = file.signatures.serving_default?.outputs.prediction?.shape ?? [];
    const several = found.length === 2 && found[0] === 1 ? [found] : [];
    const prediction = [[1, 1], [1, window, 1], ...several]; // prettier-ignore
    expectSignature(file, "serving_default", { history: [[1, window, 1], [1, window]] }, { prediction }); // prettier-ignore
    this.everyStep = found.length === 3;
  }

  /** The next `steps` values, float64, from at least a window of them; beyond an answer each from the ones before. */
  async forecast(history, steps) {
    const rows = history.slice(-this.window);
    while (rows.length < this.window + steps) {
      const window = Float32Array.from(rows.slice(-this.window));
      const { prediction } = await this.file.call("serving_default", { history: window });
      rows.push(...finite(this.everyStep ? prediction.slice(-1) : prediction));
    }
    return rows.slice(this.window, this.window + steps);
  }

  /** Half the width of the interval of a level in percent at each of the next `steps`; null where it cannot be told. */
  halfWidths(level, steps) {
    const rank = this.residuals && conformalRank(this.residuals[0].length, level);
    if (!rank) return null;
    let widest = 0;
    const own = this.residuals.map((row) => (widest = Math.max(widest, row[rank - 1])));
    const growth = (ahead) => Math.sqrt(1 + (ahead - 1) * (1 + THETA) ** 2);
    const last = own.length;
    return Array.from({ length: steps }, (_, i) => own[i] ?? (own[last - 1] * growth(i + 1)) / growth(last));
  }
}

/** Which of `count` sorted residuals covers a new one with the level: ⌈(count + 1) · level/100⌉, or null beyond them. */
function conformalRank(count, level) {
  const rank = Math.max(1, Math.ceil(Number(((count + 1) * (level / 100)).toFixed(9))));
  return rank > count ? null : rank;
}
