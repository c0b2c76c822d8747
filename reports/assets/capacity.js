const data = JSON.parse(document.getElementById("data").textContent);
const WORDS = { good: "--good-rate", bad: "--bad", open: "--doubt", refused: "--ink-2" };
const [LOW, LIMIT, HIGH] = data.limit;

const stroke = (name, more) => ({
  stroke: () => colour(name), width: 1.75, points: { show: true, size: 5, fill: () => colour(name) }, ...more,
});
const tinted = (name, share) => `color-mix(in srgb, ${colour(name)} ${share}%, transparent)`;

// The interval of the limit, behind everything else of a chart whose x axis is the rate.
const shadeLimit = (u) => {
  if (LIMIT === null || LOW === null || HIGH === null) return;
  const { ctx, bbox } = u;
  const at = (value) => u.valToPos(value, "x", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = tinted("--accent", 16);
  ctx.fillRect(at(LOW), bbox.top, at(HIGH) - at(LOW), bbox.height);
  ctx.fillStyle = colour("--accent");
  ctx.fillRect(at(LIMIT) - 1, bbox.top, 2, bbox.height);
  ctx.restore();
};
const options = (element, more) => ({
  width: element.clientWidth,
  height: 240,
  legend: { show: false },
  padding: [10, 16, 0, 0],
  cursor: { drag: { x: false, y: false }, y: false },
  scales: { x: { time: false, range: (u, low, high) => [0, high * 1.04] }, ...more.scales },
  axes: [axis({ size: 28, space: narrow() ? 48 : 70, values: (u, splits) => splits.map((s) => `${s}${more.unit}`) }),
    axis({ size: narrow() ? 56 : 66, ...more.y })],
  series: [{}, ...more.series],
  bands: more.bands || [],
  hooks: { drawClear: [more.under || (() => {})], draw: more.over || [] },
});
const milliseconds = (ms) => (ms >= 1000 ? `${+(ms / 1000).toPrecision(3)} s` : `${+ms.toPrecision(3)} ms`);

const CHARTS = {
  rates: (element) => new uPlot(options(element, {
    unit: "/s",
    under: shadeLimit,
    scales: { y: { range: (u, low, high) => [0, Math.max(1, high) * 1.1] } },
    y: { values: (u, splits) => splits.map((s) => `${s}/s`) },
    series: [stroke("--offered", { dash: [6, 4], points: { show: false } }), stroke("--achieved"), stroke("--good-rate", { width: 2.25 })],
  }), [data.rates.rate_per_s, data.rates.offered_per_s, data.rates.achieved_per_s, data.rates.good_per_s], element),

  latency: (element) => new uPlot(options(element, {
    unit: "/s",
    under: shadeLimit,
    scales: { y: { distr: 3 } },
    y: { values: (u, splits) => splits.map((s) => (s === null ? "" : milliseconds(s))) },
    series: [
      stroke("--p50"), stroke("--p99", { width: 2 }),
      { stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } },
    ],
    bands: [{ series: [4, 3], fill: () => tinted("--p99", 22) }],
  }), [data.rates.rate_per_s, ...["p50_ms", "p99_ms", "p99_lo_ms", "p99_hi_ms"].map((name) => data.rates[name].map((v) => Math.max(v, 0.1)))], element),

  path: (element) => {
    const steps = data.path.filter((step) => step.for > 0);
    const end = Math.max(...steps.map((step) => step.at + step.for), 1);
    const most = Math.max(...steps.map((step) => step.rate), 1);
    const least = Math.min(...steps.map((step) => step.rate), most);
    return new uPlot(options(element, {
      unit: " s",
      scales: { x: { time: false, range: [0, end] }, y: { distr: 3, range: [least / 1.3, most * 1.3] } },
      y: { values: (u, splits) => splits.map((s) => (s === null ? "" : `${s}/s`)) },
      series: [{ stroke: "transparent", points: { show: false } }],
      over: [(u) => {
        const { ctx } = u;
        ctx.save();
        for (const step of steps) {
          const left = u.valToPos(step.at, "x", true);
          const right = u.valToPos(step.at + step.for, "x", true);
          ctx.fillStyle = colour(WORDS[step.word]);
          ctx.fillRect(left, u.valToPos(step.rate, "y", true) - 3, Math.max(3, right - left - 2), 6);
        }
        if (LIMIT !== null) {
          ctx.fillStyle = colour("--accent");
          ctx.fillRect(u.bbox.left, u.valToPos(LIMIT, "y", true), u.bbox.width, 1.5);
        }
        ctx.restore();
      }],
    }), [[0, end], [least, most]], element);
  },

  scaling: (element) => {
    const { points, counts, law } = data.scaling;
    const seen = new Map(points.map((point) => [point[0], point]));
    const column = (place) => counts.map((count) => (seen.has(count) ? seen.get(count)[place] : null));
    return new uPlot(options(element, {
      unit: "",
      scales: { y: { range: (u, low, high) => [0, Math.max(1, high) * 1.15] } },
      y: { values: (u, splits) => splits.map((s) => `${s}/s`) },
      series: [stroke("--accent", { points: { show: false } }), stroke("--good-rate", { width: 0, points: { show: true, size: 9, fill: () => colour("--good-rate") } })],
    }), [counts, law, column(2)], element);
  },
};

const drawn = [];
const draw = () => {
  drawn.splice(0).forEach((chart) => chart.destroy());
  document.querySelectorAll("[data-chart]").forEach((element) => {
    element.replaceChildren();
    drawn.push(CHARTS[element.dataset.chart](element));
  });
};
draw();
let waiting = 0;
window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 120); });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
document.querySelectorAll(".command button").forEach((button) => button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(button.previousElementSibling.textContent);
  button.textContent = "Copied";
}));
