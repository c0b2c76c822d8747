// One function for each chart; all share the x axis, the cursor and the marks.
const END = data.seconds ? data.seconds.length * data.bucket_s : 0;
const stepped = uPlot.paths.stepped({ align: 1 });
const closing = (values) => [...values, values[values.length - 1]];
const xs = () => [...data.seconds, END];

const options = (element, height, more) => ({
  width: element.clientWidth,
  height,
  legend: { show: false },
  padding: [8, 16, 0, 0],
  cursor: { sync: { key: "faultline" }, drag: { x: false, y: false }, y: false, points: { show: false } },
  scales: { x: { time: false, range: [0, END] }, ...more.scales },
  axes: [
    axis({ size: 26, gap: 4, space: narrow() ? 44 : 70, values: (u, splits) => splits.map((s) => `${s} s`) }),
    axis({ size: narrow() ? 54 : 62, gap: 4, ...more.y }),
  ],
  series: [{}, ...more.series],
  hooks: { drawClear: [shadeFaults, ...(more.under || [])], draw: more.over || [] },
});

const stroke = (name, more) => ({ stroke: () => colour(name), width: 1.75, paths: stepped, points: { show: false }, ...more });
const tinted = (name) => () => `color-mix(in srgb, ${colour(name)} 18%, transparent)`;

const rates = (element) => new uPlot(options(element, 210, {
  scales: { y: { range: (u, low, high) => [0, Math.max(1, high) * 1.22] } },
  y: { values: (u, splits) => splits.map((s) => `${s}/s`) },
  series: [
    stroke("--good-rate", { fill: tinted("--good-rate"), width: 2 }),
    stroke("--achieved"),
    stroke("--offered", { dash: [6, 4] }),
  ],
  over: [nameMarks],
}), [xs(), ...["good", "achieved", "offered"].map((name) => closing(data.rates[name]))], element);

const decades = (low, high) => Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, step) => low * 10 ** step);

const latency = (element) => {
  const known = Object.values(data.latency).flat().filter((value) => value !== null && value > 0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...known, 100)));
  const high = Math.max(low * 10, 10 ** Math.ceil(Math.log10(Math.max(...known, 1)) + 1e-9));
  return new uPlot(options(element, 210, {
    scales: { y: { distr: 3, range: () => [low, high] } },
    y: { splits: () => decades(low, high), values: (u, splits) => splits.map(milliseconds) },
    series: [stroke("--p50"), stroke("--p95"), stroke("--p99", { width: 2 })],
  }), [xs(), ...["p50", "p95", "p99"].map((name) => closing(data.latency[name]))], element);
};

const heat = (element) => {
  const { bins, cells, from_log10, per_decade } = data.heat;
  const most = Math.log1p(Math.max(...cells.map((cell) => cell[2])));
  const marked = Array.from({ length: bins / per_decade + 1 }, (_, index) => index * per_decade);
  const paint = (u) => within(u, (ctx, box, x) => {
    for (const [bucket, bin, number] of cells) {
      const left = Math.round(x(bucket * data.bucket_s)), right = Math.round(x((bucket + 1) * data.bucket_s));
      const top = Math.round(u.valToPos(bin + 1, "y", true)), bottom = Math.round(u.valToPos(bin, "y", true));
      ctx.fillStyle = `rgba(${colour("--heat")}, ${0.16 + 0.84 * Math.log1p(number) / most})`;
      ctx.fillRect(left, top, Math.max(1, right - left - 1), Math.max(1, bottom - top));
    }
  });
  return new uPlot(options(element, 230, {
    scales: { y: { range: () => [0, bins] } },
    y: { splits: () => marked, values: (u, splits) => splits.map((bin) => milliseconds(10 ** (from_log10 + bin / per_decade))) },
    series: [{ show: false }],
    under: [paint],
  }), [xs(), xs().map(() => null)], element);
};

const share = (element) => {
  const names = Object.keys(data.share);
  const totals = names.map((_, upTo) => xs().map((_, at) =>
    names.slice(0, upTo + 1).reduce((sum, name) => sum + closing(data.share[name])[at], 0)));
  return new uPlot(options(element, 150, {
    scales: { y: { range: (u, low, high) => [0, Math.max(1, high) * 1.08] } },
    y: { values: (u, splits) => splits.map((s) => `${s}/s`), space: 30 },
    series: totals.map((_, index) => {
      const name = GATEWAYS[(totals.length - 1 - index) % GATEWAYS.length];
      return stroke(name, { fill: () => `color-mix(in srgb, ${colour(name)} 70%, ${colour("--card")})`, width: 1 });
    }),
  }), [xs(), ...totals.reverse()], element);
};

const TALL = { open: 1, half_open: 0.5, closed: 0.12, firing: 1, pending: 0.5, inactive: 0.12 };

const banded = (rows) => (element) => {
  const paint = (u) => within(u, (ctx, box, x) => {
    const size = 11.5 * devicePixelRatio;
    ctx.font = `${size}px ${colour("--sans")}`;
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    rows.forEach((row, index) => {
      const top = u.valToPos(rows.length - index, "y", true), bottom = u.valToPos(rows.length - index - 1, "y", true);
      const room = (bottom - top) - size * 1.7;
      for (const band of row.bands) {
        const height = Math.max(2 * devicePixelRatio, room * (TALL[band.state] ?? 0.3));
        ctx.fillStyle = colour(STATES[band.state] || "--ink-2");
        ctx.fillRect(x(band.from), bottom - height - 2, Math.max(devicePixelRatio, x(band.to) - x(band.from)), height);
      }
      ctx.fillStyle = colour("--ink");
      ctx.fillText(row.label, box.left + 6 * devicePixelRatio, top + 4 * devicePixelRatio);
    });
  });
  return new uPlot(options(element, 34 + 46 * Math.max(1, rows.length), {
    scales: { y: { range: () => [0, Math.max(1, rows.length)] } },
    y: { values: (u, splits) => splits.map(() => null), grid: { show: false } },
    series: [{ show: false }],
    over: [paint],
  }), [xs(), xs().map(() => null)], element);
};

const breakers = banded(data.breakers || []), alerts = banded(data.alerts || []);
