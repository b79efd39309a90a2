// Show the table row of the selected box in the panel beside the picture.
"use strict";
const panel = document.getElementById("panel");
const itemOf = (node) => node.closest("[role=treeitem]");
let pinned = null;
let mouse = "";

function show(item) {
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
    const value = document.createElement("dd");
    term.textContent = heads[i + 1].textContent;
    value.textContent = cell.textContent;
    pair.append(term, value);
    list.append(pair);
  });
  const title = document.createElement("h3");
  const network = item.closest("section")?.firstElementChild.textContent;
  title.textContent = line.cells[0].textContent + (network ? ` of ${network}` : "");
  panel.replaceChildren(title, list);
  panel.classList.add("filled");
}

function select(item) {
  if (!item) return;
  const last = item.closest("[role=tree]").querySelector("[tabindex='0']");
  last.setAttribute("tabindex", "-1");
  last.removeAttribute("aria-describedby");
  item.setAttribute("tabindex", "0");
  // Screen readers read the panel after the name. Fill it first, so that it does not cover the item.
  show(item);
  item.setAttribute("aria-describedby", "panel");
  item.focus();
}

document.addEventListener("mousemove", (event) => {
  // Ignore boxes that scroll under a resting mouse, as with the arrow keys.
  const before = mouse;
  mouse = `${event.screenX} ${event.screenY}`;
  const item = itemOf(event.target);
  if (item && mouse !== before && !pinned && !item.classList.contains("shown")) show(item);
});

// On the document: a picture with its own focus listener would be a tab stop in chromium.
document.addEventListener("focusin", (event) => {
  const item = itemOf(event.target);
  if (item) show(item);
});

document.addEventListener("click", (event) => {
  if (String(getSelection()) || !event.target.closest("[role=tree]")) return;
  const item = itemOf(event.target);
  pinned = item !== pinned ? item : null;
  select(item);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") pinned = null;
  const item = itemOf(event.target);
  if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
  const items = [...item.closest("[role=tree]").querySelectorAll("[role=treeitem]")];
  const at = items.indexOf(item);
  const targets = {
    ArrowDown: items[at + 1],
    ArrowUp: items[at - 1],
    ArrowRight: item.querySelector("[role=treeitem]"),
    ArrowLeft: itemOf(item.parentElement),
    Home: items[0],
    End: items[items.length - 1],
  };
  if (!(event.key in targets)) return;
  event.preventDefault();
  pinned = null;
  select(targets[event.key]);
});

// Elements that scroll are tab stops, so that the keyboard can scroll them.
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const wide = target.scrollWidth > target.clientWidth;
    const scrolls = wide || target.scrollHeight > target.clientHeight;
    if (scrolls && !target.querySelector("[role=tree]")) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});
const scrollable = document.querySelectorAll(".scroll, .sides, .side, .panel");
for (const element of scrollable) observer.observe(element);
