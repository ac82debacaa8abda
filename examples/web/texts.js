// What the page says, in English and Chinese: of each key both.

const LANGUAGES = ["en", "zh"];
const TEXTS = {
  subtitle: ["Small RNNs, on this device", "小型循环网络，本机运行"],
  other: ["中文", "English"],
  model: ["Model", "模型"],
  cell: ["Cell", "单元"],
  precision: ["Precision", "精度"],
  "char/hello_world": ["Text: hello world", "文本：hello world"],
  "char/shakespeare": ["Text: Shakespeare", "文本：莎士比亚"],
  "gs10/annual": ["US yield: years", "美债收益率：年"],
  "gs10/monthly": ["US yield: months", "美债收益率：月"],
  "gs10/levels": ["US yield: plain recipe", "美债收益率：普通做法"],
  own_file: ["Your file: {0}", "你的文件：{0}"],
  loading: ["Loading …", "正在载入 …"],
  bytes: ["{0} bytes", "{0} 字节"],
  microseconds: ["{0} µs a call", "每次 {0} 微秒"],
  writing: ["It writes on", "续写"],
  beginning: ["Beginning", "开头"],
  written: ["Text", "文本"],
  write: ["Write on", "继续写"],
  stop: ["Stop", "停止"],
  restart: ["Restart", "重来"],
  temperature: ["Temperature", "温度"],
  length: ["Characters", "续写字符数"],
  next: ["Next character", "下一个字符"],
  add: ["Likely next characters; choose one to add it", "下一个字符的候选；点一个就加上它"],
  state: ["Hidden state", "隐藏状态"],
  state_hint: [
    "Above, a column for each character read and a row for each {0}: red above zero, blue below. Tap a character to add it.",
    "上图每列是读过的一个字符，每行一个单元{0}：红色为正，蓝色为负。点一个字符就加上它。",
  ],
  each_unit: ["unit", ""],
  first_units: ["of the first {0} units of {1}", "（{1} 个中的前 {0} 个）"],
  settings: ["Settings", "设置"],
  state_label: ["States of {1} units after each of: {0}", "读完以下每个字符后 {1} 个单元的状态：{0}"],
  too_short: ["Characters that the model reads at least: {0}", "模型至少要读 {0} 个字符。"],
  unknown: ["The model does not know: {0}", "模型不认识：{0}"],
  left_out: ["Left out, for the model does not know them: {0}", "模型不认识，已略去：{0}"],
  done: ["Written: {0}", "已写出：{0}"],
  forecast: ["It forecasts", "预测"],
  steps: ["Steps ahead", "预测步数"],
  annual_hint: [
    "Mean yield of 10-year US Treasuries a year, in percent. Drag the last six values.",
    "美国 10 年期国债收益率的年平均值，单位为百分比。拖动最后六个值。",
  ],
  monthly_hint: [
    "Mean yield of 10-year US Treasuries a month, in percent. Drag the last six values.",
    "美国 10 年期国债收益率的月平均值，单位为百分比。拖动最后六个值。",
  ],
  series_hint: ["Drag the last {0} values{1}, or put in your own below.", "拖动最后 {0} 个值{1}，或在下面填入自己的数值。"],
  in_unit: [", in {0}", "（单位：{0}）"],
  need_values: ["Put in at least {0} numbers, oldest first.", "请填入至少 {0} 个数，从最早的开始。"],
  chart: ["Forecast; its last values can be moved", "预测图；最后几个值可以移动"],
  point: ["Value of {0}", "{0} 的值"],
  back: ["{0} before the last", "倒数第 {1} 个"],
  last: ["the last", "最后一个"],
  observed: ["Values", "数值"],
  interval: ["{0}% interval", "{0}% 区间"],
  numbers: ["In numbers", "数字"],
  when: ["When", "时间"],
  mean: ["Forecast", "预测"],
  low: ["{0}% low", "{0}% 下限"],
  high: ["{0}% high", "{0}% 上限"],
  values: ["Values, oldest first", "数值，从最早的开始"],
  own: ["A model of yours", "你自己的模型"],
  own_hint: [
    "Drop a .tflite file here, such as to_litert(model, path, vocabulary=…) writes. It stays on this device.",
    "把 .tflite 文件拖到这里，例如 to_litert(model, path, vocabulary=…) 写出的文件。文件不会离开这台设备。",
  ],
  open: ["Open a .tflite file", "打开 .tflite 文件"],
  about: ["About this model", "关于这个模型"],
  limits: ["Limits", "局限"],
  license: ["License", "许可证"],
  writer: ["Written by", "写出者"],
  private: [
    "No text and no file leaves this device: the page talks to nobody but the place it came from, for its own files.",
    "文字和文件都不会离开这台设备：本页只向它的来处请求自己的文件。",
  ],
  failed: ["This does not work here:", "这里无法运行："],
  no_model: ["This file is not a LiteRT model.", "这个文件不是 LiteRT 模型。"],
  foreign: [
    "This LiteRT model is of another program: it does not say what its numbers mean. to_litert writes that with vocabulary= or unit=.",
    "这个 LiteRT 模型来自别的程序，没有说明数字的含义。to_litert 在给出 vocabulary= 或 unit= 时会写入说明。",
  ],
  damaged: ["This file is damaged.", "这个文件已损坏。"],
  newer: ["This file is of a newer keras_rnn than this page.", "写出这个文件的 keras_rnn 比本页新。"],
  older: [
    "This file is of an early keras_rnn and has no checksum. Convert its model anew.",
    "这个文件由早期的 keras_rnn 写出，没有校验和。请重新转换模型。",
  ],
  invalid: ["What this file says of itself cannot be right.", "这个文件对自己的说明不可能正确。"],
  misfit: ["What this file says of itself does not fit its model.", "这个文件对自己的说明与模型不符。"],
  kind: [
    "This page shows models of text and forecasters of one series; this file is of another kind.",
    "本页展示文本模型和单序列预测模型；这个文件属于另一种。",
  ],
  features: [
    "This page draws forecasters of one value a period; this file reads several.",
    "本页只画每期一个值的预测模型；这个文件每期读多个值。",
  ],
  not_finite: ["The model's answer is not a number.", "模型的答案不是数。"],
  refused: ["LiteRT does not run this file.", "LiteRT 无法运行这个文件。"],
  large: ["This file is larger than 100 MB.", "这个文件超过 100 MB。"],
  offline: ["This model is not on this device yet, and there is no network.", "这个模型还不在这台设备上，而且没有网络。"],
  insecure: [
    "A browser lets this page check files only on https or on this machine itself.",
    "只有在 https 或本机上，浏览器才允许本页校验文件。",
  ],
};

let language = navigator.language.startsWith("zh") ? "zh" : "en";
try {
  const kept = localStorage.getItem("language");
  if (LANGUAGES.includes(kept)) language = kept;
} catch {
  // a browser that lets pages keep nothing
}

/** The text of a key, with what it speaks of in the place of {0} and {1}. */
export function say(key, ...parts) {
  return TEXTS[key]?.[LANGUAGES.indexOf(language)].replace(/\{(\d)\}/g, (_, place) => parts[place]);
}

/** Whether there is a text of this key. */
export const known = (key) => Object.hasOwn(TEXTS, key);

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
