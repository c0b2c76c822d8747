// The charts: the last minutes, second by second. No more is kept than is drawn.
const KEPT = 900;
const points = [[], [], [], [], [], [], []];
let windows = [];

const keep = (point) => {
  if (points[0].length && point[0] <= points[0][points[0].length - 1]) return;
  point.forEach((value, index) => points[index].push(value));
  if (points[0].length > KEPT) points.forEach((column) => column.shift());
};

const shade = (u) => {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  u.ctx.fillStyle = colour("--fault");
  for (const [from, to] of windows) {
    const start = u.valToPos(from, "x", true);
    u.ctx.fillRect(start, top, u.valToPos(to, "x", true) - start, height);
  }
  u.ctx.restore();
};

const chart = (element, columns, more) => new uPlot({
  width: element.clientWidth || 400,
  height: 200,
  legend: { show: false },
  cursor: { drag: { x: false, y: false }, points: { show: false } },
  scales: { x: { time: false }, ...more.scales },
  axes: [axis({ values: (u, splits) => splits.map((at) => `${at} s`), space: 70 }), axis({ size: 60, ...more.y })],
  series: [{}, ...columns.map((name) => ({ stroke: () => colour(name), width: 1.75, points: { show: false } }))],
  hooks: { drawClear: [shade] },
}, [[], ...columns.map(() => [])], element);

const rates = chart(document.getElementById("chart-rates"), ["--offered", "--achieved", "--good-rate"], {
  scales: { y: { range: (u, low, high) => [0, Math.max(1, high || 1) * 1.2] } },
  y: { values: (u, splits) => splits.map((rate) => `${rate}/s`) },
});
const latency = chart(document.getElementById("chart-latency"), ["--p50", "--p95", "--p99"], {
  scales: { y: { distr: 3, range: (u, low, high) => [10 ** Math.floor(Math.log10(low || 1)), 10 ** Math.ceil(Math.log10((high || 10) * 1.01))] } },
  y: { values: (u, splits) => splits.map((ms) => (ms === null ? "" : `${ms} ms`)) },
});

const draw = () => {
  if (!points[0].length) return;
  rates.setData([points[0], points[1], points[2], points[3]]);
  if (points[4].some((value) => value !== null)) latency.setData([points[0], points[4], points[5], points[6]]);
};

window.addEventListener("resize", () => {
  for (const [name, one] of [["chart-rates", rates], ["chart-latency", latency]]) {
    one.setSize({ width: document.getElementById(name).clientWidth, height: 200 });
  }
});
