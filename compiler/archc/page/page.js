// What is known of a box stands in its line of the table; here it is shown beside the picture.
"use strict";
for (const tree of document.querySelectorAll("[role=tree]")) {
  const panel = document.getElementById("panel");
  const items = [...tree.querySelectorAll("[role=treeitem]")];
  let pinned = null;

  function tell(item) {
    for (const old of document.querySelectorAll(".shown")) old.classList.remove("shown");
    const line = document.getElementById(item.dataset.line);
    if (!line) return;
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
    title.textContent = line.cells[0].textContent;
    panel.replaceChildren(title, list);
    panel.classList.add("told");
  }

  function enter(item) {
    if (!item) return;
    for (const other of items) other.setAttribute("tabindex", other === item ? "0" : "-1");
    item.focus();
    tell(item);
  }

  const above = (item) => item.parentElement.closest("[role=treeitem]");

  tree.addEventListener("mousemove", (event) => {
    // A page that scrolls under a mouse that lies still, as arrow keys make it, is nobody's pointing.
    if (pinned || !(event.movementX || event.movementY)) return;
    const item = event.target.closest("[role=treeitem]");
    if (item && !item.classList.contains("shown")) tell(item);
  });
  tree.addEventListener("click", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (String(getSelection())) return;
    pinned = item && item !== pinned ? item : null;
    if (item) enter(item);
  });
  tree.addEventListener("focusin", (event) => tell(event.target.closest("[role=treeitem]")));
  tree.addEventListener("keydown", (event) => {
    const item = event.target.closest("[role=treeitem]");
    const at = items.indexOf(item);
    const ways = {
      ArrowDown: () => items[at + 1],
      ArrowUp: () => items[at - 1],
      ArrowRight: () => item.querySelector("[role=treeitem]"),
      ArrowLeft: () => above(item),
      Home: () => items[0],
      End: () => items[items.length - 1],
      Escape: () => { pinned = null; return item; },
    };
    if (!(event.key in ways)) return;
    event.preventDefault();
    enter(ways[event.key]());
  });
}
