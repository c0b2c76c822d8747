// The waterfall of every failover: one row for each phase, each bar with its name and how long it took.
const PHASES = ["detect", "decide", "promote", "reconnect", "drain", "clients"];
const PHASE_COLOURS = ["--p99", "--p95", "--p50", "--accent", "--good-rate", "--ink-2"];
const ROW = 24;

const label = (ctx, box, text, from, to, middle) => {
  const gap = 5 * devicePixelRatio, width = ctx.measureText(text).width;
  const fits = to + gap + width <= box.left + box.width;
  ctx.textAlign = "left";
  ctx.fillText(text, fits ? to + gap : Math.max(box.left + gap, from - gap - width), middle);
};

const paintBars = (u) => within(u, (ctx, box, x) => {
  ctx.font = `${11.5 * devicePixelRatio}px ${colour("--sans")}`;
  ctx.textBaseline = "middle";
  for (const failover of data.recovery) {
    let edge = null;
    for (const bar of failover.bars) {
      const row = PHASES.indexOf(bar.name), middle = u.valToPos(PHASES.length - row - 0.5, "y", true);
      const begin = bar.from ?? edge;
      if (begin === null) continue;
      const from = x(begin), to = Math.max(x(bar.to ?? begin), from + 2 * devicePixelRatio), tall = 11 * devicePixelRatio;
      ctx.fillStyle = colour(PHASE_COLOURS[row]);
      if (bar.to !== null && bar.from !== null) ctx.fillRect(from, middle - tall / 2, to - from, tall);
      ctx.fillStyle = colour("--ink");
      label(ctx, box, `${bar.name} ${bar.took}`, from, to, middle);
      edge = bar.to ?? edge;
    }
  }
});

const recovery = (element) => new uPlot(options(element, 34 + ROW * PHASES.length, {
  scales: { y: { range: () => [0, PHASES.length] } },
  y: { values: (u, splits) => splits.map(() => null), grid: { show: false } },
  series: [{ show: false }],
  over: [paintBars],
}), [xs(), xs().map(() => null)], element);

const phasesAt = (second) => data.recovery.flatMap((failover) => failover.bars)
  .filter((bar) => bar.from !== null && bar.to !== null && bar.from < second + data.bucket_s && second < bar.to)
  .map((bar) => bar.name);
