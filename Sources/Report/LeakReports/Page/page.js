// Shows the report that the page carries. No network, no library: the page is one file that can be passed on.
const page = JSON.parse(document.getElementById("data").textContent);
const report = page.report;
report.findings = JSON.parse(document.getElementById("found").textContent);
const failing = new Set(page.failing);

// MARK: Tables

// A table whose columns sort: [title, value of a row, how it is shown].
function tableOf(id, title, rows, columns) {
  if (rows.length === 0) return null;
  const section = make("section", { "aria-labelledby": id }, make("h2", { id }, title));
  const search = make("input", { type: "search", placeholder: "Search", "aria-label": `Search ${title}` });
  const body = make("tbody", {});
  const more = make("button", { type: "button", class: "more" });
  const left = make("p", { class: "only-print soft" });
  let sorted = null, descending = true, limit = 50;
  const heads = columns.map(([name, value], index) => {
    const head = make("th", { scope: "col", class: index > 0 ? "number" : null }, make("button", { type: "button", click: () => {
      descending = sorted === index ? !descending : index > 0;
      sorted = index;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      fill();
    } }, name), make("span", { class: "only-print" }, name));
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
    more.textContent = `Show all ${grouped(chosen.length)}`;
    left.textContent = more.hidden ? "" : `The first ${grouped(limit)} of ${grouped(chosen.length)}.`;
  };
  more.addEventListener("click", () => { limit = Infinity; fill(); });
  search.addEventListener("input", fill);
  if (rows.length > 8) section.append(make("div", { class: "tools" }, search));
  section.append(make("div", { class: "wide" }, make("table", {}, make("thead", {}, make("tr", {}, heads)), body)), more, left);
  fill();
  return section;
}
const column = (name, key, show) => [name, (row) => row[key], show ? (row) => show(row[key]) : (row) => grouped(row[key])];

// MARK: The page

function header(sections) {
  const summary = report.summary;
  const leaks = report.findings.filter((finding) => finding.isLeak && !isAccepted(finding));
  const [text, color] = failing.size > 0 ? [`Check failed: ${quantity(failing.size, "finding")}`, "bad"]
    : leaks.length > 0 ? [`Check passed with ${quantity(leaks.length, "finding")}`, "doubt"]
    : page.isDoubtful ? ["Not everything was checked", "doubt"] : ["Check passed", "good"];
  const themes = make("button", { type: "button", class: "theme", title: "Light or dark", "aria-label": "Light or dark", click: () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  } }, "◐");
  const accepted = report.findings.some(isAccepted) ? ", accepted ones included" : "";
  const figures = [["Leaked objects" + accepted, grouped(summary.leakedObjects)], ["Leaked memory" + accepted, readableBytes(summary.leakedBytes)],
    ["Live objects", grouped(summary.liveObjects)], ["Live memory", readableBytes(summary.liveBytes)]];
  if (summary.suppressed) figures.push(["Suppressed", grouped(summary.suppressed)]);
  if (report.fixed.length) figures.push(["Fixed", grouped(report.fixed.length)]);
  const titles = sections.map((section) => section.querySelector("h2"));
  return make("header", {}, make("div", {},
    make("div", { class: "bar" }, make("h1", {}, `Leaks of ${fileName(report.target.executable)}`), themes),
    make("p", { class: "verdict" }, make("strong", { class: color }, text), page.verdict),
    make("dl", { class: "figures" }, figures.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
    titles.length > 1 ? make("nav", { "aria-label": "Sections" }, titles.map((title) => make("a", { href: `#${title.id}` }, title.textContent))) : null));
}
function listSection(id, title, items) {
  return items.length === 0 ? null : make("section", {}, make("h2", { id }, title), make("ul", { class: "list" }, items.map((item) => make("li", {}, sentence(item)))));
}
function tests() {
  const numbers = new Map(report.findings.map((finding, index) => [finding.signature, [index + 1, finding]]));
  const section = tableOf("tests", "Tests", report.tests.filter((test) => test.findings.length > 0), [
    ["Test", (row) => row.id, (row) => code(row.id)],
    ["Findings", (row) => row.findings.length, (row) => make("span", {}, row.findings.map((signature) => numbers.get(signature)).filter(Boolean)
      .map(([number, finding], index) => [index > 0 ? "; " : "", make("a", { href: hashOf(finding) }, `${number}. ${readableKind(finding.kind)} of ${briefly(finding.type)}`)]))],
  ]);
  const unexamined = report.tests.filter((test) => !test.wasExamined).length;
  if (section && unexamined > 0) section.append(make("p", { class: "doubt" }, `${quantity(unexamined, "test")} couldn't be examined: see the notes.`));
  return section;
}
// What keeps the instances of a type alive: the answers to `--explain`.
function explanations() {
  return report.explanations.map((answer, number) => make("section", {}, make("h2", { id: `explanation-${number}` }, `What holds ${briefly(answer.query)}`),
    answer.types.length === 0 ? make("p", {}, "There is no live object of this type.", answer.suggestions.length ? ` Did you mean ${answer.suggestions.join(", ")}?` : "")
      : make("p", {}, `${grouped(answer.count)} × `, named(answer.types.join(", ")), `, ${readableBytes(answer.bytes)}`, answer.leaked ? `; ${grouped(answer.leaked)} leaked` : "", "."),
    answer.holdings.slice(0, 5).map((way) => make("div", { class: "finding calm" }, make("div", { class: "body" }, make("p", {}, `${grouped(way.count)} × `, code(way.name || answer.types[0] || answer.query)),
      holding({ kind: "", hint: null, type: way.path.length ? way.path[way.path.length - 1].to : way.name || answer.types[0] || answer.query, path: way.path, root: way.root }, new Set())))),
    answer.holdings.length > 5 ? make("p", { class: "soft" }, `… and ${quantity(answer.holdings.length - 5, "more way")} in which they are held`) : null));
}
function footer() {
  const summary = report.summary, target = report.target;
  const counts = summary.countsExplained + summary.countsUnexplained + summary.countsNegative;
  return make("footer", {},
    counts > 0 ? make("p", {}, `Reference counts of ${grouped(counts)} live objects were compared with the references found: ${percent(summary.countsExplained, counts)} agree; something outside the heap holds the others.`) : null,
    make("p", {}, `${target.executable} · Swift ${target.toolchain} · snapshot at ${report.capture.moment}, program paused for ${report.capture.pauseSeconds.toFixed(2)} s · ${report.tool.name} ${report.tool.version}`));
}
const sections = [
  listOfFindings(),
  explanations(),
  tests(),
  flameGraph(page.flame),
  tableOf("fixed", "Fixed since the baseline", report.fixed, [["Type", (row) => row.type, (row) => named(row.type)], ["Kind", (row) => readableKind(row.kind)], column("Instances then", "count")]),
  tableOf("suppressions", "Suppressions", report.suppressions, [["Suppression", (row) => row.line, (row) => make("span", {}, code(row.line), ` ${row.reason || "no reason given"} `, make("span", { class: "soft" }, row.source))],
    ["Findings", (row) => row.findings, (row) => (row.findings === 0 ? make("span", { class: "tag doubt" }, "unused") : grouped(row.findings))]]),
  tableOf("census", "Live objects by type", report.census, [["Type", (row) => row.type, (row) => named(row.type)],
    column("Objects", "count"), column("Bytes", "bytes", readableBytes), column("Leaked", "leaked")]),
  listSection("notes", "Notes", report.summary.notes),
].flat().filter(Boolean);
document.body.replaceChildren(header(sections), make("main", {}, sections, footer()));
