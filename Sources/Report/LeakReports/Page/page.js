// Shows the report that the page carries. No network, no library: the page is one file that can be passed on.
const page = JSON.parse(document.getElementById("data").textContent);
const report = page.report;
report.findings = JSON.parse(document.getElementById("found").textContent);
const failing = new Set(page.failing);

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
