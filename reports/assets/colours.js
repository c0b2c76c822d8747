// Colours come from the style sheet, so that light, dark and print need no second palette here.
const root = document.documentElement;
const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const narrow = () => window.innerWidth <= 640;

const axis = (more) => ({
  stroke: () => colour("--ink-2"),
  grid: { stroke: () => colour("--grid"), width: 1 },
  ticks: { show: false },
  font: `12px ${colour("--sans")}`,
  ...more,
});
