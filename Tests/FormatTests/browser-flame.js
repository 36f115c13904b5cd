// What `browser.js` tries with a page's flame graph, and on paper.
function tryFlame(page, at, expected) {
  const view = page.querySelector(".flame");
  check(at("flame graph"), Boolean(view) === expected.flame);
  if (!view || !expected.figures) return;
  const frames = () => [...view.querySelectorAll(".frame")];
  const named = (name) => frames().find((frame) => frame.textContent === name);
  const wide = (frame) => frame.getBoundingClientRect().width / view.firstElementChild.getBoundingClientRect().width;
  const press = (key) => page.activeElement.dispatchEvent(new page.defaultView.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const about = () => page.querySelector(".flame-about").textContent;

  // Everything, `main` below it, and a call stack of hostile names; the system's frame isn't shown.
  const all = named("All call stacks");
  check(at("everything is as wide as the graph"), all && wide(all) > 0.99);
  check(at("widths are bytes"), Math.abs(wide(named("main")) - expected.main) < 0.01, wide(named("main")));
  check(at("hostile names are text"), named(expected.type));
  check(at("system code is left out"), !named("malloc; \r\n"));
  check(at("figures"), about().includes(expected.figures), about());
  check(at("leaked is another color"), page.defaultView.getComputedStyle(named(expected.type)).backgroundColor !== page.defaultView.getComputedStyle(named("(no call stack)")).backgroundColor);

  // Zoom by pointer; by keyboard down, back, and along a level.
  named("main").click();
  check(at("a click zooms in"), wide(named("main")) > 0.99 && !named("(no call stack)"));
  named("main").focus();
  press("Escape");
  check(at("Escape zooms out"), wide(named("main")) < 0.99 && page.activeElement === named("All call stacks"));
  press("ArrowDown");
  check(at("the arrow down goes to what is called"), page.activeElement === named("main"), page.activeElement.textContent);
  press("ArrowRight");
  check(at("the arrow right goes to the neighbor"), page.activeElement === named("(no call stack)"), page.activeElement.textContent);
  press("ArrowLeft");
  press("ArrowDown");
  check(at("and on to what that calls"), page.activeElement === named(expected.type), page.activeElement.textContent);
  press("Enter");
  check(at("Enter zooms in, and the focus stays"), wide(page.activeElement) > 0.99 && page.activeElement === named(expected.type));
  check(at("one stop for the tabulator"), frames().filter((frame) => frame.tabIndex === 0).length === 1);
  press("Home");
  press("Enter");
  check(at("Home and Enter show everything"), wide(named("main")) < 0.99);

  const search = page.getElementById("flame-search");
  search.value = "MAIN";
  event(search, "input");
  check(at("highlighted"), frames().filter((frame) => frame.classList.contains("match")).every((frame) => frame.textContent === "main")
    && view.parentElement.querySelector("[role=status]").textContent.includes("%"));
  search.value = "";
  event(search, "input");

  const system = page.getElementById("flame-system");
  system.click();
  check(at("system code is shown on demand"), named("malloc; \r\n"), frames().map((frame) => frame.textContent));
  system.click();
  const leaked = [...page.querySelectorAll(".flame-graph button")].find((button) => button.textContent === "Leaked");
  leaked.click();
  check(at("leaked bytes alone"), leaked.getAttribute("aria-pressed") === "true" && !named("(no call stack)"));
}

// The style sheet of paper, taken for the screen's: so a test sees what is printed.
function tryPaper(page, at, width) {
  const view = page.defaultView;
  const list = page.getElementById("list");
  const toggle = page.querySelector("button[aria-label='Light or dark']");
  const ground = () => view.getComputedStyle(page.querySelector(".finding")).backgroundColor;
  const isDark = () => Number(ground().match(/\d+/)[0]) < 128;
  for (let turn = 0; turn < 2 && !isDark(); turn += 1) toggle.click();
  check(at("dark"), isDark(), ground());
  const open = () => [...list.children].filter((details) => details.open).length;
  const filled = () => [...list.children].filter((details) => details.open && details.querySelector(".body")).length;
  const before = open();
  const rules = [...page.querySelectorAll("style")].flatMap((sheet) => [...sheet.sheet.cssRules]).filter((rule) => rule.conditionText === "print");
  const paper = page.createElement("style");
  paper.textContent = rules.flatMap((rule) => [...rule.cssRules]).map((rule) => rule.cssText).join("\n");
  event(view, "beforeprint");
  page.head.append(paper);
  check(at("all is open on paper"), filled() === Math.min(100, list.children.length) && open() > before, [before, open(), filled()]);
  check(at("paper is light"), !isDark(), ground());
  const controls = [...page.querySelectorAll("button, input, select, nav, .no-print")].filter((element) => element.getClientRects().length > 0);
  check(at("no controls on paper"), controls.length === 0, controls.slice(0, 3).map((element) => element.outerHTML.slice(0, 80)));
  check(at("paper fits"), page.scrollingElement.scrollWidth <= width, page.scrollingElement.scrollWidth);
  paper.remove();
  event(view, "afterprint");
  check(at("closed again after printing"), open() === before && isDark(), [before, open()]);
  toggle.click();
}
