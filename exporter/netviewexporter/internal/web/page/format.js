// Numbers, rates and times as people read them.

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

/** SI: 1234567 → "1.23 M". Three significant digits; "–" for what is not a number. */
export function si(value, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  let v = Math.abs(value);
  let p = 0;
  while (v >= 999.5 && p < PREFIXES.length - 1) {
    v /= 1000;
    p++;
  }
  const digits = v >= 99.95 || v === 0 || (p === 0 && Number.isInteger(v)) ? 0 : v >= 9.995 ? 1 : 2;
  const text = (value < 0 ? "−" : "") + v.toFixed(v !== 0 && v < 0.01 && p === 0 ? 3 : digits);
  const suffix = PREFIXES[p] + unit;
  return suffix ? `${text} ${suffix}` : text;
}

export const bits = (bytesPerSecond) => si(bytesPerSecond * 8, "bit/s");
export const bytes = (n) => si(n, "B");

/** A rate of rare things, such as errors: "0", "0.2 /s", "1.5 k/s". */
export function perSecond(n) {
  if (!Number.isFinite(n)) return "–";
  if (n === 0) return "0";
  return n < 0.01 ? "< 0.01 /s" : si(n).replace(/ ?([kMGTPE]?)$/, " $1/s");
}

export function percent(ratio) {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return "–";
  const p = ratio * 100;
  if (p === 0) return "0 %";
  if (p > 0 && p < 0.1) return "< 0.1 %";
  return `${p >= 10 ? p.toFixed(0) : p.toFixed(1)} %`;
}

/** "3 s", "5 min", "2 h", "4 d". */
export function span(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  if (s < 2 * 86400) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** The order in which people expect Gi1/0/2 before Gi1/0/10. */
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
export const natural = (a, b) => collator.compare(a, b);
