// Building the document. Text goes in as text, always: names come from devices.

/** el("td.num", {title: "…"}, "text", node, …) */
export function el(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split(".");
  const e = document.createElement(tag);
  if (classes.length) e.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") e.addEventListener(name, value);
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== undefined && c !== null && c !== ""));
  return e;
}

export const byId = (id) => document.getElementById(id);

/** Sets data-… attributes; null removes one. */
export function mark(element, data) {
  for (const [k, v] of Object.entries(data)) {
    if (v === null || v === undefined) delete element.dataset[k];
    else element.dataset[k] = v;
  }
}

/** What stands where data will be, and what to do so that it comes. */
export const hint = (title, ...lines) =>
  el("div.hint", null, el("strong", null, title), ...lines.map((l) => el("p", null, l)));
