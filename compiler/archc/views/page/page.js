// What is known of a box stands in its line of the table; here it is shown beside the picture.
"use strict";
const panel = document.getElementById("panel");
const itemOf = (node) => node.closest("[role=treeitem]");
let pinned = null;
let mouse = "";

function tell(item) {
  for (const old of document.querySelectorAll(".shown")) old.classList.remove("shown");
  const line = document.getElementById(item.dataset.line);
  item.classList.add("shown");
  line.classList.add("shown");
  const heads = line.closest("table").tHead.rows[0].cells;
  const list = document.createElement("dl");
  [...line.cells].slice(1).forEach((cell, i) => {
    if (!cell.textContent.trim()) return;
    const pair = document.createElement("div");
    const term = document.createElement("dt");
    const told = document.createElement("dd");
    term.textContent = heads[i + 1].textContent;
    told.textContent = cell.textContent;
    pair.append(term, told);
    list.append(pair);
  });
  const title = document.createElement("h3");
  const network = item.closest("section")?.firstElementChild.textContent;
  title.textContent = line.cells[0].textContent + (network ? ` of ${network}` : "");
  panel.replaceChildren(title, list);
  panel.classList.add("told");
}

function enter(item) {
  if (!item) return;
  const last = item.closest("[role=tree]").querySelector("[tabindex='0']");
  last.setAttribute("tabindex", "-1");
  last.removeAttribute("aria-describedby");
  item.setAttribute("tabindex", "0");
  // Read out behind its name; told first, so that what has the focus is not behind the panel.
  tell(item);
  item.setAttribute("aria-describedby", "panel");
  item.focus();
}

document.addEventListener("mousemove", (event) => {
  // What scrolls under a mouse that lies still, as arrow keys make it, is not pointed at.
  const before = mouse;
  mouse = `${event.screenX} ${event.screenY}`;
  const item = itemOf(event.target);
  if (item && mouse !== before && !pinned && !item.classList.contains("shown")) tell(item);
});

// On the document: chromium lets the keyboard stop at a picture that itself listens for focus.
document.addEventListener("focusin", (event) => {
  const item = itemOf(event.target);
  if (item) tell(item);
});

document.addEventListener("click", (event) => {
  if (String(getSelection()) || !event.target.closest("[role=tree]")) return;
  const item = itemOf(event.target);
  pinned = item !== pinned ? item : null;
  enter(item);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") pinned = null;
  const item = itemOf(event.target);
  if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
  const items = [...item.closest("[role=tree]").querySelectorAll("[role=treeitem]")];
  const at = items.indexOf(item);
  const ways = {
    ArrowDown: items[at + 1],
    ArrowUp: items[at - 1],
    ArrowRight: item.querySelector("[role=treeitem]"),
    ArrowLeft: itemOf(item.parentElement),
    Home: items[0],
    End: items[items.length - 1],
  };
  if (!(event.key in ways)) return;
  event.preventDefault();
  pinned = null;
  enter(ways[event.key]);
});

// What is larger than its place is a stop of the keyboard's, so that it can be scrolled.
const places = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    const wide = target.scrollWidth > target.clientWidth;
    const scrolls = wide || target.scrollHeight > target.clientHeight;
    if (scrolls && !target.querySelector("[role=tree]")) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});
const scrolled = document.querySelectorAll(".scroll, .sides, .side, .panel");
for (const place of scrolled) places.observe(place);
