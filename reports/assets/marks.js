// What is drawn behind and over every chart: fault windows, phases, stories.
const within = (u, draw) => {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  draw(u.ctx, u.bbox, (second) => u.valToPos(second, "x", true));
  u.ctx.restore();
};

const shadeFaults = (u) => within(u, (ctx, box, x) => {
  for (const fault of data.faults) {
    const from = x(fault.from), to = x(fault.to);
    ctx.fillStyle = colour("--fault");
    ctx.fillRect(from, box.top, to - from, box.height);
    line(ctx, from, box, colour("--fault-edge"), []);
    line(ctx, to, box, colour("--fault-edge"), []);
  }
  for (const phase of data.phases) line(ctx, x(phase.at), box, colour("--ink-2"), [2, 4]);
});

const line = (ctx, at, box, stroke, dash) => {
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(at, box.top);
  ctx.lineTo(at, box.top + box.height);
  ctx.stroke();
  ctx.setLineDash([]);
};

// The first row in which nothing else stands between `from` and `to`; it is taken from then on.
const freeRow = (rows, from, to) => {
  const gap = 8 * devicePixelRatio;
  let row = rows.findIndex((taken) => taken.every(([start, end]) => to + gap < start || end + gap < from));
  if (row < 0) row = rows.push([]) - 1;
  rows[row].push([from, to]);
  return row;
};

// Names go on the first chart only; the shading carries them down to the others.
const nameMarks = (u) => within(u, (ctx, box, x) => {
  const size = 11.5 * devicePixelRatio;
  ctx.font = `600 ${size}px ${colour("--sans")}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  const rows = [];
  const write = (text, wanted, ink) => {
    const width = ctx.measureText(text).width;
    const at = Math.max(Math.min(wanted(width), box.left + box.width - width - 4), box.left + 4);
    ctx.fillStyle = colour(ink);
    ctx.fillText(text, at, box.top + 4 * devicePixelRatio + freeRow(rows, at, at + width) * size * 1.25);
  };
  for (const fault of data.faults) write(`${fault.name} ${fault.place}`, () => x(fault.from) + 5 * devicePixelRatio, "--bad");
  for (const phase of data.phases) write(phase.name, (width) => x(phase.at) - width - 4 * devicePixelRatio, "--ink-2");
  ctx.fillStyle = colour("--ink");
  for (const mark of data.marks) {
    if (mark.at === null) continue;
    const at = x(mark.at), bottom = box.top + box.height, tip = 6 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(at, bottom - tip * 1.6);
    ctx.lineTo(at + tip * 0.7, bottom);
    ctx.lineTo(at - tip * 0.7, bottom);
    ctx.fill();
  }
});
