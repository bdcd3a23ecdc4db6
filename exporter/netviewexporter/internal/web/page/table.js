// A table that sorts, filters, and keeps its rows' elements from refresh to refresh, so that focus and selection stay.

import { el } from "./dom.js";
import { natural } from "./format.js";

const MAX_ROWS = 500;

/**
 * columns: [{label, title, cls, cell(row) → string | {text, sub, cls, bar, title, href}, sort(row) → number | string,
 *            descending: whether the first click sorts downwards}]
 */
export class Table {
  constructor({ columns, key, rowData, search, initial, caption, onRow }) {
    Object.assign(this, { columns, key, rowData, search, onRow });
    this.order = initial ?? { column: 0, descending: false };
    this.rows = [];
    this.filter = "";
    this.elements = new Map();
    this.body = el("tbody");
    this.note = el("p.muted.more", { hidden: true });
    this.heads = columns.map((c, i) => this.#head(c, i));
    this.element = el("div.scroll", null,
      el("table", null, el("caption.unseen", null, caption), el("thead", null, el("tr", null, ...this.heads)), this.body), this.note);
    this.#arrows();
  }

  #head(column, i) {
    const button = el("button", { type: "button", title: column.title, click: () => this.#sortBy(i) }, column.label);
    return el("th", { scope: "col", class: column.cls }, button);
  }

  #sortBy(i) {
    const same = this.order.column === i;
    this.order = { column: i, descending: same ? !this.order.descending : Boolean(this.columns[i].descending) };
    this.#arrows();
    this.#render();
  }

  #arrows() {
    this.heads.forEach((h, i) => {
      if (i === this.order.column) h.setAttribute("aria-sort", this.order.descending ? "descending" : "ascending");
      else h.removeAttribute("aria-sort");
    });
  }

  setFilter(text) {
    this.filter = text.trim().toLowerCase();
    this.#render();
  }

  /** Shows rows; returns how many pass the filter. */
  show(rows) {
    this.rows = rows;
    return this.#render();
  }

  #visible() {
    const words = this.filter.split(/\s+/).filter(Boolean);
    const rows = words.length
      ? this.rows.filter((r) => { const s = this.search(r).toLowerCase(); return words.every((w) => s.includes(w)); })
      : [...this.rows];
    const { column, descending } = this.order;
    const value = this.columns[column].sort;
    return rows.sort((a, b) => (descending ? -1 : 1) * compare(value(a), value(b), descending) || natural(this.key(a), this.key(b)));
  }

  #render() {
    const visible = this.#visible();
    const shown = visible.slice(0, MAX_ROWS);
    const keys = new Set(shown.map(this.key));
    for (const [k, tr] of this.elements) {
      if (!keys.has(k)) { tr.remove(); this.elements.delete(k); }
    }
    let previous = null;
    for (const row of shown) {
      const tr = this.#row(row);
      const place = previous ? previous.nextSibling : this.body.firstChild;
      if (tr !== place) this.body.insertBefore(tr, place);
      previous = tr;
    }
    this.note.hidden = visible.length > 0 && visible.length <= MAX_ROWS;
    this.note.textContent = visible.length === 0
      ? (this.rows.length ? "Nothing matches the filter." : "")
      : `The first ${MAX_ROWS} of ${visible.length} are shown; filter to see others.`;
    return visible.length;
  }

  #row(row) {
    const k = this.key(row);
    let tr = this.elements.get(k);
    if (!tr) {
      tr = el("tr", null, ...this.columns.map((c) => el("td", { class: c.cls, "data-label": c.label })));
      if (this.onRow) {
        tr.classList.add("link");
        tr.addEventListener("click", (e) => { if (!e.target.closest("a") && !getSelection().toString()) this.onRow(k); });
      }
      this.elements.set(k, tr);
    }
    for (const [name, v] of Object.entries(this.rowData(row))) {
      if (tr.dataset[name] !== String(v)) tr.dataset[name] = v;
    }
    this.columns.forEach((c, i) => fill(tr.cells[i], c, c.cell(row)));
    return tr;
  }
}

/** Missing values sort last either way. */
function compare(a, b, descending) {
  const missing = (v) => v === undefined || v === null || v === "" || Number.isNaN(v);
  if (missing(a) || missing(b)) return (missing(a) - missing(b)) * (descending ? -1 : 1);
  return typeof a === "number" && typeof b === "number" ? a - b : natural(String(a), String(b));
}

function fill(td, column, cell) {
  const c = typeof cell === "object" && cell ? cell : { text: cell };
  const signature = JSON.stringify(c);
  if (td.signature === signature) return;
  td.signature = signature;
  td.className = [column.cls, c.cls].filter(Boolean).join(" ");
  if (c.title) td.title = c.title;
  else td.removeAttribute("title");
  const main = c.href ? el("a", { href: c.href }, c.text) : el("span", null, c.text ?? "–");
  td.replaceChildren(...(c.bar >= 0 ? [bar(c.bar)] : []), main, ...(c.sub ? [el("small", null, c.sub)] : []));
}

function bar(ratio) {
  const level = ratio >= 0.9 ? "bad" : ratio >= 0.7 ? "warn" : "good";
  return el("meter", { class: level, min: 0, max: 1, value: Math.min(1, ratio).toFixed(4), "aria-hidden": "true" });
}
