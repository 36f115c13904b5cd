"use strict";
// Elements, and the words that are in them. The page is one script: these files, in the order of `HTMLReport`.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "click") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
const code = (text) => make("code", {}, text);
// A sentence in which names stand between backticks; those of raw identifiers have pairs of their own in them.
const sentence = (text) => text.split(/`((?:[^`]|`[^`]+`)+?)`(?![\p{L}\p{N}_])/u).map((part, index) => (index % 2 ? code(part) : part));
// The longest generic arguments left out, as in the text report: `Map<Filter<…>, String>.Inner<…>`.
function briefly(text) {
  const limit = 60;
  if (text.length <= limit || !text.includes("<")) return text;
  const open = [""];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "<") open.push("");
    // The arrow of a function type closes nothing.
    else if (character === ">" && text[index - 1] !== "-") {
      if (open.length === 1) return text;
      const inner = open.pop();
      open[open.length - 1] += inner.length > limit ? "<…>" : `<${inner}>`;
    } else open[open.length - 1] += character;
  }
  return open.length === 1 ? open[0] : text;
}
// What is left out of a name is its tooltip.
function named(text) {
  const brief = briefly(text);
  return make("code", { title: brief === text ? null : text }, brief);
}
const grouped = (number) => number.toLocaleString("en-US");
const quantity = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
function readableBytes(bytes) {
  if (bytes < 1024) return quantity(bytes, "byte");
  let value = bytes / 1024, unit = 0;
  const units = ["KB", "MB", "GB", "TB", "PB"];
  while (value >= 1023.95 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value.toFixed(1)} ${units[unit]}`;
}
const fileName = (path) => path.split("/").pop();
const readableKind = (kind) => kind.replace("-", " ");
const capitalized = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const percent = (part, whole) => (whole > 0 ? `${Math.floor(part / whole * 1000) / 10}%` : "–");
function position(place) {
  if (!place || !place.file) return null;
  return fileName(place.file) + (place.line ? ":" + place.line : "");
}
function copyButton(text, label) {
  const button = make("button", { type: "button", click: () => {
    const done = () => { button.textContent = "Copied"; setTimeout(() => { button.textContent = label; }, 1200); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => prompt(label, text));
    else prompt(label, text);
  } }, label);
  return button;
}
