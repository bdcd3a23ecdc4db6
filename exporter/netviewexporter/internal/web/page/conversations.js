// Who talks to whom, over which link, as each flow exporter saw it.

import { query, queryRange, quote } from "./api.js";
import { byId, mark, hint } from "./dom.js";
import { Chart } from "./chart.js";
import { bits, bytes, percent } from "./format.js";
import { Table } from "./table.js";

const METRIC = "network_conversation_io_bytes_total";
const ROWS = 25;
const CHARTED = 8;
const KEY = ["instance", "source_address", "destination_address", "destination_port", "network_transport", "network_protocol_name",
  "network_flow_ingress_interface_name", "network_flow_egress_interface_name"];
const BY = ["host_name", ...KEY].join(", ");

const matchers = (pairs) => `{${pairs.join(",")}}`;

/** instance: only what this device exports; null for all. */
export async function loadConversations(m, instance) {
  const own = instance === null ? [] : [`instance=${quote(instance)}`];
  const named = METRIC + matchers(['otel_metric_overflow=""', ...own]);
  const all = METRIC + matchers(own);
  const [added, now, total, totalNow] = await Promise.all([
    query(`topk(${ROWS}, sum by (${BY}) (${m.added(named)}))`, m.now),
    query(`sum by (${BY}) (${m.current(named)})`, m.now),
    query(`sum(${m.added(all)})`, m.now),
    query(`sum(${m.current(all)})`, m.now),
  ]);
  const rates = new Map(now.map((s) => [keyOf(s.labels), s.value]));
  const rows = added.filter((s) => s.value > 0).sort((a, b) => b.value - a.value)
    .map((s) => ({ key: keyOf(s.labels), labels: s.labels, bytes: s.value, rate: rates.get(keyOf(s.labels)) ?? 0 }));
  const sum = total[0]?.value ?? 0;
  const rest = sum - rows.reduce((n, r) => n + r.bytes, 0);
  if (rest > sum * 1e-4) {
    const shown = rows.reduce((n, r) => n + r.rate, 0);
    rows.push({ key: "other", other: true, labels: {}, bytes: rest, rate: Math.max(0, (totalNow[0]?.value ?? 0) - shown) });
  }
  rows.forEach((r) => { r.share = sum > 0 ? r.bytes / sum : undefined; });
  return { rows, ...(await history(m, rows.filter((r) => !r.other).slice(0, CHARTED), all)) };
}

const keyOf = (l) => JSON.stringify(KEY.map((k) => l[k] ?? ""));

async function history(m, rows, all) {
  if (!rows.length) return { series: [] };
  const each = (l) => METRIC + matchers(KEY.map((k) => `${k}=${quote(l[k] ?? "")}`).concat('otel_metric_overflow=""'));
  const [found, total] = await Promise.all([
    queryRange(rows.map((r) => `sum by (${BY}) (${m.charted(each(r.labels))} * 8)`).join(" or "), m.range),
    queryRange(`sum(${m.charted(all)} * 8)`, m.range),
  ]);
  const points = new Map();
  for (const s of found) {
    const into = points.get(keyOf(s.labels)) ?? new Map();
    s.points.forEach((v, t) => into.set(t, v));
    points.set(keyOf(s.labels), into);
  }
  const series = rows.map((r) => ({ key: r.key, label: title(r.labels), sub: service(r.labels), up: points.get(r.key) ?? new Map() }));
  const other = new Map();
  total[0]?.points.forEach((v, t) => other.set(t, Math.max(0, v - series.reduce((n, s) => n + (s.up.get(t) ?? 0), 0))));
  return { series: [...series, { key: "other", label: "Other", color: -1, up: other }] };
}

const title = (l) => `${l.source_address || "?"} → ${l.destination_address || "?"}`;

const service = (l) => l.network_protocol_name || [l.network_transport, l.destination_port].filter(Boolean).join(" ");

function link(l) {
  const from = l.network_flow_ingress_interface_name;
  const to = l.network_flow_egress_interface_name;
  return from || to ? `${from || "?"} → ${to || "?"}` : "–";
}

const COLUMNS = [
  { label: "Source", cell: (r) => (r.other ? { text: "Other", title: "All conversations that are not listed" } : r.labels.source_address || "–"), sort: (r) => (r.other ? "" : r.labels.source_address) },
  { label: "Destination", cell: (r) => (r.other ? "" : r.labels.destination_address || "–"), sort: (r) => r.labels.destination_address },
  { label: "Application", cell: (r) => ({ text: r.other ? "" : r.labels.network_protocol_name || r.labels.destination_port || "–",
    sub: r.other ? "" : [r.labels.network_protocol_name ? r.labels.destination_port : "", r.labels.network_transport].filter(Boolean).join(" · ") }),
    sort: (r) => Number(r.labels.destination_port) },
  { label: "Link", title: "Where it enters → where it leaves", cell: (r) => (r.other ? "" : link(r.labels)), sort: (r) => (r.other ? "" : link(r.labels)) },
  { label: "Seen by", cell: (r) => (r.other ? "" : { text: r.labels.host_name || r.labels.instance, href: `#device=${encodeURIComponent(r.labels.instance ?? "")}` }), sort: (r) => r.labels.host_name },
  { label: "Now", cls: "num", cell: (r) => bits(r.rate), sort: (r) => r.rate, descending: true },
  { label: "In window", cls: "num", cell: (r) => bytes(r.bytes), sort: (r) => r.bytes, descending: true },
  { label: "Share", cls: "num meter plain", cell: (r) => ({ text: percent(r.share), bar: r.share ?? -1 }), sort: (r) => (r.other ? -1 : r.share), descending: true },
];

const section = byId("conversations");
const chart = new Chart(byId("conversations-chart"), { mode: "stack", label: "Bits per second of the largest conversations over time, stacked" });
const table = new Table({
  columns: COLUMNS, caption: "Top conversations", key: (r) => r.key, initial: { column: 7, descending: true },
  rowData: (r) => ({ conversation: r.other ? "other" : title(r.labels) }), search: () => "",
});

export function showConversations(m, { rows, series }, device) {
  byId("conversations-title").textContent = device ? `Top conversations through ${device.name}` : "Top conversations";
  mark(section, { state: rows.length ? "ready" : "empty", count: rows.length });
  byId("conversations-note").textContent = rows.length && !device ? "As each exporter saw them: a conversation that crosses two exporters counts at both" : "";
  const body = section.querySelector(".body");
  if (!rows.length) {
    chart.empty("empty", "No conversations yet.", "They come from flows: export NetFlow or IPFIX to the netflow receiver (UDP 2055) or sFlow to the sflow receiver (UDP 6343).",
      "They appear at the end of the first aggregation interval.");
    body.replaceChildren();
    return;
  }
  chart.show({ ...m.range, series });
  table.show(rows);
  if (!table.element.isConnected) body.replaceChildren(table.element);
}
