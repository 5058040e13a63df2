// ---- tables that are sorted by a column -------------------------------------------------------

// Numbers by their size, and before what is none.
function compared(one, other) {
  const [a, b] = [one, other].map((text) => text.trim() === "" ? NaN : Number(text));
  if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b) || one.localeCompare(other, "en");
  return a - b;
}

function sortBy(table, heading) {
  const column = heading.cellIndex, down = heading.ariaSort === "ascending";
  const text = (row) => row.cells[column].textContent;
  const known = (row) => Number(text(row) !== "-");
  const rows = [...table.tBodies[0].rows];
  // Where there is no score it comes last, whichever way.
  rows.sort((a, b) => known(b) - known(a) || (down ? -1 : 1) * compared(text(a), text(b)));
  table.tBodies[0].append(...rows);
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  heading.ariaSort = down ? "descending" : "ascending";
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const heading of table.tHead.rows[0].cells) {
    heading.querySelector("button").addEventListener("click", () => sortBy(table, heading));
  }
}

drawCharts();
