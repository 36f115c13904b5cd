// The picture of a path: a drawing in SVG.
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

// MARK: What is drawn

// A property that holds a closure of one capture leads straight to what it captures: the closure has no context of its own.
const isCapture = (step) => step.via.startsWith("capture ");
const passesClosure = (step) => step.location !== null && !isCapture(step) && step.location.function !== step.to;
const captured = (step) => (step.captures && step.captures.length ? step.captures.join(", ") : "");

// The objects and closures along a path, and the references between them by the nodes' numbers.
function graphOf(finding) {
  const steps = finding.path;
  const changes = new Set(finding.hint ? finding.hint.edges : []);
  const nodes = [], links = [];
  const closure = (location) => ({ text: location.function, name: location.function, place: position(location), kind: "closure" });
  const object = (name) => ({ text: withoutModules(name), name, kind: name === finding.type ? "subject" : "" });
  const link = (step, to, label, change) => links.push({ from: nodes.length - 1, to, label, change, loose: step.ownership !== "strong" || !step.exact });
  if (finding.root) nodes.push({ text: finding.root.name, name: finding.root.name, place: position(finding.root.location), kind: "root" });
  const start = nodes.length;
  if (finding.root) links.push({ from: 0, to: 1, label: "", change: false, loose: false });
  nodes.push(steps.length && isCapture(steps[0]) && steps[0].location ? closure(steps[0].location) : object(steps.length ? steps[0].from : finding.type));
  steps.forEach((step, index) => {
    const change = changes.has(index);
    // Weak is made what the closure captures; a property that holds a closure can't be.
    const inClosure = passesClosure(step);
    const changesCapture = inClosure && finding.hint && finding.hint.change !== "break-by-hand";
    if (inClosure) {
      link(step, nodes.length, step.via, change && !changesCapture);
      nodes.push(closure(step.location));
    }
    const label = inClosure ? `captures ${captured(step)}`.trim() : step.via;
    const isChange = change && (!inClosure || changesCapture);
    if (index === steps.length - 1 && isCycle(finding)) return link(step, start, label, isChange);
    link(step, nodes.length, label, isChange);
    const reached = !inClosure && !isCapture(step) && step.location ? step.location : steps[index + 1] && isCapture(steps[index + 1]) ? steps[index + 1].location : null;
    nodes.push(reached && reached.function === step.to ? closure(reached) : object(step.to));
  });
  return { nodes, links };
}

// Of a long path its ends, and what to change with its neighbors.
function rowsOf(nodes, links) {
  const near = new Set(links.filter((link) => link.change).flatMap((link) => [link.from - 1, link.from, link.to, link.to + 1]));
  const rows = [], rowOf = new Map();
  nodes.forEach((node, index) => {
    if (nodes.length <= 14 || index < 8 || index >= nodes.length - 3 || near.has(index)) {
      rowOf.set(index, rows.length);
      rows.push(node);
    } else if (rows.length && rows[rows.length - 1].gap) {
      rows[rows.length - 1].gap += 1;
    } else {
      rows.push({ gap: 1, text: "", kind: "gap" });
    }
  });
  return { rows, rowOf };
}

// MARK: The drawing

// From top to bottom, each reference an arrow with its name; a cycle comes back along the right.
function picture(finding) {
  const { nodes, links } = graphOf(finding);
  const { rows, rowOf } = rowsOf(nodes, links);
  const last = links[links.length - 1];
  const closing = last && last.to <= last.from ? last : null;
  const isNarrow = innerWidth < 700;
  const letters = isNarrow ? 22 : 38, labelLetters = isNarrow ? 26 : 44, gap = 36;
  const boxWidth = Math.min(letters, Math.max(10, longest(rows, (row) => Math.max(row.text.length, (row.place || "").length)))) * 7.9 + 24;
  const labelOf = (link) => short(link.change ? `${link.label}  ${advice(finding)}` : link.label, labelLetters);
  // Beside the arrow that closes a cycle: its name, and below it what to do.
  const closingLines = closing ? [short(closing.label, 20), closing.change ? advice(finding) : ""] : [];
  const labelsEnd = boxWidth / 2 + 20 + longest(links, (link) => (link === closing ? 0 : labelOf(link).length)) * 7.3;
  // The arrow back passes the other arrows' names.
  const right = Math.max(boxWidth + 26, closing ? labelsEnd : 0);
  const width = Math.ceil(closing ? right + 14 + longest(closingLines, (line) => line.length) * 7.5 : Math.max(boxWidth + 2, labelsEnd));
  const heights = rows.map((row) => (row.place ? 46 : 30));
  const tops = [];
  heights.reduce((top, height, index) => { tops[index] = top; return top + height + gap; }, 2);
  const bottom = (row) => tops[row] + heights[row];
  const total = bottom(rows.length - 1) + (closing && rows.length === 1 ? 26 : 4);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${total}`, width, height: total, role: "img" });
  // Letters that are too small to read are scrolled to instead.
  svg.style.minWidth = `${Math.floor(width * 0.85)}px`;
  svg.append(draw("title", {}, pathSentence(finding)));
  const middle = boxWidth / 2;
  rows.forEach((row, index) => {
    if (row.gap) {
      svg.append(draw("path", { d: `M${middle} ${tops[index] - gap}V${bottom(index) + gap}`, class: "edge gap" }));
      svg.append(draw("text", { x: middle + 12, y: tops[index] + 20, class: "label" }, quantity(row.gap, "more object")));
      return;
    }
    const box = draw("g", {});
    box.append(draw("title", {}, row.name));
    box.append(draw("rect", { x: 1, y: tops[index], width: boxWidth, height: heights[index], rx: row.kind === "root" ? 15 : 6, class: `box ${row.kind}`.trim() }));
    box.append(draw("text", { x: middle + 1, y: tops[index] + 20, "text-anchor": "middle" }, short(row.text, letters)));
    if (row.place) box.append(draw("text", { x: middle + 1, y: tops[index] + 37, "text-anchor": "middle", class: "label" }, short(row.place, letters)));
    svg.append(box);
  });
  const arrow = (path, head, link) => {
    const change = link.change ? " change" : "";
    svg.append(draw("path", { d: path, class: "edge" + change + (link.loose ? " loose" : "") }));
    svg.append(draw("path", { d: head, class: "head" + change }));
  };
  const text = (x, y, content, link) => { if (content) svg.append(draw("text", { x, y, class: link.change ? "label change" : "label" }, content)); };
  links.forEach((link) => {
    if (link === closing) {
      const end = rows.length - 1, from = (tops[end] + bottom(end)) / 2, to = tops[rowOf.get(link.to)] + 15;
      const start = link.to === link.from ? `M${middle} ${bottom(end)}v14H${right - 8}` : `M${boxWidth + 1} ${from}H${right - 8}`;
      arrow(`${start}q8 0 8 -8V${to + 8}q0 -8 -8 -8H${boxWidth + 10}`, `M${boxWidth + 11} ${to - 5}v10l-9 -5z`, link);
      closingLines.forEach((line, number) => text(right + 8, (from + to) / 2 + 4 + 16 * number, line, link));
    } else if (rowOf.has(link.from) && rowOf.has(link.to)) {
      const from = bottom(rowOf.get(link.from)), to = tops[rowOf.get(link.to)];
      arrow(`M${middle} ${from}V${to - 8}`, `M${middle - 5} ${to - 9}h10l-5 9z`, link);
      text(middle + 12, from + 21, labelOf(link), link);
    }
  });
  return make("div", { class: "picture" }, svg);
}
function pathSentence(finding) {
  const start = finding.root ? `${finding.root.name} holds ` : "";
  if (finding.path.length === 0) return start + finding.type;
  return start + finding.path[0].from + finding.path.map((step) => (passesClosure(step)
    ? `, whose ${step.via} is ${step.location.function}, which captures ${captured(step) || "an object"}, ${step.to}` : `, whose ${step.via} is ${step.to}`)).join("");
}
