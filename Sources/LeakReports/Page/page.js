"use strict";
// Shows the report that the page carries. No network, no library: the page is one file that can be passed on.
const page = JSON.parse(document.getElementById("data").textContent);
const report = page.report;
report.findings = JSON.parse(document.getElementById("found").textContent);
const failing = new Set(page.failing);

// MARK: Building elements

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
function position(place) {
  if (!place || !place.file) return null;
  return fileName(place.file) + (place.line ? ":" + place.line : "");
}
function copyButton(text, label) {
  const button = make("button", { type: "button", click: () => {
    const done = () => { button.textContent = "copied"; setTimeout(() => { button.textContent = label; }, 1200); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => prompt(label, text));
    else prompt(label, text);
  } }, label);
  return button;
}

// MARK: The state of a finding

const isLeak = (finding) =>
  ["retain-cycle", "unbalanced-retain", "unreachable", "stuck-task"].includes(finding.kind) && finding.confidence !== "possible";
// Whether the last reference of the path leads back to its start, and not to another object of that type.
function isCycle(finding) {
  const path = finding.path;
  return ["retain-cycle", "unbalanced-retain"].includes(finding.kind) && !finding.root
    && path.length > 0 && path[path.length - 1].to === path[0].from;
}
function standing(finding) {
  if (finding.suppressedBy !== null) return "suppressed";
  if (failing.has(finding.signature)) return "failing";
  if (finding.baseline === "known") return "known";
  return "other";
}

// MARK: The picture of a path

const svgName = "http://www.w3.org/2000/svg";
function draw(name, attributes, text) {
  const element = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}
// A path can be longer than a call's list of arguments.
const longest = (items, length) => items.reduce((most, item) => Math.max(most, length(item)), 0);
const short = (text, length) => (text.length > length ? text.slice(0, length - 1) + "…" : text);
// Types without modules are what fits into a box; the whole name is its tooltip.
const withoutModules = (type) => briefly(type).replace(/\(extension in [^)]*\):/g, "").replace(/\b\w+\.(?=[\w(])/g, "");

const advices = { "weaken": "make weak", "break-by-hand": "break by hand" };
// What to do with a reference that the hint names.
const advice = (finding) => `✂ ${advices[finding.hint.change] || "change this"}`;

// The objects from top to bottom, each reference an arrow with its name; a cycle comes back along the right.
function picture(finding) {
  const steps = finding.path;
  const changes = new Set(finding.hint ? finding.hint.edges : []);
  const returns = isCycle(finding);
  let nodes = [];
  if (finding.root) nodes.push({ text: finding.root.name, root: true });
  const first = nodes.length;
  if (steps.length === 0) nodes.push({ text: finding.type });
  steps.forEach((step, index) => {
    if (index === 0) nodes.push({ text: step.from });
    if (!(returns && index === steps.length - 1)) nodes.push({ text: step.to });
  });
  let links = steps.map((step, index) => ({ step, index, change: changes.has(index), from: first + index, to: first + index + 1 }));
  const changed = links.filter((link) => link.change);
  // Of a long path its ends, and what to change with its neighbours.
  const keep = nodes.map((_, index) => nodes.length <= 14 || index < 8 || index >= nodes.length - 3
    || changed.some((link) => Math.abs(link.from - index) <= 1));
  const rows = [];
  const rowOf = new Map();
  nodes.forEach((node, index) => {
    if (!keep[index]) {
      if (rows.length && rows[rows.length - 1].gap) rows[rows.length - 1].gap += 1;
      else rows.push({ gap: 1 });
      return;
    }
    rowOf.set(index, rows.length);
    rows.push(node);
  });
  const perLetter = 7.9, height = 30, distance = 66;
  const boxWidth = Math.min(38, Math.max(10, longest(rows, (row) => row.gap ? 0 : withoutModules(row.text).length))) * perLetter + 24;
  // Beside the arrow that closes a cycle: its property, and below it what to do.
  const closing = returns ? links[links.length - 1] : null;
  const closingLines = closing ? [short(closing.step.via, 20), closing.change ? advice(finding) : ""] : [];
  const labelWidth = Math.min(44, longest(links, (link) => link === closing ? 0 : link.step.via.length + (link.change ? 17 : 0))) * 7.3;
  const labelsEnd = boxWidth / 2 + 20 + labelWidth;
  // The arrow back passes the other arrows' names.
  const right = Math.max(boxWidth + 26, closing ? labelsEnd : 0);
  const width = closing ? right + 14 + longest(closingLines, (line) => line.length) * 7.5 : Math.max(boxWidth + 2, labelsEnd);
  const total = rows.length * distance - (distance - height) + (returns && rows.length === 1 ? 26 : 6);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${total}`, width, height: total, role: "img" });
  svg.append(draw("title", {}, pathSentence(finding)));
  const top = (row) => row * distance + 2;
  rows.forEach((row, index) => {
    if (row.gap) {
      const x = boxWidth / 2;
      svg.append(draw("path", { d: `M${x} ${top(index) - distance + height}V${top(index) + distance}`, class: "edge gap" }));
      svg.append(draw("text", { x: x + 12, y: top(index) + 20, class: "label" }, quantity(row.gap, "more object")));
      return;
    }
    const kind = row.root ? "box root" : row.text === finding.type ? "box subject" : "box";
    const box = draw("g", {});
    box.append(draw("title", {}, row.text));
    box.append(draw("rect", { x: 1, y: top(index), width: boxWidth, height, rx: row.root ? 15 : 6, class: kind }));
    box.append(draw("text", { x: boxWidth / 2 + 1, y: top(index) + 20, "text-anchor": "middle" }, short(withoutModules(row.text), 38)));
    svg.append(box);
  });
  const arrow = (path, head, link) => {
    const change = link && link.change ? " change" : "";
    const loose = link && (link.step.ownership !== "strong" || !link.step.exact) ? " loose" : "";
    svg.append(draw("path", { d: path, class: "edge" + change + loose }));
    svg.append(draw("path", { d: head, class: "head" + change }));
  };
  const label = (x, y, link) => {
    const text = link.step.via + (link.change ? `  ${advice(finding)}` : "");
    svg.append(draw("text", { x, y, class: link.change ? "label change" : "label" }, short(text, 44)));
  };
  const down = (row, link) => {
    const x = boxWidth / 2, from = top(row) + height, to = top(row + 1);
    arrow(`M${x} ${from}V${to - 8}`, `M${x - 5} ${to - 9}h10l-5 9z`, link);
    if (link) label(x + 12, from + 22, link);
  };
  if (finding.root && rows.length > 1) down(0, null);
  links.forEach((link) => {
    if (returns && link.index === steps.length - 1) {
      const from = top(rows.length - 1) + 20, to = top(0) + 15;
      const start = rows.length === 1 ? `M${boxWidth / 2} ${top(0) + height}v14H${right - 8}` : `M${boxWidth + 1} ${from}H${right - 8}`;
      arrow(`${start}q8 0 8 -8V${to + 8}q0 -8 -8 -8H${boxWidth + 10}`,
        `M${boxWidth + 11} ${to - 5}v10l-9 -5z`, link);
      closingLines.forEach((line, number) => svg.append(draw("text",
        { x: right + 8, y: (from + to) / 2 + 4 + 16 * number, class: link.change ? "label change" : "label" }, line)));
    } else if (rowOf.has(link.from) && rowOf.has(link.to)) {
      down(rowOf.get(link.from), link);
    }
  });
  return svg;
}
function pathSentence(finding) {
  const start = finding.root ? `${finding.root.name} holds ` : "";
  if (finding.path.length === 0) return start + finding.type;
  return start + finding.path[0].from + finding.path.map((step) => `, whose ${step.via} is ${step.to}`).join("");
}

// MARK: Parts of a finding

// Once in a finding: `quoted` has the places that were shown.
function sourceLines(place, quoted) {
  const key = `${place.file}:${place.line}`;
  const excerpt = page.sources[key];
  if (!excerpt || quoted.has(key)) return null;
  quoted.add(key);
  return make("pre", { "aria-label": `source of ${position(place)}` }, excerpt.lines.map((line, index) => {
    const number = excerpt.start + index;
    return make("span", { class: number === place.line ? "here" : null }, `${String(number).padStart(5)}  ${line}`);
  }));
}
function pathList(finding, quoted) {
  const changes = new Set(finding.hint ? finding.hint.edges : []);
  const items = finding.path.slice(0, 200).map((step, index) => make("li", { class: changes.has(index) ? "change" : null },
    named(`${step.from}.${step.via}`), step.ownership === "strong" ? " → " : ` (${step.ownership}) → `, named(step.to),
    isCycle(finding) && index === finding.path.length - 1 ? make("span", { class: "soft" }, ", the start") : null,
    changes.has(index) ? make("span", { class: "todo" }, ` ${advice(finding)}`) : null,
    step.captures && step.captures.length ? make("span", { class: "soft" }, ` captures ${step.captures.join(", ")}`) : null,
    position(step.location) ? make("span", { class: "soft" }, step.location.function === step.from ? "" : ` ${step.location.function}`,
      ` at ${position(step.location)}`) : null,
    step.location ? sourceLines(step.location, quoted) : null));
  if (finding.path.length > 200) items.push(make("li", {}, `… and ${quantity(finding.path.length - 200, "more reference")}`));
  return make("ol", { class: "path" }, items);
}
function stack(frames, quoted) {
  const items = [];
  let excerpts = 0;
  for (let index = 0; index < frames.length;) {
    let end = index;
    while (end < frames.length && frames[end].library) end += 1;
    if (end > index) {
      const images = [...new Set(frames.slice(index, end).map((frame) => frame.image))].join(", ");
      items.push(make("li", { class: "soft" }, make("details", {}, make("summary", {}, `${quantity(end - index, "frame")} in ${images}`),
        make("ul", {}, frames.slice(index, end).map((frame) => make("li", {}, code(frame.function)))))));
      index = end;
      continue;
    }
    const frame = frames[index];
    const place = position(frame);
    // The innermost frames tell; the others are one line each.
    const source = excerpts < 2 ? sourceLines(frame, quoted) : null;
    if (source) excerpts += 1;
    items.push(make("li", {}, code(frame.function), make("span", { class: "soft" }, place ? ` at ${place}` : ` in ${frame.image}`), source));
    index += 1;
  }
  return make("ol", { class: "stack" }, items);
}
function fixOf(finding) {
  const hint = finding.hint;
  if (!hint) return null;
  const proof = hint.verified ? ` Verified: without it, ${quantity(hint.frees, "object")} ${hint.frees === 1 ? "is" : "are"} freed.`
    : hint.frees > 0 ? ` Not verified: without it, only ${quantity(hint.frees, "object")} ${hint.frees === 1 ? "is" : "are"} freed.` : "";
  return make("div", { class: "fix" }, make("strong", {}, sentence(briefly(hint.text))), hint.reason ? [", because ", sentence(hint.reason), "."] : ".", make("span", { class: "soft" }, proof));
}
function bodyOf(finding) {
  const quoted = new Set();
  const parts = [fixOf(finding)];
  if (briefly(finding.type) !== finding.type) {
    parts.push(make("details", {}, make("summary", {}, "The whole type"), code(finding.type)));
  }
  if (finding.path.length > 0 || finding.root) {
    parts.push(make("div", { class: "two" },
      make("div", {}, make("h3", {}, "What holds it"), picture(finding)),
      make("div", {}, make("h3", {}, "The path, reference by reference"), pathList(finding, quoted))));
  }
  if (finding.suspendedIn && finding.suspendedIn.length > 0) parts.push(make("h3", {}, "Waits in"), stack(finding.suspendedIn, quoted));
  const owned = finding.members.filter((member) => member.role === "owned");
  if (owned.length > 0) {
    parts.push(make("h3", {}, "Keeps alive"), make("ul", {}, owned.slice(0, 12).map((member) =>
      make("li", {}, `${grouped(member.count)} × `, named(member.type), `, ${readableBytes(member.bytes)}`)),
      owned.length > 12 ? make("li", {}, `… and ${quantity(owned.length - 12, "more type")}`) : null));
  }
  if (finding.allocations.length > 0) {
    parts.push(make("h3", {}, "Allocated"));
    finding.allocations.slice(0, 10).forEach((allocation) => parts.push(
      make("p", {}, `${grouped(allocation.count)} × `, named(allocation.type), allocation.frames.length ? " at" : ", no call stack recorded"),
      allocation.frames.length ? stack(allocation.frames, quoted) : null));
    if (finding.allocations.length > 10) parts.push(make("p", { class: "soft" }, `… and ${quantity(finding.allocations.length - 10, "more call stack")}`));
  }
  const counts = `strong ${finding.strongCount}, ${finding.exactCount} explained`
    + (finding.unownedCount ? `; unowned ${finding.unownedCount}` : "") + (finding.weakCount ? `; weak ${finding.weakCount}` : "");
  parts.push(make("h3", {}, "Evidence"), make("p", {}, `Counts: ${counts}.`));
  if (finding.reasons.length > 0) parts.push(make("ul", {}, finding.reasons.map((reason) => make("li", {}, reason))));
  if (finding.namedBy.length > 0) parts.push(make("ul", {}, finding.namedBy.slice(0, 20).map((name) => make("li", {}, "named by ", code(name)))));
  if (finding.suppressedBy) parts.push(make("p", {}, "Suppressed by ", code(finding.suppressedBy)));
  parts.push(make("p", { class: "tools" }, make("span", { class: "soft" }, "signature ", code(finding.signature)), copyButton(finding.signature, "copy signature"), make("a", { href: hashOf(finding) }, "link")));
  return parts;
}
function rowOf(finding, number) {
  const state = standing(finding);
  const tags = [make("span", { class: `tag ${isLeak(finding) ? "bad" : "doubt"}` }, `${readableKind(finding.kind)}, ${finding.confidence}`)];
  if (finding.baseline === "new") tags.push(make("span", { class: "tag bad" }, "new"));
  if (state === "known") tags.push(make("span", { class: "tag" }, "known"));
  if (state === "suppressed") tags.push(make("span", { class: "tag" }, "suppressed"));
  const details = make("details", { class: `finding ${state === "failing" ? "fails" : state === "other" ? "" : "calm"}`, "data-signature": finding.signature },
    make("summary", {}, make("span", { class: "type" }, `${number}. ${grouped(finding.count)} × `, named(finding.type)), tags,
      make("span", { class: "soft" }, readableBytes(finding.bytes))));
  details.addEventListener("toggle", () => { if (details.open) fill(details, finding); });
  return details;
}
// What is in a finding is drawn when it is opened.
function fill(details, finding) {
  if (!details.querySelector(".body")) details.append(make("div", { class: "body" }, bodyOf(finding)));
}

// MARK: The list of findings

const portion = 50;
const hashOf = (finding) => `#${encodeURIComponent(finding.signature)}`;
function listOfFindings() {
  const section = make("section", { "aria-labelledby": "findings" }, make("h2", { id: "findings" }, "Findings"));
  if (report.findings.length === 0) {
    section.append(make("p", { class: "soft" }, "None."));
    return section;
  }
  const texts = report.findings.map((finding) => [finding.type, finding.kind, finding.signature, finding.hint ? finding.hint.text : "",
    ...finding.path.flatMap((step) => [step.from, step.via]), ...finding.members.map((member) => member.type),
    ...finding.allocations.flatMap((allocation) => allocation.frames.flatMap((frame) => [frame.function, frame.file || ""]))].join("\n").toLowerCase());
  const search = make("input", { type: "search", id: "search", placeholder: "type, property, function, file …", "aria-label": "Search the findings" });
  const kinds = [...new Set(report.findings.map((finding) => finding.kind))];
  const choose = (label, options) => make("select", { "aria-label": label }, options.map(([value, text]) => make("option", { value }, text)));
  const kind = choose("Kind", [["", "every kind"], ...kinds.map((name) => [name, readableKind(name)])]);
  const states = [...new Set(report.findings.map(standing))];
  const state = choose("State", [["", "every state"], ...states.map((name) => [name, name === "other" ? "not failing" : name])]);
  const order = choose("Order", [["report", "as reported"], ["bytes", "most bytes"], ["count", "most instances"], ["type", "by type"]]);
  order.id = "order";
  const status = make("p", { class: "soft", role: "status", id: "status" });
  const list = make("div", { id: "list" });
  const more = make("button", { type: "button", class: "more" });
  section.append(make("div", { class: "tools" }, search, kind, state, order), status, list, more);
  const ranks = { failing: 0, other: 1, known: 2, suppressed: 3 };
  const compare = {
    report: (a, b) => ranks[standing(report.findings[a])] - ranks[standing(report.findings[b])] || a - b,
    bytes: (a, b) => report.findings[b].bytes - report.findings[a].bytes,
    count: (a, b) => report.findings[b].count - report.findings[a].count,
    type: (a, b) => report.findings[a].type.localeCompare(report.findings[b].type),
  };
  let chosen = [], shown = 0;
  const showUpTo = (count) => {
    list.append(...chosen.slice(shown, count).map((index) => rowOf(report.findings[index], index + 1)));
    shown = list.children.length;
    more.hidden = shown >= chosen.length;
    more.textContent = `show ${grouped(Math.min(portion, chosen.length - shown))} more of ${grouped(chosen.length - shown)}`;
  };
  const open = (place) => {
    const details = list.children[place];
    fill(details, report.findings[chosen[place]]);
    details.open = true;
    return details;
  };
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    chosen = report.findings.map((_, index) => index).filter((index) =>
      (!kind.value || report.findings[index].kind === kind.value) && (!state.value || standing(report.findings[index]) === state.value)
      && words.every((word) => texts[index].includes(word)));
    chosen.sort(compare[order.value]);
    list.replaceChildren();
    shown = 0;
    status.textContent = `${grouped(chosen.length)} of ${quantity(report.findings.length, "finding")}`;
    showUpTo(portion);
  };
  // A link to a finding (`leaks.html#SIGNATURE`) shows all up to it, and opens it.
  const follow = () => {
    const linked = report.findings.findIndex((finding) => hashOf(finding) === location.hash);
    if (linked < 0) return false;
    if (!chosen.includes(linked)) {
      [search, kind, state].forEach((element) => { element.value = ""; });
      update();
    }
    const place = chosen.indexOf(linked);
    if (place >= shown) showUpTo(place + 1);
    const details = open(place);
    // Once it stands in the page.
    setTimeout(() => { details.scrollIntoView(); details.firstElementChild.focus({ preventScroll: true }); });
    return true;
  };
  window.addEventListener("hashchange", follow);
  more.addEventListener("click", () => showUpTo(shown + portion));
  search.addEventListener("input", update);
  [kind, state, order].forEach((element) => element.addEventListener("change", update));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) { event.preventDefault(); search.focus(); }
  });
  update();
  if (!follow() && chosen.length > 0) open(0);
  return section;
}

// MARK: Tables

// A table whose columns sort: [title, value of a row, how it is shown].
function tableOf(id, title, rows, columns) {
  if (rows.length === 0) return null;
  const section = make("section", { "aria-labelledby": id }, make("h2", { id }, title));
  const search = make("input", { type: "search", placeholder: "search", "aria-label": `Search ${title}` });
  const body = make("tbody", {});
  const more = make("button", { type: "button", class: "more" });
  let sorted = null, descending = true, limit = 50;
  const heads = columns.map(([name, value], index) => {
    const head = make("th", { scope: "col", class: index > 0 ? "number" : null }, make("button", { type: "button", click: () => {
      descending = sorted === index ? !descending : index > 0;
      sorted = index;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      fill();
    } }, name));
    return head;
  });
  const fill = () => {
    const word = search.value.toLowerCase();
    let chosen = rows.filter((row) => String(columns[0][1](row)).toLowerCase().includes(word));
    if (sorted !== null) {
      const value = columns[sorted][1];
      chosen = chosen.slice().sort((a, b) => {
        const left = value(a), right = value(b);
        const order = typeof left === "number" ? left - right : String(left).localeCompare(String(right));
        return descending ? -order : order;
      });
    }
    body.replaceChildren(...chosen.slice(0, limit).map((row) => make("tr", {}, columns.map(([, value, show], index) =>
      make("td", { class: index > 0 ? "number" : null }, show ? show(row) : String(value(row)))))));
    more.hidden = chosen.length <= limit;
    more.textContent = `show all ${grouped(chosen.length)}`;
  };
  more.addEventListener("click", () => { limit = Infinity; fill(); });
  search.addEventListener("input", fill);
  section.append(make("div", { class: "tools" }, search), make("div", { class: "wide" },
    make("table", {}, make("thead", {}, make("tr", {}, heads)), body)), more);
  fill();
  return section;
}
const column = (name, key, show) => [name, (row) => row[key], show ? (row) => show(row[key]) : (row) => grouped(row[key])];

// MARK: The page

function header() {
  const summary = report.summary;
  const open = report.findings.filter((finding) => finding.suppressedBy === null);
  const leaks = open.filter(isLeak);
  const [text, colour] = failing.size > 0 ? [`${quantity(failing.size, "finding")} ${failing.size === 1 ? "fails" : "fail"}.`, "bad"]
    : leaks.length > 0 ? [`${quantity(leaks.length, "leak")}, none of which fails.`, "doubt"]
    : page.isUnchecked ? ["Nothing was checked: see the notes.", "doubt"]
    : !report.capture.complete ? ["No leaks found in what could be read: see the notes.", "doubt"]
    : page.leftNothingAlive ? ["No Swift object was left alive.", "good"] : ["No leaks found.", "good"];
  const themes = make("button", { type: "button", "aria-label": "Light or dark", click: () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  } }, "◐");
  const counts = summary.countsExplained + summary.countsUnexplained + summary.countsNegative;
  const figures = [["leaks", grouped(leaks.length)], ["leaked", `${readableBytes(summary.leakedBytes)}`], ["leaked objects", grouped(summary.leakedObjects)],
    ["live objects", grouped(summary.liveObjects)], ["counts explained", counts ? `${(Math.floor(summary.countsExplained / counts * 1000) / 10)} %` : "–"]];
  if (summary.suppressed) figures.push(["suppressed", grouped(summary.suppressed)]);
  if (report.fixed.length) figures.push(["fixed", grouped(report.fixed.length)]);
  return make("header", {}, make("div", {},
    make("div", { class: "bar" }, make("h1", {}, `Leaks of ${fileName(report.target.executable)}`), themes),
    make("p", { class: `verdict ${colour}` }, text),
    make("dl", { class: "figures" }, figures.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))))));
}
function listSection(title, items) {
  return items.length === 0 ? null : make("section", {}, make("h2", {}, title), make("ul", {}, items.map((item) => make("li", {}, item))));
}
function tests() {
  const numbers = new Map(report.findings.map((finding, index) => [finding.signature, [index + 1, finding]]));
  return tableOf("tests", "Tests", report.tests.filter((test) => test.findings.length > 0), [
    ["test", (row) => row.id, (row) => code(row.id)],
    ["findings", (row) => row.findings.length, (row) => make("span", {}, row.findings.map((signature) => numbers.get(signature)).filter(Boolean)
      .map(([number, finding]) => `${number}: ${readableKind(finding.kind)} of ${briefly(finding.type)}`).join("; "))],
  ]);
}
document.body.replaceChildren(header(), make("main", {}, [
  listOfFindings(),
  tests(),
  tableOf("fixed", "Fixed since the baseline", report.fixed, [["type", (row) => row.type, (row) => named(row.type)], ["kind", (row) => row.kind], column("instances then", "count")]),
  tableOf("suppressions", "Suppressions", report.suppressions, [["suppression", (row) => row.line, (row) => make("span", {}, code(row.line), ` ${row.reason || "no reason given"} `, make("span", { class: "soft" }, row.source))],
    ["findings", (row) => row.findings, (row) => row.findings === 0 ? make("span", { class: "tag doubt" }, "unused") : grouped(row.findings)]]),
  tableOf("census", "Live objects by type", report.census, [["type", (row) => row.type, (row) => named(row.type)],
    column("objects", "count"), column("bytes", "bytes", readableBytes), column("leaked", "leaked")]),
  listSection("Notes", report.summary.notes),
  make("footer", {}, `${report.tool.name} ${report.tool.version} · ${report.target.executable} · Swift ${report.target.toolchain} · `
    + `picture taken at ${report.capture.moment}, program stopped for ${report.capture.pauseSeconds.toFixed(2)} s`),
]));
