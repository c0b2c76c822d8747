// One cursor for all charts, by pointer or by arrow keys, and one readout of everything at that moment.
const readout = document.getElementById("readout");
let moment = null;

const stateAt = (row, second) => (row.bands.find((band) => band.from <= second && second < band.to) || {}).state;

const told = (index) => {
  const second = data.seconds[index], middle = second + data.bucket_s / 2;
  const at = (values, write) => (values[index] === null ? "–" : write(values[index]));
  const items = [["time", `${second} s`, false]];
  for (const name of ["offered", "achieved", "good"]) if (data.rates) items.push([name, at(data.rates[name], perSecond)]);
  for (const name of ["p50", "p95", "p99"]) if (data.latency) items.push([name, at(data.latency[name], milliseconds)]);
  for (const name of Object.keys(data.share || {})) items.push([name, at(data.share[name], perSecond)]);
  if (data.breakers) {
    const moved = data.breakers.map((row) => [row.label, stateAt(row, middle) || "closed"]).filter(([, state]) => state !== "closed");
    const words = moved.map(([label, state]) => `${label} ${state.replace("_", "-")}`).join(", ");
    items.push(["breakers", words || "all closed", moved.length > 0]);
  }
  if (data.alerts) {
    const raised = data.alerts.map((row) => [row.label, stateAt(row, middle) || "inactive"]).filter(([, state]) => state !== "inactive");
    const words = raised.map(([label, state]) => `${label} ${state}`).join(", ");
    items.push(["alerts", words || "none", raised.length > 0]);
  }
  if (data.recovery.length) {
    const phases = phasesAt(second);
    items.push(["recovery", phases.join(", ") || "–", phases.length > 0]);
  }
  const on = data.faults.filter((fault) => fault.from < second + data.bucket_s && second < fault.to);
  items.push(["fault", on.map((fault) => fault.name).join(", ") || "none", on.length > 0]);
  return items;
};

const show = (index) => {
  moment = index;
  readout.replaceChildren(...told(clampIndex(index ?? 0)).map(([name, value, hot]) => {
    const item = document.createElement("div"), term = document.createElement("dt"), text = document.createElement("dd");
    term.textContent = name;
    text.textContent = index === null ? "–" : value;
    item.title = index === null ? name : `${name}: ${value}`;
    item.className = `${hot && index !== null ? "hot" : ""} ${["alerts", "breakers", "fault", "recovery"].includes(name) ? "wide" : ""}`;
    item.append(term, text);
    return item;
  }));
};

const follow = (chart) => {
  chart.over.addEventListener("mousemove", () => {
    if (chart.cursor.left >= 0) show(clampIndex(Math.floor(chart.posToVal(chart.cursor.left, "x") / data.bucket_s)));
  });
};

const moveTo = (charts, index) => {
  show(index);
  for (const chart of charts) {
    const left = chart.valToPos((index + 0.5) * data.bucket_s, "x");
    chart.setCursor({ left, top: chart.over.clientHeight / 2 }, false);
  }
};

const keys = (element, charts) => element.addEventListener("keydown", (event) => {
  const last = data.seconds.length - 1, now = moment ?? 0;
  const target = { ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now - 10, PageDown: now + 10, Home: 0, End: last }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  moveTo(charts, clampIndex(target));
});
