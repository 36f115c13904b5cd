// A finding: a row, and what is in it.
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
