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
