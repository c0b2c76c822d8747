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

// Names go on the first chart only; the shading carries them down to the others.
const nameMarks = (u) => within(u, (ctx, box, x) => {
  const size = 11.5 * devicePixelRatio;
  ctx.font = `600 ${size}px ${colour("--sans")}`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  const rowEnds = [];
  for (const fault of data.faults) {
    const text = `${fault.name} ${fault.place}`;
    const at = Math.min(x(fault.from) + 5 * devicePixelRatio, box.left + box.width - ctx.measureText(text).width - 4);
    let row = rowEnds.findIndex((end) => end < at);
    if (row < 0) row = rowEnds.length;
    rowEnds[row] = at + ctx.measureText(text).width + 8;
    ctx.fillStyle = colour("--bad");
    ctx.fillText(text, Math.max(at, box.left + 4), box.top + 4 * devicePixelRatio + row * size * 1.25);
  }
  ctx.fillStyle = colour("--ink-2");
  ctx.textAlign = "right";
  for (const phase of data.phases) ctx.fillText(phase.name, x(phase.at) - 4 * devicePixelRatio, box.top + 4 * devicePixelRatio);
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
