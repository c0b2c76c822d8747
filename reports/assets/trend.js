// One chart for each figure of each group of runs.
const groups = JSON.parse(document.getElementById("data").textContent);
const say = {
  ms: (v) => (v >= 1000 ? `${+(v / 1000).toPrecision(3)} s` : `${+v.toPrecision(3)} ms`),
  share: (v) => `${+(100 * v).toFixed(2)} %`,
  "/s": (v) => `${+v.toPrecision(3)}/s`,
  s: (v) => `${+v.toPrecision(3)} s`,
};

const draw = (place) => {
  const group = groups[+place.dataset.group], line = group.lines[+place.dataset.line], tell = say[line.unit];
  const margin = Math.max(1, (group.at[group.at.length - 1] - group.at[0]) * 0.03);
  return new uPlot({
    width: place.clientWidth,
    height: 180,
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false },
    scales: { x: { time: true, range: () => [group.at[0] - margin, group.at[group.at.length - 1] + margin] },
      y: { range: (u, low, high) => (line.unit === "share" ? [Math.min(low, 0.95), 1] : [0, Math.max(high, 1e-9) * 1.15]) } },
    axes: [axis({ size: 34, gap: 4, space: 90 }), axis({ size: 64, gap: 4, values: (u, splits) => splits.map(tell) })],
    series: [{}, { stroke: () => colour("--achieved"), width: 1.75, spanGaps: false,
      points: { show: true, size: 7, fill: () => colour("--achieved") } }],
  }, [group.at, line.values], place);
};

const places = [...document.querySelectorAll("[data-group]")], charts = places.map(draw);
const redraw = () => charts.forEach((chart) => chart.redraw(false, true));
new ResizeObserver(() => charts.forEach((chart, index) => {
  const width = places[index].clientWidth;
  if (width && width !== chart.width) chart.setSize({ width, height: chart.height });
})).observe(document.getElementById("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => { root.classList.add("print"); redraw(); });
addEventListener("afterprint", () => { root.classList.remove("print"); redraw(); });
