// A finding: a row, and what is in it.
// Whether the last reference of the path leads back to its start, and not to another object of that type.
function isCycle(finding) {
  const path = finding.path;
  return ["retain-cycle", "unbalanced-retain"].includes(finding.kind) && !finding.root
    && path.length > 0 && path[path.length - 1].to === path[0].from;
}
const isAccepted = (finding) => finding.suppressedBy !== null || finding.isKnown;
function standing(finding) {
  if (finding.suppressedBy !== null) return "suppressed";
  if (failing.has(finding.signature)) return "failing";
  return finding.isKnown ? "known" : "other";
}

// Once in a finding: `quoted` has the places that were shown.
function sourceLines(place, quoted) {
  const key = `${place.file}:${place.line}`;
  const excerpt = page.sources[key];
  if (!excerpt || quoted.has(key)) return null;
  quoted.add(key);
  return make("pre", { "aria-label": `source of ${position(place)}`, tabindex: 0 }, make("div", {}, excerpt.lines.map((line, index) => {
    const number = excerpt.start + index;
    return make("span", { class: number === place.line ? "here" : null }, `${String(number).padStart(5)}  ${line}`);
  })));
}
function pathList(finding, quoted) {
  const changes = new Set(finding.hint ? finding.hint.edges : []);
  const items = finding.path.slice(0, 200).map((step, index) => make("li", { class: changes.has(index) ? "change" : null },
    isCapture(step) ? [named(step.from), ", ", code(step.via)]
      : step.variableOf ? [named(step.from), ", ", code(step.via), ", a variable of ", code(step.variableOf)] : named(`${step.from}.${step.via}`),
    step.ownership === "strong" || step.variableOf ? " → " : ` (${step.ownership}) → `,
    passesClosure(step) ? [code(step.location.function), `, which captures ${captured(step)}`.trimEnd(), " → "] : null, named(step.to),
    isCycle(finding) && index === finding.path.length - 1 ? make("span", { class: "soft" }, ", the start") : null,
    position(step.location) ? make("span", { class: "soft" }, ` at ${position(step.location)}`) : null,
    changes.has(index) ? make("span", { class: "todo" }, `  ${advice(finding)}`) : null,
    step.location ? sourceLines(step.location, quoted) : null));
  if (finding.path.length > 200) items.push(make("li", {}, `… and ${quantity(finding.path.length - 200, "more reference")}`));
  return make("ol", { class: "path" }, items);
}
// What holds an object, drawn and in words.
function holding(finding, quoted) {
  const list = finding.path.length ? make("div", {}, make("h3", {}, "References"), pathList(finding, quoted)) : null;
  return make("div", { class: "two" }, make("div", {}, make("h3", {}, isCycle(finding) ? "The cycle" : "Held by"), picture(finding)), list);
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
    // Source at the innermost frames; the others are one line each.
    const source = excerpts < 2 ? sourceLines(frame, quoted) : null;
    if (source) excerpts += 1;
    const variables = (frame.variables || []).map((variable) => `${variable.name}: ${briefly(variable.type)}`).join(", ");
    items.push(make("li", {}, code(frame.function), make("span", { class: "soft" }, place ? ` at ${place}` : ` in ${frame.image}`,
      variables ? `, with ${variables}` : ""), source));
    index += 1;
  }
  return make("ol", { class: "stack" }, items);
}
function fixOf(finding) {
  const hint = finding.hint;
  if (!hint) return null;
  const what = ["balance-retain", "deinitialize"].includes(hint.change) ? "that retain" : hint.edges.length > 1 ? "those references" : "that reference";
  const freed = `${quantity(hint.frees, "object")} ${hint.frees === 1 ? "is" : "are"} freed`;
  const proof = hint.verified ? `Verified: without ${what}, ${hint.frees === 1 ? "the object is freed" : `all ${freed}`}.`
    : hint.frees > 0 ? `Not verified: without ${what}, only ${freed}.` : "";
  return make("div", { class: "fix" }, make("strong", {}, sentence(capitalized(briefly(hint.text)))), hint.reason ? [", because ", sentence(hint.reason), "."] : ".",
    proof ? make("p", { class: "soft" }, proof) : null);
}
// The first items of a list, and how many there are more.
function listOf(items, limit, noun, show) {
  return make("ul", { class: "list" }, items.slice(0, limit).map((item) => make("li", {}, show(item))),
    items.length > limit ? make("li", { class: "soft" }, `… and ${quantity(items.length - limit, `more ${noun}`)}`) : null);
}
function evidence(finding) {
  const counts = [`Strong reference count ${grouped(finding.strongCount)}, references found ${grouped(finding.exactCount)}`];
  if (finding.unownedCount) counts.push(`unowned count ${grouped(finding.unownedCount)}`);
  if (finding.weakCount) counts.push(`weak count ${grouped(finding.weakCount)}`);
  return [make("h3", {}, "Evidence"), listOf([`${counts.join("; ")}.`, ...finding.reasons,
    ...finding.namedBy.map((name) => `Also referenced, without ownership, by ${name}.`)], 20, "item", (text) => text)];
}
function bodyOf(finding) {
  const quoted = new Set();
  const parts = [fixOf(finding)];
  if (briefly(finding.type) !== finding.type) {
    parts.push(make("h3", {}, "Type"), make("details", {}, make("summary", {}, "Show the whole type"), code(finding.type)));
  }
  if (finding.path.length > 0 || finding.root) parts.push(holding(finding, quoted));
  if (finding.suspendedIn && finding.suspendedIn.length > 0) parts.push(make("h3", {}, "Waits in"), stack(finding.suspendedIn, quoted));
  if (finding.waiters && finding.waiters.length > 0) {
    parts.push(make("h3", {}, "Tasks that wait for it"), listOf(finding.waiters, 12, "function", (waiter) =>
      [`${grouped(waiter.count)} × `, code(waiter.function), position(waiter) ? ` at ${position(waiter)}` : ""]));
  }
  // Where there is no cycle, the finding's own objects come first among what is owned.
  const owned = finding.members.filter((member, index) => member.role === "owned" && !(index === 0 && member.type === finding.type));
  if (owned.length > 0) {
    parts.push(make("h3", {}, "Keeps alive"), listOf(owned, 12, "type", (member) =>
      [`${grouped(member.count)} × `, named(member.type), `, ${readableBytes(member.bytes)}`]));
  }
  if (finding.allocations.length > 0) {
    parts.push(make("h3", {}, "Allocated"));
    finding.allocations.slice(0, 10).forEach((allocation) => parts.push(
      make("p", {}, `${grouped(allocation.count)} × `, named(allocation.type), allocation.frames.length ? " at" : ", no call stack recorded"),
      allocation.frames.length ? stack(allocation.frames, quoted) : null));
    if (finding.allocations.length > 10) parts.push(make("p", { class: "soft" }, `… and ${quantity(finding.allocations.length - 10, "more call stack")}`));
  }
  parts.push(evidence(finding));
  if (finding.limit) parts.push(make("p", {}, `The configuration accepts ${quantity(finding.limit, "instance")}; there ${finding.count === 1 ? "is" : "are"} ${grouped(finding.count)}.`));
  if (finding.suppressedBy) {
    const use = report.suppressions.find((other) => other.line === finding.suppressedBy);
    parts.push(make("p", {}, "Suppressed by ", code(finding.suppressedBy), use && use.reason ? `: ${use.reason}` : ""));
  }
  parts.push(make("p", { class: "foot" }, make("span", { class: "soft" }, "Signature ", code(finding.signature)), copyButton(finding.signature, "Copy signature"),
    make("a", { href: hashOf(finding) }, "Link to this finding")));
  return parts;
}

// MARK: The row

// What to do; where that isn't known, what holds it or where it was made.
function briefOf(finding) {
  if (finding.hint) return [make("strong", {}, "Fix: "), sentence(briefly(finding.hint.text))];
  if (finding.root) return ["Held by ", code(finding.root.name)];
  return finding.place ? ["Allocated in ", named(finding.place.function)] : null;
}
function rowOf(finding, number) {
  const state = standing(finding);
  const tags = [make("span", { class: `tag ${finding.isLeak ? "bad" : "doubt"}` }, `${readableKind(finding.kind)}, ${finding.confidence}`)];
  if (finding.baseline === "new") tags.push(make("span", { class: "tag bad" }, "new"));
  if (state === "known" || state === "suppressed") tags.push(make("span", { class: "tag" }, state));
  const place = position(finding.place);
  const details = make("details", { class: `finding ${state === "failing" ? "fails" : state === "other" ? "" : "calm"}`, "data-signature": finding.signature },
    make("summary", {}, make("span", { class: "name" }, `${number}. ${grouped(finding.count)} × `, named(finding.type)), make("span", { class: "tags" }, tags),
      make("span", { class: "size" }, readableBytes(finding.bytes)),
      make("span", { class: "brief" }, briefOf(finding)), place ? make("span", { class: "place mono" }, place) : null));
  details.addEventListener("toggle", () => { if (details.open) fill(details, finding); });
  return details;
}
// What is in a finding is drawn when it is opened.
function fill(details, finding) {
  if (!details.querySelector(".body")) details.append(make("div", { class: "body" }, bodyOf(finding)));
}
