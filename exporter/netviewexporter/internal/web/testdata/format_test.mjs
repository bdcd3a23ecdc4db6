// Run by TestFormatting.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const load = async (name) => import(`data:text/javascript;base64,${(await readFile(new URL(`../page/${name}`, import.meta.url))).toString("base64")}`);
const f = await load("format.js");

const cases = [
  [f.si, [[0], "0"], [[999], "999"], [[999.6], "1.00 k"], [[1000, "B"], "1.00 kB"], [[1234567, "bit/s"], "1.23 Mbit/s"], [[99950, "B"], "100 kB"],
    [[12345, "B"], "12.3 kB"], [[-1500, "B"], "−1.50 kB"], [[0.5], "0.50"], [[NaN], "–"], [[undefined], "–"], [[null], "–"], [[Infinity], "–"], [[1e21], "1000 E"]],
  [f.bits, [[125], "1.00 kbit/s"], [[1.25e8], "1.00 Gbit/s"], [[0], "0 bit/s"]],
  [f.perSecond, [[0], "0"], [[2], "2 /s"], [[0.004], "< 0.01 /s"], [[1500], "1.50 k/s"], [[undefined], "–"]],
  [f.percent, [[0], "0 %"], [[0.0004], "< 0.1 %"], [[0.052], "5.2 %"], [[0.93], "93 %"], [[1.2], "120 %"], [[NaN], "–"]],
  [f.span, [[-3], "0 s"], [[59], "59 s"], [[61], "1 min"], [[7200], "2 h"], [[604800], "7 d"], [[NaN], "–"]],
  [f.plural, [[1, "device"], "1 device"], [[2, "device"], "2 devices"]],
];
for (const [fn, ...examples] of cases) {
  for (const [args, want] of examples) assert.equal(fn(...args), want, `${fn.name}(${args})`);
}
assert.deepEqual(["Gi1/0/10", "Gi1/0/2", "gi1/0/1"].sort(f.natural), ["gi1/0/1", "Gi1/0/2", "Gi1/0/10"]);
