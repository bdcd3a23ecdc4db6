// Traps and changes, newest first.

import { events } from "./api.js";
import { byId, el, mark, hint } from "./dom.js";

const SHOWN = 50;
const section = byId("events");

export const loadEvents = () => events(200);

export function showEvents(list, device) {
  const rows = list.filter((e) => !device || e.instance === device.id).slice(0, SHOWN);
  mark(section, { state: rows.length ? "ready" : "empty", count: rows.length });
  const body = section.querySelector(".body");
  if (!rows.length) {
    body.replaceChildren(hint("No events.", "Traps, informs and changes of devices appear here when a logs pipeline exports to netview."));
    return;
  }
  body.replaceChildren(el("ol.events", null, ...rows.map(item)));
}

function item(e) {
  const at = new Date(e.time);
  const details = Object.entries(e.attributes ?? {}).map(([k, v]) => `${k}=${v}`).join("  ");
  const level = /^(ERROR|FATAL)/i.test(e.severity) ? "bad" : /^WARN/i.test(e.severity) ? "warn" : "quiet";
  return el("li", null,
    el("time", { datetime: e.time, title: at.toString() }, at.toLocaleString("en-GB")),
    el(`b.${level}`, null, e.attributes?.["snmp.trap.name"] || e.name || "log"),
    el("span", null, e.host || e.instance),
    el("span.muted.details", { title: details }, e.body || details));
}
