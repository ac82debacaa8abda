// What the page says, in English and Chinese.

const en = {
  subtitle: "Small RNNs, on this device",
  other: "中文",
  model: "Model",
  cell: "Cell",
  precision: "Precision",
  "char/hello_world": "Text: hello world",
  "char/shakespeare": "Text: Shakespeare",
  "gs10/annual": "US yield: years",
  "gs10/monthly": "US yield: months",
  "gs10/levels": "US yield: plain recipe",
  own_file: (name) => `Your file: ${name}`,
  loading: "Loading …",
  bytes: (n) => `${n} bytes`,
  microseconds: (n) => `${n} µs a call`,
  writing: "It writes on",
  beginning: "Beginning",
  written: "Text",
  write: "Write on",
  stop: "Stop",
  restart: "Restart",
  temperature: "Temperature",
  length: "Characters",
  next: "Next character",
  add: "Likely next characters; choose one to add it",
  state: "Hidden state",
  state_hint: (shown, all) => `Above, a column for each character read and a row for each ${String(shown) !== all ? `of the first ${shown} units of ${all}` : "unit"}: red above zero, blue below. Tap a character to add it.`,
  settings: "Settings",
  state_label: (characters, units) => `States of ${units} units after each of: ${characters}`,
  too_short: (n) => `Characters that the model reads at least: ${n}`,
  unknown: (characters) => `The model does not know: ${characters}`,
  left_out: (characters) => `Left out, for the model does not know them: ${characters}`,
  done: (text) => `Written: ${text}`,
  forecast: "It forecasts",
  steps: "Steps ahead",
  annual_hint: "Mean yield of 10-year US Treasuries a year, in percent. Drag the last six values.",
  monthly_hint: "Mean yield of 10-year US Treasuries a month, in percent. Drag the last six values.",
  series_hint: (n, unit) => `Drag the last ${n} values${unit ? `, in ${unit}` : ""}, or put in your own below.`,
  need_values: (n) => `Put in at least ${n} numbers, oldest first.`,
  chart: "Forecast; its last values can be moved",
  point: (name) => `Value of ${name}`,
  back: (n) => `${n} before the last`,
  last: "the last",
  legend: ["values", "forecast", "80% interval", "95% interval"],
  numbers: "In numbers",
  when: "When",
  mean: "Forecast",
  low: (level) => `${level}% low`,
  high: (level) => `${level}% high`,
  values: "Values, oldest first",
  own: "A model of yours",
  own_hint: "Drop a .tflite file here, such as to_litert(model, path, vocabulary=…) writes. It stays on this device.",
  open: "Open a .tflite file",
  about: "About this model",
  limits: "Limits",
  license: "License",
  writer: "Written by",
  private: "No text and no file leaves this device: the page talks to nobody but the place it came from, for its own files.",
  failed: "This does not work here:",
  no_model: "This file is not a LiteRT model.",
  foreign: "This LiteRT model is of another program: it does not say what its numbers mean. to_litert writes that with vocabulary= or unit=.",
  damaged: "This file is damaged.",
  newer: "This file is of a newer keras_rnn than this page.",
  older: "This file is of an early keras_rnn and has no checksum. Convert its model anew.",
  invalid: "What this file says of itself cannot be right.",
  misfit: "What this file says of itself does not fit its model.",
  kind: "This page shows models of text and forecasters of one series; this file is of another kind.",
  features: "This page draws forecasters of one value a period; this file reads several.",
  not_finite: "The model's answer is not a number.",
  refused: "LiteRT does not run this file.",
  large: "This file is larger than 100 MB.",
  offline: "This model is not on this device yet, and there is no network.",
  insecure: "A browser lets this page check files only on https or on this machine itself.",
};

const zh = {
  subtitle: "小型循环网络，本机运行",
  other: "English",
  model: "模型",
  cell: "单元",
  precision: "精度",
  "char/hello_world": "文本：hello world",
  "char/shakespeare": "文本：莎士比亚",
  "gs10/annual": "美债收益率：年",
  "gs10/monthly": "美债收益率：月",
  "gs10/levels": "美债收益率：普通做法",
  own_file: (name) => `你的文件：${name}`,
  loading: "正在载入 …",
  bytes: (n) => `${n} 字节`,
  microseconds: (n) => `每次 ${n} 微秒`,
  writing: "续写",
  beginning: "开头",
  written: "文本",
  write: "继续写",
  stop: "停止",
  restart: "重来",
  temperature: "温度",
  length: "续写字符数",
  next: "下一个字符",
  add: "下一个字符的候选；点一个就加上它",
  state: "隐藏状态",
  state_hint: (shown, all) => `上图每列是读过的一个字符，每行一个单元${String(shown) !== all ? `（${all} 个中的前 ${shown} 个）` : ""}：红色为正，蓝色为负。点一个字符就加上它。`,
  settings: "设置",
  state_label: (characters, units) => `读完以下每个字符后 ${units} 个单元的状态：${characters}`,
  too_short: (n) => `模型至少要读 ${n} 个字符。`,
  unknown: (characters) => `模型不认识：${characters}`,
  left_out: (characters) => `模型不认识，已略去：${characters}`,
  done: (text) => `已写出：${text}`,
  forecast: "预测",
  steps: "预测步数",
  annual_hint: "美国 10 年期国债收益率的年平均值，单位为百分比。拖动最后六个值。",
  monthly_hint: "美国 10 年期国债收益率的月平均值，单位为百分比。拖动最后六个值。",
  series_hint: (n, unit) => `拖动最后 ${n} 个值${unit ? `（单位：${unit}）` : ""}，或在下面填入自己的数值。`,
  need_values: (n) => `请填入至少 ${n} 个数，从最早的开始。`,
  chart: "预测图；最后几个值可以移动",
  point: (name) => `${name} 的值`,
  back: (n) => `倒数第 ${n + 1} 个`,
  last: "最后一个",
  legend: ["数值", "预测", "80% 区间", "95% 区间"],
  numbers: "数字",
  when: "时间",
  mean: "预测",
  low: (level) => `${level}% 下限`,
  high: (level) => `${level}% 上限`,
  values: "数值，从最早的开始",
  own: "你自己的模型",
  own_hint: "把 .tflite 文件拖到这里，例如 to_litert(model, path, vocabulary=…) 写出的文件。文件不会离开这台设备。",
  open: "打开 .tflite 文件",
  about: "关于这个模型",
  limits: "局限",
  license: "许可证",
  writer: "写出者",
  private: "文字和文件都不会离开这台设备：本页只向它的来处请求自己的文件。",
  failed: "这里无法运行：",
  no_model: "这个文件不是 LiteRT 模型。",
  foreign: "这个 LiteRT 模型来自别的程序，没有说明数字的含义。to_litert 在给出 vocabulary= 或 unit= 时会写入说明。",
  damaged: "这个文件已损坏。",
  newer: "写出这个文件的 keras_rnn 比本页新。",
  older: "这个文件由早期的 keras_rnn 写出，没有校验和。请重新转换模型。",
  invalid: "这个文件对自己的说明不可能正确。",
  misfit: "这个文件对自己的说明与模型不符。",
  kind: "本页展示文本模型和单序列预测模型；这个文件属于另一种。",
  features: "本页只画每期一个值的预测模型；这个文件每期读多个值。",
  not_finite: "模型的答案不是数。",
  refused: "LiteRT 无法运行这个文件。",
  large: "这个文件超过 100 MB。",
  offline: "这个模型还不在这台设备上，而且没有网络。",
  insecure: "只有在 https 或本机上，浏览器才允许本页校验文件。",
};

const texts = { en, zh };
let language = remembered() ?? (navigator.language.startsWith("zh") ? "zh" : "en");

function remembered() {
  try {
    return localStorage.getItem("language");
  } catch {
    return null; // of a browser that lets pages keep nothing
  }
}

/** The text of a key, with what it speaks of. */
export function say(key, ...parts) {
  const text = texts[language][key];
  return typeof text === "function" ? text(...parts) : text;
}

/** Whether there is a text of this key. */
export const known = (key) => Object.hasOwn(en, key);

export function otherLanguage() {
  language = language === "en" ? "zh" : "en";
  try {
    localStorage.setItem("language", language);
  } catch {
    // then it is chosen again next time
  }
}

/** Write the texts of the page's own elements. */
export function writeTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = say(element.dataset.label);
}

/** A number with the language's marks; a long one may be `short`, such as 1.05M. */
export const number = (value, digits = 0, short = false) =>
  value.toLocaleString(
    language,
    short && Math.abs(value) >= 1e5
      ? { notation: "compact", maximumSignificantDigits: 4 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits },
  );

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥" };

/** A character as it is shown alone. */
export function sign(character) {
  const code = character.codePointAt(0);
  return SIGNS[character] ?? (code < 32 || (code > 126 && code < 161) ? `U+${code.toString(16).padStart(4, "0")}` : character);
}
