// What "now" and "over the last hour" mean in PromQL, whatever the interval between samples is.

import { samples } from "./api.js";

export const WINDOWS = [[300, "5m"], [900, "15m"], [3600, "1h"], [21600, "6h"], [86400, "24h"]];

const POINTS = 180;
const MIN_SPAN = 60;
const STEPS = [5, 10, 15, 20, 30, 60, 120, 300, 480, 600];

// Polls and flows come at intervals of their own; of each, the first metric that is there tells it.
const SOURCES = [["snmp_device_up", "system_network_io_bytes_total"], ["network_flow_io_bytes_total", "network_conversation_io_bytes_total"]];

/** The time between samples, in seconds: the slowest of several devices' medians. It is 30 until it can be measured. */
export async function sampleInterval(now) {
  const found = await Promise.all(SOURCES.map(async (metrics) => {
    for (const metric of metrics) {
      const gaps = (await samples(`${metric}[20m]`, now, 20)).map(medianGap).filter(Boolean);
      if (gaps.length) return Math.max(...gaps);
    }
    return 0;
  }));
  return Math.max(...found) || 30;
}

function medianGap({ points }) {
  const gaps = points.slice(1).map((p, i) => p[0] - points[i][0]).sort((a, b) => a - b);
  return gaps[gaps.length >> 1];
}

/** A moment in the refresh loop: its time, its window, and the expressions that fit the interval. */
export class Moment {
  /** oldest: time of the oldest sample; a chart begins there rather than with an empty stretch. */
  constructor({ now, window, interval, oldest }) {
    this.now = now;
    this.window = window;
    this.interval = interval;
    const span = Math.min(window, Math.max(MIN_SPAN, oldest > 0 ? now - oldest : 0));
    this.step = STEPS.find((s) => s >= span / POINTS) ?? STEPS.at(-1);
    // Steps are aligned, so that points stay where they are from refresh to refresh. Where a point shows the last two
    // samples it may lie a little ahead of now, and the newest sample is seen at once; a mean needs its whole step.
    this.means = this.step >= 4 * interval;
    this.end = (this.means ? Math.floor : Math.ceil)(now / this.step) * this.step;
    this.start = this.end - Math.ceil(span / this.step) * this.step;
    // The last two samples are found within this, and a device that fell silent is forgotten after it.
    this.recent = Math.ceil(Math.max(150, 2.5 * interval));
  }

  get range() {
    return { start: this.start, end: this.end, step: this.step };
  }

  /**
   * The rate between the last two samples: right from the second sample on, where rate() would still divide by its
   * whole range.
   */
  current(selector) {
    return `irate(${selector}[${this.recent}s])`;
  }

  /** The rate at each step of a chart: a step that spans several samples shows their mean, not the last pair's. */
  charted(selector) {
    return this.means ? `rate(${selector}[${this.step + Math.ceil(this.interval)}s])` : this.current(selector);
  }

  /** What was added during the window: anchored, so that a total is what was counted and not an extrapolation. */
  added(selector) {
    return `increase(${selector}[${this.window}s] anchored)`;
  }
}
