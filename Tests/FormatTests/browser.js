// Runs in the page that the test writes around a report's page: `pages` has the HTML of each to try.
// What it found stands in the document when it is done.
const results = [];
const check = (name, holds, detail) => { if (!holds) results.push(`${name}: ${detail === undefined ? "no" : JSON.stringify(detail)}`); };
const event = (element, type) => element.dispatchEvent(new Event(type, { bubbles: true }));

async function open(html, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.srcdoc = html;
  const loaded = new Promise((resolve) => { frame.onload = resolve; });
  document.body.append(frame);
  await loaded;
  return frame.contentDocument;
}

async function tryPage(name, page, width) {
  const at = (what) => `${name}, ${width} px, ${what}`;
  const view = page.defaultView;
  check(at("fits"), page.scrollingElement.scrollWidth <= width, page.scrollingElement.scrollWidth);
  const expected = page.expected;
  const list = page.getElementById("list");
  check(at("rows"), list && list.children.length === Math.min(expected.findings, 50), list && list.children.length);

  // The picture: all objects, the edge to change marked, inside the page.
  const first = list.querySelector("details[open]");
  check(at("the first is open"), first);
  const picture = first && first.querySelector("svg[role=img]");
  check(at("picture"), picture);
  if (picture) {
    check(at("boxes"), picture.querySelectorAll(".box").length === expected.boxes, picture.querySelectorAll(".box").length);
    check(at("edges"), picture.querySelectorAll(".edge").length === expected.edges);
    check(at("marked edge"), picture.querySelectorAll(".edge.change").length === expected.changes);
    check(at("picture's title"), picture.querySelector("title").textContent.includes(expected.type));
    check(at("what to do stands at the marked edge"), picture.textContent.includes("captures self✂ make weak"), picture.textContent);
    const closure = picture.querySelector(".closure");
    check(at("the closure stands between its holder and what it captures"), closure && closure.parentNode.textContent.includes("closure #1 in Pet.bind()")
      && closure.parentNode.textContent.includes("SampleReport.swift:12"), closure && closure.parentNode.textContent);
    check(at("the closure is marked as one"), closure && view.getComputedStyle(closure).stroke !== view.getComputedStyle(picture.querySelector(".box")).stroke);
    const bounds = picture.getBoundingClientRect();
    check(at("picture's place"), bounds.width > 60 && bounds.height > 40 && bounds.right <= width, [bounds.width, bounds.height, bounds.right]);
    const red = view.getComputedStyle(picture.querySelector(".edge.change")).stroke;
    check(at("marked in another colour"), red !== view.getComputedStyle(picture.querySelector(".box")).stroke, red);
  }
  const shut = list.children[1];
  check(at("a closed row shows the fix"), shut.querySelector(".brief").textContent === "Fix: make Pet.owner weak", shut.querySelector(".brief").textContent);
  check(at("a closed row shows the place"), /^SampleReport\.swift:\d+$/.test(shut.querySelector(".place").textContent), shut.querySelector(".place").textContent);
  check(at("fix and place are to be seen"), shut.querySelector(".brief").getBoundingClientRect().width > 60 && shut.querySelector(".place").getBoundingClientRect().right <= width);
  check(at("what to do stands in the path"), first && first.querySelector("li.change").textContent.includes("✂ make weak"));
  check(at("elements are shown, not named"), !page.body.textContent.includes("[object"));
  const sign = (row) => view.getComputedStyle(row.querySelector("summary"), "::before").content;
  check(at("rows look as if they could be opened"), sign(list.firstElementChild) !== "none" && sign(list.firstElementChild) !== sign(list.lastElementChild),
    [sign(list.firstElementChild), sign(list.lastElementChild)]);
  check(at("source lines"), first && first.querySelectorAll("pre .here").length > 0);
  check(at("frames folded"), first && first.querySelectorAll("ol.stack details").length > 0);

  // Search.
  const search = page.getElementById("search");
  const status = page.getElementById("status");
  search.value = "no such thing anywhere";
  event(search, "input");
  check(at("search for nothing"), list.children.length === 0 && status.textContent.startsWith("0 of"), status.textContent);
  search.value = expected.search;
  event(search, "input");
  check(at("search"), list.children.length === 1 && list.textContent.includes(expected.search), status.textContent);
  search.value = "";
  event(search, "input");

  // Order.
  const order = page.getElementById("order");
  order.value = "type";
  event(order, "change");
  const types = [...list.querySelectorAll(".name code")].map((code) => code.textContent);
  check(at("order"), types.every((type, index) => index === 0 || types[index - 1].localeCompare(type) <= 0), types.slice(0, 5));
  order.value = "report";
  event(order, "change");

  // Opening one by keyboard or pointer fills it.
  const last = list.lastElementChild;
  last.open = true;

  // More.
  const more = list.nextElementSibling;
  if (expected.findings > 50) {
    more.click();
    check(at("more"), list.children.length === 100, list.children.length);
  } else {
    check(at("no more"), more.hidden);
  }

  // The census sorts and searches.
  const table = page.querySelector("#census") && page.querySelector("section[aria-labelledby=census]");
  check(at("census"), Boolean(table) === expected.census);
  if (table) {
    const column = (index) => [...table.querySelectorAll(`tbody tr td:nth-child(${index})`)].map((cell) => cell.textContent);
    const [byName, byCount] = table.querySelectorAll("th button");
    byName.click();
    const names = column(1);
    check(at("census by name"), names.every((text, index) => index === 0 || names[index - 1].localeCompare(text) <= 0), names);
    check(at("aria-sort"), table.querySelector("th").getAttribute("aria-sort") === "ascending");
    byCount.click();
    const counts = column(2).map((text) => Number(text.replaceAll(",", "")));
    check(at("census by count"), counts.every((count, index) => index === 0 || counts[index - 1] >= count), counts);
    const find = table.querySelector("input");
    find.value = expected.search;
    event(find, "input");
    check(at("census search"), column(1).length === 1, column(1));
  }

  tryFlame(page, at, expected);
  tryPaper(page, at, width);

  // Keyboard and names.
  page.dispatchEvent(new view.KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
  check(at("/ goes to the search"), page.activeElement === search);
  for (const element of page.querySelectorAll("input, select, button")) {
    const name = element.getAttribute("aria-label") || (element.closest("label") || element).textContent.trim();
    check(at("a name for every control"), name, element.outerHTML.slice(0, 80));
  }
  check(at("language and title"), page.documentElement.lang === "en" && page.title.includes("Leaks of"));

  // Light and dark.
  const ground = () => view.getComputedStyle(page.body).backgroundColor;
  const before = ground();
  page.querySelector("button[aria-label='Light or dark']").click();
  check(at("the theme changes"), ground() !== before, [before, ground()]);

  // What a name contains is text.
  check(at("no markup from names"), page.querySelectorAll("b, marquee").length === 0 && !view.injected && page.querySelectorAll("script[src], link, img").length === 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  check(at("opened ones are filled"), last.querySelector(".body"));

  // A link opens its finding wherever it is, and whatever was searched for; so does the next one.
  search.value = "no such thing anywhere";
  event(search, "input");
  for (const signature of expected.links) {
    const changed = new Promise((resolve) => view.addEventListener("hashchange", resolve, { once: true }));
    view.location.hash = signature;
    await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, 2000))]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const linked = list.querySelector(`[data-signature="${signature}"]`);
    check(at(`link to ${signature}`), linked && linked.open && linked.querySelector(".body"));
    const place = linked ? linked.getBoundingClientRect().top : -100;
    // Half a pixel is rounding.
    check(at(`place of ${signature}`), place > -1 && place < 900, place);
  }

  // A long type is shortened, and there whole.
  const long = expected.long && list.querySelector(`[data-signature="${expected.links[0]}"]`);
  if (long) {
    const title = long.querySelector(".name code");
    check(at("a long type is short"), title.textContent.length < 40 && title.title === expected.long, title.textContent);
    check(at("a long type is there whole"), long.querySelector(".body").textContent.includes(expected.long));
  }
}

(async () => {
  for (const [name, html, expected] of pages) {
    for (const width of [1280, 390]) {
      try {
        const page = await open(html, width);
        page.expected = expected;
        await tryPage(name, page, width);
      } catch (error) {
        results.push(`${name}: ${error} ${error.stack}`);
      }
    }
  }
  const output = document.createElement("pre");
  output.id = "results";
  output.textContent = results.length ? results.join("\n") : "all good";
  document.body.replaceChildren(output);
})();
