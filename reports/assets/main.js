// Draws everything once, and again whenever the width or the colours change.
const makers = { rates, latency, heat, share, breakers, alerts, recovery };
const chartsIn = document.getElementById("charts");

const legendOfGateways = () => {
  const list = document.querySelector('[data-legend="share"]');
  if (!list || !data.share) return;
  list.replaceChildren(...Object.keys(data.share).map((name, index) => {
    const item = document.createElement("li");
    item.className = `key key-gateway-${(index % GATEWAYS.length) + 1}`;
    item.textContent = name;
    return item;
  }));
};

const legendOfHeat = () => {
  const list = document.querySelector('[data-legend="heat"]');
  if (!list || !data.heat) return;
  const item = document.createElement("li"), most = Math.max(...data.heat.cells.map((cell) => cell[2]));
  item.append("1 ", Object.assign(document.createElement("i"), { className: "ramp" }), ` ${most} requests`);
  list.replaceChildren(item);
};

const draw = () => {
  const places = [...document.querySelectorAll("[data-chart]")];
  const charts = places.map((place) => makers[place.dataset.chart](place));
  charts.forEach(follow);
  legendOfGateways();
  legendOfHeat();
  show(null);
  keys(chartsIn, charts);
  const redraw = () => charts.forEach((chart) => chart.redraw(false, true));
  new ResizeObserver(() => charts.forEach((chart, index) => {
    const width = places[index].clientWidth;
    if (width && width !== chart.width) chart.setSize({ width, height: chart.height });
  })).observe(chartsIn);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => { root.classList.add("print"); redraw(); });
  addEventListener("afterprint", () => { root.classList.remove("print"); redraw(); });
};
if (chartsIn) draw();

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy).then(
      () => { button.textContent = "Copied"; },
      // A page opened from a file may not be allowed to; the command can still be selected by hand.
      () => getSelection().selectAllChildren(button.previousElementSibling),
    );
  });
}
