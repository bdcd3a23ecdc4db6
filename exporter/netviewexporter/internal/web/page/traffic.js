// Interface traffic over time: the busiest interfaces of the window.

import { query, queryRange, quote } from "./api.js";
import { byId } from "./dom.js";
import { Chart } from "./chart.js";

const TOP = 6;
const BY = "instance, host_name, network_interface_name";
const chart = new Chart(byId("traffic-chart"), { mode: "mirror", label: "Traffic of the busiest interfaces over time, received upwards, sent downwards" });

/** instance: only this device's interfaces; null for all. */
export async function loadTraffic(m, instance) {
  const scope = instance === null ? "" : `{instance=${quote(instance)}}`;
  const top = await query(`topk(${TOP}, sum by (${BY}) (${m.added(`system_network_io_bytes_total${scope}`)}))`, m.now);
  const wanted = top.filter((s) => s.value > 0).sort((a, b) => b.value - a.value).map((s) => s.labels);
  if (!wanted.length) return { series: [] };
  // Exact matchers, not a join: the store then reads these series only.
  const each = (l) => `system_network_io_bytes_total{instance=${quote(l.instance ?? "")},network_interface_name=${quote(l.network_interface_name ?? "")}}`;
  const expr = wanted.map((l) => `sum by (${BY}, network_io_direction) (${m.charted(each(l))} * 8)`).join(" or ");
  const found = await queryRange(expr, m.range);
  const key = (l) => JSON.stringify([l.instance, l.network_interface_name]);
  const of = (l, direction) => {
    const points = new Map();
    found.filter((s) => key(s.labels) === key(l) && s.labels.network_io_direction === direction).forEach((s) => s.points.forEach((v, t) => points.set(t, v)));
    return points;
  };
  return {
    series: wanted.map((l) => ({
      key: key(l), label: l.network_interface_name, sub: instance === null ? l.host_name || l.instance : "",
      up: of(l, "receive"), down: of(l, "transmit"),
    })),
  };
}

export function showTraffic(m, { series }, device) {
  byId("traffic-title").textContent = device ? `Interface traffic of ${device.name}` : "Interface traffic";
  byId("traffic-note").textContent = series.length ? `The ${series.length} busiest interfaces; received ↓ above the line, sent ↑ below` : "";
  if (!series.some((s) => s.up.size || s.down.size)) {
    chart.empty("empty", "No interface traffic yet.", "Rates need two polls of a device over SNMP, or two sFlow counter samples.",
      "If this stays empty, look at the devices' state below.");
    return;
  }
  chart.show({ ...m.range, series });
}
