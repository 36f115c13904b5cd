// The list of findings: searched, sorted, opened by links, and printed.
const portion = 50;
const printable = 100;
const hashOf = (finding) => `#${encodeURIComponent(finding.signature)}`;

// What the search looks through, made when it is first used.
const searchable = (finding) => [finding.type, finding.kind, finding.signature, finding.hint ? finding.hint.text : "",
  ...finding.path.flatMap((step) => [step.from, step.via, step.location ? step.location.function : ""]), ...finding.members.map((member) => member.type),
  ...finding.allocations.flatMap((allocation) => allocation.frames.flatMap((frame) => [frame.function, frame.file || ""]))].join("\n").toLowerCase();

function listOfFindings() {
  const section = make("section", { "aria-labelledby": "findings" }, make("h2", { id: "findings" }, "Findings"));
  if (report.findings.length === 0) {
    section.append(make("p", { class: "soft" }, "None."));
    return section;
  }
  let texts = null;
  const search = make("input", { type: "search", id: "search", placeholder: "Type, property, function, file …  (press /)", "aria-label": "Search the findings" });
  const kinds = [...new Set(report.findings.map((finding) => finding.kind))];
  const choose = (label, options) => make("select", { "aria-label": label }, options.map(([value, text]) => make("option", { value }, text)));
  const kind = choose("Kind", [["", "All kinds"], ...kinds.map((name) => [name, capitalized(readableKind(name))])]);
  const states = [...new Set(report.findings.map(standing))];
  const state = choose("State", [["", "All states"], ...states.map((name) => [name, name === "other" ? "Not failing" : capitalized(name)])]);
  const order = choose("Order", [["report", "As reported"], ["bytes", "Most bytes"], ["count", "Most instances"], ["type", "By type"]]);
  order.id = "order";
  const status = make("p", { class: "soft", role: "status", id: "status" });
  const list = make("div", { id: "list" });
  const more = make("button", { type: "button", class: "more" });
  const unprinted = make("p", { class: "only-print soft" });
  section.append(make("div", { class: "tools" }, search, kind, state, order), status, list, more, unprinted);
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
    more.textContent = `Show ${grouped(Math.min(portion, chosen.length - shown))} more of ${grouped(chosen.length - shown)}`;
  };
  const open = (place) => {
    const details = list.children[place];
    fill(details, report.findings[chosen[place]]);
    details.open = true;
    return details;
  };
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length > 0 && !texts) texts = report.findings.map(searchable);
    chosen = report.findings.map((_, index) => index).filter((index) =>
      (!kind.value || report.findings[index].kind === kind.value) && (!state.value || standing(report.findings[index]) === state.value)
      && words.every((word) => texts[index].includes(word)));
    chosen.sort(compare[order.value]);
    list.replaceChildren();
    shown = 0;
    const total = quantity(report.findings.length, "finding");
    status.textContent = chosen.length === report.findings.length ? total : `${grouped(chosen.length)} of ${total}`;
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
  openOnPaper(list, () => {
    showUpTo(Math.min(printable, chosen.length));
    const left = chosen.length - shown;
    unprinted.textContent = left > 0 ? `… and ${quantity(left, "more finding")}, not printed: search for what to print.` : "";
    const closed = [...list.children].filter((details) => !details.open);
    for (let place = 0; place < Math.min(shown, printable); place += 1) open(place);
    return closed;
  });
  update();
  if (!follow() && chosen.length > 0) open(0);
  return section;
}
// Paper can't be clicked: what is closed is open while it is printed.
function openOnPaper(list, openAll) {
  let opened = [];
  window.addEventListener("beforeprint", () => { opened = openAll(); });
  window.addEventListener("afterprint", () => { opened.forEach((details) => { details.open = false; }); opened = []; });
}
