// Line charts over time, drawn by uPlot (global; vendor/uplot.js).
//
// Two forms: "mirror" draws what is received upwards and what is sent downwards; "stack" piles up.

import { el, mark, hint } from "./dom.js";
import { si } from "./format.js";

const uPlot = globalThis.uPlot;
const HEIGHT = 270;
const dark = matchMedia("(prefers-color-scheme: dark)");

// Eight hues that stay apart for colour-blind eyes (after Okabe and Ito), for either background.
const COLORS = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#4aa8d8", "#7a5bd0", "#8a6d4b"],
  dark: ["#4ea8e8", "#ff8c42", "#2cc99a", "#e69ac8", "#e6c84a", "#8fd3ff", "#a893f5", "#c9a882"],
};
const OTHER = { light: "#9aa3ad", dark: "#6b7682" };

export const colorOf = (i) => (i < 0 ? OTHER : COLORS)[dark.matches ? "dark" : "light"][i < 0 ? undefined : i % 8] ?? OTHER[dark.matches ? "dark" : "light"];

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function clock(t, range) {
  const d = new Date(t * 1000);
  const two = (n) => String(n).padStart(2, "0");
  const hm = `${two(d.getHours())}:${two(d.getMinutes())}`;
  return range <= 900 ? `${hm}:${two(d.getSeconds())}` : hm;
}

export class Chart {
  /** mode: "mirror" or "stack"; empty: what to say without data. */
  constructor(container, { mode, label }) {
    this.container = container;
    this.mode = mode;
    this.canvas = el("div.plot", { role: "img", "aria-label": label });
    this.legend = el("ul.legend");
    this.tip = el("div.tip", { hidden: true });
    this.message = el("div.message", null, hint("Loading…"));
    this.hidden = new Set();
    container.append(this.message, this.canvas, this.legend);
    this.canvas.hidden = this.legend.hidden = true;
    new ResizeObserver(() => this.plot?.setSize({ width: this.canvas.clientWidth, height: HEIGHT })).observe(this.canvas);
    dark.addEventListener("change", () => { this.#drop(); if (this.input) this.show(this.input); });
  }

  /** Says that there is nothing to draw, and what to do. */
  empty(state, ...message) {
    this.#drop();
    this.input = null;
    this.canvas.hidden = this.legend.hidden = true;
    this.message.hidden = false;
    this.message.replaceChildren(hint(...message));
    mark(this.container, { state, series: 0, points: 0 });
  }

  /**
   * input: {start, end, step, series: [{key, label, sub, color, up: Map, down: Map?}]}; up and down are rates in bit/s.
   */
  show(input) {
    this.input = input;
    const { start, end, step, series } = input;
    const xs = [];
    for (let t = start; t <= end + 1e-6; t += step) xs.push(Math.round(t * 1000) / 1000);
    const pick = (points, sign) => xs.map((t) => { const v = points?.get(t); return v === undefined || Number.isNaN(v) ? null : sign * v; });
    this.xs = xs;
    this.lines = series.flatMap((s, i) => {
      const color = colorOf(s.color ?? i);
      const up = { owner: s, color, raw: pick(s.up, 1), sign: 1 };
      return this.mode === "mirror" ? [up, { owner: s, color, raw: pick(s.down, -1), sign: -1 }] : [up];
    });
    this.canvas.hidden = this.legend.hidden = false;
    this.message.hidden = true;
    this.#draw();
    const filled = this.lines.map((l) => l.raw.reduce((n, v) => n + (v !== null), 0));
    mark(this.container, { state: "ready", series: this.lines.length, points: Math.max(0, ...filled) });
  }

  #data() {
    const on = (l) => !this.hidden.has(l.owner.key);
    if (this.mode === "mirror") return [this.xs, ...this.lines.map((l) => (on(l) ? l.raw : l.raw.map(() => null)))];
    // Each line is the sum of itself and those below it; the first in the legend lies at the bottom.
    let below = this.xs.map(() => 0);
    const known = this.xs.map((_, i) => this.lines.some((l) => l.raw[i] !== null));
    const sums = this.lines.map((l) => {
      below = below.map((b, i) => b + (on(l) ? l.raw[i] ?? 0 : 0));
      return below.map((b, i) => (known[i] ? b : null));
    });
    return [this.xs, ...sums];
  }

  #draw() {
    const shape = JSON.stringify([this.lines.map((l) => [l.owner.key, l.color, l.sign]), clock(0, this.input.end - this.input.start).length]);
    if (!this.plot || shape !== this.shape) {
      this.#drop();
      this.shape = shape;
      this.plot = new uPlot(this.#options(), this.#data(), this.canvas);
      this.plot.over.append(this.tip);
    } else {
      this.plot.setData(this.#data());
    }
    this.#legend();
  }

  #drop() {
    this.plot?.destroy();
    this.plot = null;
    this.tip.hidden = true;
  }

  #options() {
    const axis = { stroke: css("--muted"), grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const stack = this.mode === "stack";
    return {
      width: this.canvas.clientWidth || 600,
      height: HEIGHT,
      padding: [10, 24, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false },
      scales: {
        x: { time: true, range: () => [this.input.start, this.input.end] },
        y: { range: (_, min, max) => [stack ? 0 : Math.min(0, (min ?? 0) * 1.08), Math.max(1000, (max ?? 0) * 1.08)] },
      },
      axes: [
        { ...axis, size: 34, space: 80, values: (_, splits) => splits.map((t) => clock(t, this.input.end - this.input.start)) },
        { ...axis, size: 84, space: 40, values: (_, splits) => splits.map((v) => si(Math.abs(v), "bit/s")) },
      ],
      series: [{}, ...this.lines.map((l) => ({
        stroke: l.color, width: stack ? 1 : 1.75, points: { show: this.#few() }, fill: stack ? l.color + "99" : l.color + "14", spanGaps: false,
      }))],
      bands: stack ? this.lines.slice(1).map((_, i) => ({ series: [i + 2, i + 1], fill: this.lines[i + 1].color + "99" })) : [],
      hooks: { setCursor: [() => this.#hover()] },
    };
  }

  /** With a handful of points lines alone would be hard to see. */
  #few() {
    return (u, i) => this.lines[i - 1].raw.reduce((n, v) => n + (v !== null), 0) < 6;
  }

  /** The newest moment that has a value. */
  #latest() {
    for (let i = this.xs.length - 1; i >= 0; i--) if (this.lines.some((l) => l.raw[i] !== null)) return i;
    return this.xs.length - 1;
  }

  #at(owner, i) {
    return this.lines.filter((l) => l.owner === owner).map((l) => (l.raw[i] === null ? null : Math.abs(l.raw[i])));
  }

  #text([up, down]) {
    return this.mode === "mirror" ? `↓ ${si(up, "bit/s")}  ↑ ${si(down, "bit/s")}` : si(up, "bit/s");
  }

  #legend() {
    const i = this.#latest();
    this.legend.replaceChildren(...this.input.series.map((s, n) => {
      const off = this.hidden.has(s.key);
      const toggle = () => { if (off) this.hidden.delete(s.key); else this.hidden.add(s.key); this.#draw(); };
      return el("li", null, el("button", { type: "button", "aria-pressed": String(!off), click: toggle, title: "Show or hide" },
        swatch(colorOf(s.color ?? n)), el("span.name", null, s.label), s.sub ? el("span.muted", null, s.sub) : null,
        el("span.value", null, this.#text(this.#at(s, i)))));
    }));
  }

  #hover() {
    const { idx, left, top } = this.plot.cursor;
    if (idx === null || idx === undefined || left < 0) { this.tip.hidden = true; return; }
    const rows = this.input.series.filter((s) => !this.hidden.has(s.key)).map((s, n) => ({ s, n, v: this.#at(s, idx) }))
      .filter((r) => r.v.some((v) => v !== null)).sort((a, b) => Math.max(...b.v) - Math.max(...a.v));
    this.tip.replaceChildren(el("time", null, new Date(this.xs[idx] * 1000).toLocaleTimeString("en-GB")),
      ...rows.map((r) => el("div", null, swatch(colorOf(r.s.color ?? this.input.series.indexOf(r.s))), el("span.name", null, r.s.label), el("span.value", null, this.#text(r.v)))));
    this.tip.hidden = rows.length === 0;
    const width = this.plot.over.clientWidth;
    const right = left > width / 2;
    this.tip.style.left = right ? "auto" : `${left + 14}px`;
    this.tip.style.right = right ? `${width - left + 14}px` : "auto";
    this.tip.style.top = `${Math.min(Math.max(0, top - 30), 120)}px`;
  }
}

function swatch(color) {
  const s = el("i.swatch");
  s.style.backgroundColor = color;
  return s;
}
