// The page's loop: every few seconds ask, then show. What fails is said once, on top, and tried again.

import { status } from "./api.js";
import { byId, el, mark } from "./dom.js";
import { bytes, plural, si, span } from "./format.js";
import { Moment, WINDOWS, sampleInterval } from "./window.js";
import { findTrouble, loadDevices, showDevices } from "./devices.js";
import { hideInterfaces, loadInterfaces, showInterfaces } from "./interfaces.js";
import { loadTraffic, showTraffic } from "./traffic.js";
import { loadConversations, showConversations } from "./conversations.js";
import { loadEvents, showEvents } from "./events.js";

const REFRESH = 5000;
const INTERVAL_REFRESH = 60_000;

const state = { window: stored("window", 900), paused: false, interval: 30, intervalAt: 0, timer: 0, run: 0, refreshes: 0, newest: 0, skew: 0 };

function stored(name, fallback) {
  try {
    return Number(localStorage.getItem(`netview.${name}`)) || fallback;
  } catch {
    return fallback;
  }
}

function store(name, value) {
  try {
    localStorage.setItem(`netview.${name}`, value);
  } catch {
    // A browser without storage forgets the choice; nothing else.
  }
}

/** The device in the address, or null. */
function selected() {
  const match = /^#device=(.*)$/.exec(location.hash);
  if (!match) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}

async function refresh() {
  clearTimeout(state.timer);
  const run = ++state.run;
  const began = performance.now();
  try {
    await load(run);
    if (run !== state.run) return;
    byId("problem").hidden = true;
    mark(document.body, { state: "ready", refreshes: ++state.refreshes });
  } catch (e) {
    if (run !== state.run) return;
    problem(e);
  }
  // A large network on a small machine is asked less often: at most a quarter of the time goes into asking.
  if (!state.paused && !document.hidden) state.timer = setTimeout(refresh, Math.max(REFRESH, 3 * (performance.now() - began)));
}

async function load(run) {
  const st = await status();
  const now = st.now / 1000;
  state.skew = now - Date.now() / 1000;
  if (Date.now() - state.intervalAt > INTERVAL_REFRESH || state.refreshes < 6) {
    state.interval = await sampleInterval(now);
    state.intervalAt = Date.now();
  }
  const m = new Moment({ now, window: state.window, interval: state.interval, oldest: st.oldest / 1000 });
  const id = selected();
  const [devices, interfaces, traffic, conversations, events] = await Promise.all([
    loadDevices(m), id === null ? [] : loadInterfaces(m, id), loadTraffic(m, id), loadConversations(m, id), loadEvents(),
  ]);
  if (run !== state.run) return;
  const device = id === null ? null : devices.find((d) => d.id === id) ?? { id, name: id };
  showSummary(st, devices);
  showTrouble(devices);
  showDevices(devices);
  if (device) showInterfaces(device, interfaces);
  else hideInterfaces();
  showTraffic(m, traffic, device);
  showConversations(m, conversations, device);
  showEvents(events, device);
}

function problem(e) {
  const box = byId("problem");
  box.textContent = `${e.message}. What is shown is as of the last answer; trying again every ${REFRESH / 1000} s.`;
  box.hidden = false;
  mark(document.body, { state: "error" });
  for (const id of ["devices", "conversations", "events", "traffic-chart", "conversations-chart"]) {
    if (byId(id).dataset.state === "loading") mark(byId(id), { state: "error" });
  }
  pill("bad", "no answer");
}

function pill(level, text) {
  const p = byId("state");
  p.className = `pill ${level}`;
  if (p.textContent !== text) p.textContent = text;
}

function showSummary(st, devices) {
  const down = devices.filter((d) => d.up === 0).length;
  const up = devices.filter((d) => d.up === 1).length;
  state.newest = st.newest / 1000;
  mark(byId("summary"), { devices: devices.length, up, down });
  if (!devices.length) pill("quiet", "no devices yet");
  else if (down) pill("bad", `${down} of ${up + down} devices down`);
  else if (up) pill("good", `all ${plural(up, "device")} up`);
  else pill("quiet", `${plural(devices.length, "device")}, from flows`);
  document.title = down ? `${down} down – netcol` : "netcol";
  showAge();
  const refused = Object.values(st.refused).reduce((a, b) => a + b, 0);
  byId("footer").textContent = [
    `netcol ${st.version}`, `${si(st.series)} series`, `${bytes(st.bytes)} in ${st.directory || "a temporary directory"}`,
    `kept for ${span(st.retention)}`, refused ? `${si(refused)} samples refused (${Object.keys(st.refused).join(", ")})` : "",
  ].filter(Boolean).join(" · ");
}

function showAge() {
  const age = state.newest ? Math.max(0, Date.now() / 1000 + state.skew - state.newest) : NaN;
  const box = byId("age");
  box.textContent = state.newest ? `last data ${span(age)} ago` : "no data yet";
  box.classList.toggle("late", age > Math.max(60, 3 * state.interval));
  mark(byId("summary"), { age: state.newest ? Math.round(age) : null });
}

function showTrouble(devices) {
  const list = byId("attention");
  const trouble = findTrouble(devices);
  const most = 8;
  list.replaceChildren(...trouble.slice(0, most).map((t) => el("li", null, el(`a.${t.level}`, { href: t.href, title: t.detail }, t.text))));
  if (trouble.length > most) list.append(el("li.muted", null, `and ${trouble.length - most} more`));
  list.hidden = trouble.length === 0;
}

function makeControls() {
  const buttons = WINDOWS.map(([seconds, label]) => el("button", {
    type: "button", "data-window": seconds, "aria-pressed": String(seconds === state.window), click: () => choose(seconds),
  }, label));
  byId("windows").append(...buttons);
  const choose = (seconds) => {
    state.window = seconds;
    store("window", seconds);
    buttons.forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.window) === seconds)));
    refresh();
  };
  byId("pause").addEventListener("click", (e) => {
    state.paused = !state.paused;
    e.target.setAttribute("aria-pressed", String(state.paused));
    e.target.textContent = state.paused ? "Resume" : "Pause";
    clearTimeout(state.timer);
    if (!state.paused) refresh();
  });
}

addEventListener("hashchange", () => {
  refresh();
  if (selected() !== null) scrollTo({ top: 0 });
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !state.paused) refresh();
});
setInterval(showAge, 1000);
makeControls();
refresh();
