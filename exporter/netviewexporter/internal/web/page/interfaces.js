// The interfaces of one device.

import { query, quote } from "./api.js";
import { byId, mark, hint } from "./dom.js";
import { bits, percent, perSecond } from "./format.js";
import { Table } from "./table.js";

/** Asks for the interfaces of the device whose service.instance.id is id. */
export async function loadInterfaces(m, id) {
  const of = (metric, more = "") => `${metric}{instance=${quote(id)}${more}}`;
  const ask = (expr) => query(expr, m.now);
  const by = "sum by (network_interface_name, network_interface_alias, network_io_direction)";
  const [rates, limits, oper, admin, errors, drops, info] = await Promise.all([
    ask(`${by} (${m.current(of("system_network_io_bytes_total"))})`),
    ask(`max by (network_interface_name, network_io_direction) (${of("system_network_bandwidth_limit_bytes_per_second")})`),
    ask(`${of("system_network_interface_status")} == 1`),
    ask(`${of("system_network_interface_admin_status")} == 1`),
    ask(`sum by (network_interface_name) (${m.current(of("system_network_errors_total"))})`),
    ask(`sum by (network_interface_name) (${m.current(of("system_network_packet_dropped_total"))})`),
    ask(of("network_interface_info")),
  ]);
  const found = new Map();
  const port = (l) => {
    const name = l.network_interface_name ?? "";
    if (!found.has(name)) found.set(name, { name });
    const p = found.get(name);
    p.alias ||= l.network_interface_alias;
    return p;
  };
  oper.forEach((s) => { port(s.labels).oper = s.labels.network_interface_state; });
  admin.forEach((s) => { port(s.labels).admin = s.labels.network_interface_state; });
  info.forEach((s) => Object.assign(port(s.labels), { speed: Number(s.labels.network_interface_speed) / 8, type: typeName(s.labels.network_interface_type), index: Number(s.labels.network_interface_index) }));
  rates.forEach((s) => { port(s.labels)[s.labels.network_io_direction] = s.value; });
  errors.forEach((s) => { port(s.labels).errors = s.value; });
  drops.forEach((s) => { port(s.labels).drops = s.value; });
  limits.forEach((s) => {
    const p = port(s.labels);
    const direction = s.labels.network_io_direction;
    p.speed ||= s.value;
    p[`${direction}Use`] = s.value > 0 ? p[direction] / s.value : undefined;
  });
  for (const p of found.values()) p.worst = Math.max(p.receiveUse ?? -1, p.transmitUse ?? -1);
  return [...found.values()];
}

// IANAifType, the ones people meet.
const TYPES = { 6: "Ethernet", 23: "PPP", 24: "loopback", 53: "virtual", 71: "wireless", 131: "tunnel", 135: "VLAN", 136: "VLAN interface", 150: "MPLS tunnel", 161: "aggregate", 209: "bridge" };
const typeName = (t) => (t ? TYPES[t] ?? (/^\d+$/.test(t) ? `ifType ${t}` : t) : "");

function state(p) {
  if (p.admin === "down") return { text: "disabled", cls: "state quiet", title: "Administratively down" };
  if (p.oper === "up") return { text: "up", cls: "state good" };
  if (p.oper === undefined) return { text: "–", cls: "state quiet" };
  return { text: p.oper.replaceAll("_", " "), cls: p.oper === "down" ? "state bad" : "state warn" };
}

const rank = (p) => (p.admin === "down" ? 2 : p.oper === "up" ? 1 : 0);

const rate = (label, field) => ({
  label, cls: "num meter", descending: true, sort: (p) => p[field],
  cell: (p) => ({ text: bits(p[field]), sub: p[`${field}Use`] >= 0 ? percent(p[`${field}Use`]) : "", bar: p[`${field}Use`] >= 0 ? p[`${field}Use`] : -1 }),
});

const count = (label, field) => ({
  label, cls: "num", descending: true, sort: (p) => p[field],
  cell: (p) => ({ text: perSecond(p[field]), cls: p[field] > 0 ? "warn" : "" }),
});

const COLUMNS = [
  { label: "Interface", cell: (p) => ({ text: p.name, sub: p.alias, title: p.index ? `ifIndex ${p.index}` : "" }), sort: (p) => p.name },
  { label: "State", cell: state, sort: rank },
  { label: "Type", cls: "wide", cell: (p) => p.type || "–", sort: (p) => p.type },
  { label: "Speed", cls: "num", cell: (p) => (p.speed > 0 ? bits(p.speed) : "–"), sort: (p) => p.speed, descending: true },
  rate("In", "receive"),
  rate("Out", "transmit"),
  count("Errors", "errors"),
  count("Drops", "drops"),
];

const section = byId("interfaces");
const table = new Table({
  columns: COLUMNS, caption: "Interfaces", key: (p) => p.name,
  rowData: (p) => ({ interface: p.name }),
  search: (p) => [p.name, p.alias, p.admin === "down" ? "disabled" : p.oper, p.type].join(" "),
});
byId("interface-filter").addEventListener("input", (e) => table.setFilter(e.target.value));

export function hideInterfaces() {
  section.hidden = true;
}

export function showInterfaces(device, interfaces) {
  section.hidden = false;
  byId("interfaces-title").textContent = `Interfaces of ${device.name}`;
  mark(section, { state: interfaces.length ? "ready" : "empty", count: interfaces.length });
  const body = section.querySelector(".body");
  if (!interfaces.length) {
    body.replaceChildren(hint("No interfaces known.", device.up === undefined
      ? "This device is known from its flows only. Add it to the snmp receiver's targets to see its interfaces."
      : "Interfaces appear after the first poll that the device answers."));
    return;
  }
  table.show(interfaces);
  if (!table.element.isConnected) body.replaceChildren(table.element);
}
