// The Prometheus API and the page's own documents.

export class ApiError extends Error {}

async function fetchJSON(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { ...options, signal: AbortSignal.timeout(20_000) });
  } catch (e) {
    throw new ApiError(e.name === "TimeoutError" ? "netcol takes longer than 20 s to answer" : "netcol does not answer");
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new ApiError(`netcol answers with HTTP ${response.status}`);
  }
  if (!response.ok || body.status === "error") throw new ApiError(body.error ?? `HTTP ${response.status}`);
  return body;
}

const post = (url, form) => fetchJSON(url, { method: "POST", body: new URLSearchParams(form) });

/** Evaluates expr at `at` (seconds); returns [{labels, value}]. */
export async function query(expr, at) {
  const body = await post("/api/v1/query", { query: expr, time: at });
  return body.data.result.map((s) => ({ labels: s.metric, value: Number(s.value[1]) }));
}

/** Evaluates a range selector at `at`; returns [{labels, points: [[seconds, value]]}]. */
export async function samples(selector, at, limit) {
  const body = await post("/api/v1/query", { query: selector, time: at, limit });
  return body.data.result.map((s) => ({ labels: s.metric, points: s.values ?? [] }));
}

/** Evaluates expr from start to end (seconds); returns [{labels, points: Map(seconds → value)}]. */
export async function queryRange(expr, { start, end, step }) {
  const body = await post("/api/v1/query_range", { query: expr, start, end, step });
  return body.data.result.map((s) => ({
    labels: s.metric,
    points: new Map((s.values ?? []).map(([t, v]) => [t, Number(v)])),
  }));
}

export const status = () => fetchJSON("/api/netview/v1/status");
export const events = async (limit) => (await fetchJSON(`/api/netview/v1/events?limit=${limit}`)).events;

/** A PromQL string literal. JSON's escapes are Go's, but for the surrogate pairs that JSON.stringify leaves alone. */
export const quote = (s) => JSON.stringify(String(s));
