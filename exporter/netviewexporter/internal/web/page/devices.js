// The devices: who is there, who answers, what flows through.

import { query } from "./api.js";
import { byId, mark, hint } from "./dom.js";
import { bits, natural, percent, perSecond, plural } from "./format.js";
import { Table } from "./table.js";

const UTILIZATION = (m) =>
  `max by (instance, network_interface_name) (max by (instance, network_interface_name, network_io_direction) (${m.current("system_network_io_bytes_total")})` +
  ` / (max by (instance, network_interface_name, network_io_direction) (system_network_bandwidth_limit_bytes_per_second) > 0))`;

const UP_BUT_DOWN =
  `count by (instance) (max by (instance, network_interface_name) (system_network_interface_admin_status{network_interface_state="up"}) == 1` +
  ` and on (instance, network_interface_name) max by (instance, network_interface_name) (system_network_interface_status{network_interface_state="up"}) == 0)`;

/** Ports that were up during the window and are not now: an unused port that was never up is no news. */
const WENT_DOWN = (m) =>
  `max by (instance, network_interface_name) (max_over_time(system_network_interface_status{network_interface_state="up"}[${m.window}s])) == 1` +
  ` and on (instance, network_interface_name) max by (instance, network_interface_name) (system_network_interface_status{network_interface_state="up"}) == 0`;

/** Asks for everything about all devices; returns a sorted list. */
export async function loadDevices(m) {
  const ask = (expr) => query(expr, m.now);
  const [up, upAt, seen, info, oper, broken, rates, busiest, errors, drops, fallen] = await Promise.all([
    ask("snmp_device_up"),
    ask("timestamp(snmp_device_up)"),
    ask(`count by (instance, host_name) ({__name__=~"system_network_io_bytes_total|network_flow_io_bytes_total|network_conversation_io_bytes_total"})`),
    ask("snmp_device_info"),
    ask(`count by (instance) (max by (instance, network_interface_name) (system_network_interface_status{network_interface_state="up"}) == 1)`),
    ask(UP_BUT_DOWN),
    ask(`sum by (instance, network_io_direction) (${m.current("system_network_io_bytes_total")})`),
    ask(`topk by (instance) (1, ${UTILIZATION(m)})`),
    ask(`sum by (instance) (${m.current("system_network_errors_total")})`),
    ask(`sum by (instance) (${m.current("system_network_packet_dropped_total")})`),
    ask(WENT_DOWN(m)),
  ]);
  const devices = new Map();
  const device = (labels) => {
    const id = labels.instance ?? "";
    if (!devices.has(id)) devices.set(id, { id, name: labels.host_name || id || "unnamed" });
    return devices.get(id);
  };
  seen.forEach((s) => device(s.labels));
  // A device that went down has two series for a while, one of them with error.type: the newer one counts.
  const at = new Map(upAt.map((s) => [labelKey(s.labels), s.value]));
  up.forEach((s) => {
    const d = device(s.labels);
    const t = at.get(labelKey(s.labels)) ?? 0;
    if (d.polledAt === undefined || t > d.polledAt) {
      Object.assign(d, { polledAt: t, up: s.value, error: s.labels.error_type, name: s.labels.host_name || d.name });
    }
  });
  info.forEach((s) => Object.assign(device(s.labels), describe(s.labels)));
  const put = (series, field) => series.forEach((s) => { device(s.labels)[field] = s.value; });
  put(oper, "portsUp");
  put(broken, "portsDown");
  put(errors, "errors");
  put(drops, "drops");
  rates.forEach((s) => { device(s.labels)[s.labels.network_io_direction] = s.value; });
  busiest.forEach((s) => Object.assign(device(s.labels), { worst: s.value, worstName: s.labels.network_interface_name }));
  fallen.forEach((s) => (device(s.labels).fallen ??= []).push(s.labels.network_interface_name));
  for (const d of devices.values()) {
    d.age = d.polledAt === undefined ? undefined : m.now - d.polledAt;
    // A device that is down has no current rates; what the last samples say is history.
    if (d.up === 0) Object.assign(d, { receive: undefined, transmit: undefined, worst: undefined, errors: undefined, drops: undefined });
  }
  return [...devices.values()];
}

const labelKey = ({ __name__, ...labels }) => JSON.stringify(Object.entries(labels).sort());

function describe(l) {
  const system = [l.os_name, l.os_version].filter(Boolean).join(" ");
  const model = [l.hw_vendor, l.hw_model].filter(Boolean).join(" ") || l.snmp_sys_descr?.split("\n")[0];
  return { model, system, location: l.snmp_sys_location, description: l.snmp_sys_descr, addresses: addresses(l.host_ip), serial: l.hw_serial_number };
}

/** host.ip is a list, which a label holds as JSON. */
function addresses(text) {
  try {
    return [].concat(JSON.parse(text)).map(String);
  } catch {
    return text ? [text] : [];
  }
}

function stateCell(d) {
  if (d.up === undefined) return { text: "not polled", cls: "state quiet", title: "Known from what it sends; not polled over SNMP" };
  if (d.up === 0) return { text: "down", sub: d.error, cls: "state bad", title: `Does not answer: ${d.error ?? "unknown reason"}` };
  return { text: "up", cls: "state good" };
}

const stateRank = (d) => (d.up === 0 ? 0 : d.up === undefined ? 2 : 1);

function portsCell(d) {
  if (d.portsUp === undefined && d.portsDown === undefined) return "–";
  return { text: `${d.portsUp ?? 0} up`, sub: d.portsDown ? `${d.portsDown} down` : "", title: "Ports that are up; below, ports that are enabled but down" };
}

const count = (field, label) => ({
  label, cls: "num", descending: true, sort: (d) => d[field],
  cell: (d) => ({ text: perSecond(d[field]), cls: d[field] > 0 ? "warn" : "" }),
});

const COLUMNS = [
  { label: "Device", cell: (d) => ({ text: d.name, sub: d.id === d.name ? "" : d.id, href: `#device=${encodeURIComponent(d.id)}`, title: d.addresses?.join(", ") }), sort: (d) => d.name },
  { label: "State", cell: stateCell, sort: stateRank },
  { label: "Model", cls: "wide", cell: (d) => ({ text: d.model, sub: [d.system, d.location].filter(Boolean).join(" · "), title: d.description }), sort: (d) => d.model },
  { label: "Ports", cls: "num", cell: portsCell, sort: (d) => d.portsDown ?? 0, descending: true },
  { label: "In", title: "Received, sum of all ports", cls: "num", cell: (d) => bits(d.receive), sort: (d) => d.receive, descending: true },
  { label: "Out", title: "Sent, sum of all ports", cls: "num", cell: (d) => bits(d.transmit), sort: (d) => d.transmit, descending: true },
  { label: "Busiest port", cls: "num meter", cell: (d) => ({ text: percent(d.worst), sub: d.worst === undefined ? "" : d.worstName, bar: d.worst ?? -1 }), sort: (d) => d.worst, descending: true },
  count("errors", "Errors"),
  count("drops", "Drops"),
];

const section = byId("devices");
const table = new Table({
  columns: COLUMNS, caption: "Devices", key: (d) => d.id, initial: { column: 1, descending: false },
  rowData: (d) => ({ device: d.id, up: d.up ?? "" }),
  search: (d) => [d.name, d.id, d.model, d.system, d.location, d.description, d.serial, ...(d.addresses ?? []), d.up === 0 ? "down" : "up"].join(" "),
  onRow: (id) => { location.hash = `device=${encodeURIComponent(id)}`; },
});
byId("device-filter").addEventListener("input", (e) => table.setFilter(e.target.value));

export function showDevices(devices) {
  const body = section.querySelector(".body");
  mark(section, { state: devices.length ? "ready" : "empty", count: devices.length });
  if (!devices.length) {
    body.replaceChildren(hint("No data yet.", "Point a device at netcol: add it to the snmp receiver's targets, or send NetFlow, IPFIX or sFlow to the ports of the netflow and sflow receivers.",
      "Then check that a metrics pipeline exports to netview. The first rates appear after the second poll."));
    return;
  }
  table.show(devices);
  if (!table.element.isConnected) body.replaceChildren(table.element);
}

/** What is wrong now: [{text, href, level}]. */
export function findTrouble(devices) {
  const trouble = [];
  for (const d of devices.filter((x) => x.up === 0)) {
    trouble.push({ level: "bad", text: `${d.name} is down`, detail: d.error, href: link(d) });
  }
  const lists = [
    [devices.filter((d) => d.worst >= 0.8), (d) => ({ level: d.worst >= 0.9 ? "bad" : "warn", text: `${d.name} ${d.worstName} at ${percent(d.worst)}` })],
    [devices.filter((d) => d.fallen && d.up !== 0), (d) => ({ level: "bad", text: `${d.name}: ${fallenText(d.fallen)} went down` })],
  ];
  for (const [hit, describeOne] of lists) trouble.push(...hit.map((d) => ({ ...describeOne(d), href: link(d) })));
  for (const [field, noun] of [["errors", "Errors"], ["drops", "Drops"]]) {
    const hit = devices.filter((d) => d[field] > 0).sort((a, b) => b[field] - a[field]);
    if (hit.length) {
      const most = `${hit[0].name}: ${perSecond(hit[0][field])}`;
      trouble.push({ level: "warn", href: link(hit[0]), text: hit.length === 1 ? `${noun} on ${most}` : `${noun} on ${hit.length} devices, most on ${most}` });
    }
  }
  return trouble;
}

const fallenText = (names) => (names.length > 3 ? plural(names.length, "port") : names.sort(natural).join(", "));

const link = (d) => `#device=${encodeURIComponent(d.id)}`;
