// Memory by call stack: a function, below it what it calls, each as wide as the bytes that were allocated there.

// The tree of calls, from the columns that the page carries. Without the system's code its bytes are its callers'.
function callTree(data, withSystem) {
  const node = (name, parent, system) => ({ name, parent, system, live: 0, leaked: 0, depth: parent ? parent.depth + 1 : 0, children: new Map() });
  const root = node(data.names[data.functions[0]], null, false);
  const nodes = [root];
  // Of a node itself is what its callees don't have.
  const own = { live: data.live.slice(), leaked: data.leaked.slice() };
  for (let index = 1; index < data.parents.length; index += 1) {
    const parent = nodes[data.parents[index]], number = data.functions[index];
    own.live[data.parents[index]] -= data.live[index];
    own.leaked[data.parents[index]] -= data.leaked[index];
    const system = data.libraries[number] === 1;
    if (system && !withSystem) { nodes.push(parent); continue; }
    if (!parent.children.has(number)) parent.children.set(number, node(data.names[number], parent, system));
    nodes.push(parent.children.get(number));
  }
  nodes.forEach((place, index) => {
    for (let at = place; at; at = at.parent) { at.live += own.live[index]; at.leaked += own.leaked[index]; }
  });
  const rest = node("(system code only)", root, true);
  for (const key of ["live", "leaked"]) rest[key] = [...root.children.values()].reduce((left, child) => left - child[key], root[key]);
  if (!withSystem && rest.live + rest.leaked > 0) root.children.set(-1, rest);
  return root;
}

function flameGraph(data) {
  if (!data) return null;
  const state = { metric: data.hasLive ? "live" : "leaked", withSystem: false, root: null, zoomed: null, current: null, word: "", drawn: [] };
  const floor = make("div", { class: "floor", role: "presentation" });
  const view = make("div", { class: "flame", role: "tree", "aria-label": "Memory by call stack" }, floor);
  const about = make("p", { class: "flame-about" });
  const found = make("span", { class: "soft", role: "status" });
  const search = make("input", { type: "search", id: "flame-search", placeholder: "Highlight functions", "aria-label": "Highlight functions in the graph" });
  const reset = make("button", { type: "button", click: () => zoom(state.root) }, "Reset zoom");
  const system = make("input", { type: "checkbox", id: "flame-system" });
  const value = (node) => node[state.metric];
  const describe = (node, key) => `${readableBytes(node[key])} ${key} (${percent(node[key], state.root[key])})`;
  const figures = (node) => (data.hasLive ? `${describe(node, "live")}, ${describe(node, "leaked")}` : describe(node, "leaked"));

  function tell(node) {
    const reaches = node.leaked > 0 && !node.name.startsWith("(") && node !== state.root;
    about.replaceChildren(code(node === state.root ? "All call stacks" : node.name), make("br"), make("span", { class: "soft" }, figures(node)),
      ...(reaches ? ["  ", make("button", { type: "button", class: "plain", tabindex: -1, click: () => showFindings(node.name) }, "Show its findings")] : []));
  }
  function showFindings(name) {
    const input = document.getElementById("search");
    input.value = name;
    input.dispatchEvent(new Event("input"));
    input.scrollIntoView();
    input.focus({ preventScroll: true });
  }
  function boxOf(node, left, width, isAbove) {
    const box = make("div", { role: "treeitem", tabindex: -1, "aria-level": node.depth + 1, "aria-label": `${node.name}: ${figures(node)}`,
      title: `${node.name}\n${figures(node)}`, class: ["frame", node.system && "system", isAbove && "above",
        width * (view.clientWidth || 800) < 2800 && "narrow", matches(node) && "match"].filter(Boolean).join(" ") }, node === state.root ? "All call stacks" : node.name);
    box.style.left = `${left}%`;
    box.style.width = `${width}%`;
    box.style.top = `${node.depth * 23}px`;
    box.style.setProperty("--leaked", `${data.hasLive && node.live > 0 ? Math.min(100, node.leaked / node.live * 100) : 100}%`);
    // Neighbors differ a little, the same function never.
    box.style.setProperty("--tone", `${[...node.name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % 4 * 11}%`);
    box.node = node;
    state.drawn.push(box);
    return box;
  }
  const matches = (node) => state.word !== "" && node.name.toLowerCase().includes(state.word);
  function redraw() {
    state.drawn = [];
    let deepest = state.zoomed.depth;
    const boxes = [];
    for (let node = state.zoomed.parent; node; node = node.parent) boxes.unshift(boxOf(node, 0, 100, true));
    const visit = (node, left, width) => {
      boxes.push(boxOf(node, left, width, false));
      deepest = Math.max(deepest, node.depth);
      const children = [...node.children.values()].sort((a, b) => value(b) - value(a) || (a.name < b.name ? -1 : 1));
      for (const child of children) {
        const part = width * value(child) / value(node);
        // Narrower is not to be seen, nor hit.
        if (part >= 0.12) visit(child, left, part);
        left += part;
      }
    };
    visit(state.zoomed, 0, 100);
    floor.style.height = `${(deepest + 1) * 23}px`;
    const hadFocus = floor.contains(document.activeElement);
    floor.replaceChildren(...boxes);
    view.classList.toggle("searched", state.word !== "");
    reset.disabled = state.zoomed === state.root;
    const place = state.drawn.find((box) => box.node === state.current) || state.drawn.find((box) => box.node === state.zoomed);
    select(place, hadFocus);
  }
  function select(box, focuses) {
    state.drawn.forEach((other) => { other.tabIndex = -1; });
    box.tabIndex = 0;
    state.current = box.node;
    tell(box.node);
    if (focuses) box.focus();
  }
  function zoom(node) { state.zoomed = node; state.current = node; redraw(); }
  function rebuild() {
    state.root = callTree(data, state.withSystem);
    state.zoomed = state.root;
    redraw();
    highlight();
  }
  // The bytes of the highlighted functions and all that they call, each byte once.
  function highlight() {
    const sum = (node) => (matches(node) ? value(node) : [...node.children.values()].reduce((total, child) => total + sum(child), 0));
    const bytes = state.word ? sum(state.root) : 0;
    found.textContent = !state.word ? "" : bytes > 0 ? `${readableBytes(bytes)} (${percent(bytes, value(state.root))})` : "No function matches";
  }
  const boxAt = (event) => event.target.closest(".frame");
  floor.addEventListener("click", (event) => { const box = boxAt(event); if (box) zoom(box.node); });
  floor.addEventListener("mouseover", (event) => { const box = boxAt(event); if (box) tell(box.node); });
  floor.addEventListener("mouseleave", () => tell(state.current));
  floor.addEventListener("focusin", (event) => { const box = boxAt(event); if (box && box.node !== state.current) select(box, false); });
  floor.addEventListener("keydown", (event) => {
    const box = boxAt(event);
    if (!box || event.ctrlKey || event.metaKey || event.altKey) return;
    const node = box.node, level = state.drawn.filter((other) => other.node.depth === node.depth);
    const moves = {
      ArrowDown: () => state.drawn.find((other) => other.node.parent === node), ArrowUp: () => state.drawn.find((other) => other.node === node.parent),
      ArrowRight: () => level[level.indexOf(box) + 1], ArrowLeft: () => level[level.indexOf(box) - 1], Home: () => state.drawn.find((other) => other.node === state.root),
    };
    const actions = { "Enter": () => zoom(node), " ": () => zoom(node), "Escape": () => zoom(state.zoomed.parent || state.root) };
    if (moves[event.key]) { const next = moves[event.key](); if (next) select(next, true); }
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });
  search.addEventListener("input", () => { state.word = search.value.trim().toLowerCase(); redraw(); highlight(); });
  system.addEventListener("change", () => { state.withSystem = system.checked; rebuild(); });
  const metrics = [["live", "Live"], ["leaked", "Leaked"]].map(([key, text]) => make("button", { type: "button", "aria-pressed": String(key === state.metric),
    click: (event) => {
      state.metric = key;
      metrics.forEach((other) => other.setAttribute("aria-pressed", String(other === event.currentTarget)));
      zoom(state.root);
      highlight();
    } }, text));
  const hasLeaks = data.leaked[0] > 0;
  const title = data.hasLive ? "Memory by call stack" : "Leaked memory by call stack";
  const section = make("section", { "aria-labelledby": "flame" }, make("h2", { id: "flame" }, title), make("div", { class: "flame-graph" },
    make("p", { class: "soft" }, "Below each function is what it calls; the width shows the bytes.",
      make("span", { class: "no-print" }, " Click a function, or press Enter, to zoom in; Escape zooms out."),
      data.hasLive ? "" : [" Run with ", code("--live"), " to see all live memory."]),
    make("div", { class: "tools" }, data.hasLive && hasLeaks ? make("div", { class: "pair", role: "group", "aria-label": "Bytes" }, metrics) : null, search,
      data.libraries.includes(1) ? make("label", { class: "check" }, system, "System code") : null, reset, found),
    view, about, data.hasLive && hasLeaks ? make("p", { class: "legend" }, "Live", make("i"), "Leaked") : null));
  rebuild();
  // Once it has a width, and when that changes.
  new ResizeObserver(() => { if (view.clientWidth !== state.width) { state.width = view.clientWidth; redraw(); } }).observe(view);
  return section;
}
