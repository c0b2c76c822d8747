// What is shown of each moment. Texts are set as texts: nothing that anybody wrote is ever markup.
const byId = (id) => document.getElementById(id);
const made = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const clock = (us) => new Date(us / 1000).toLocaleTimeString();
const known = (value, unit) => (value === null || value === undefined ? "–" : `${value}${unit}`);

const showTiles = (now) => {
  const tiles = [
    ["offered", known(now.offered, "/s")], ["achieved", known(now.achieved, "/s")], ["good", known(now.good, "/s"), now.good < now.offered * 0.8 && now.offered > 2],
    ["p50", known(now.p50_ms, " ms")], ["p95", known(now.p95_ms, " ms"), now.p95_ms > 1000], ["p99", known(now.p99_ms, " ms"), now.p99_ms > 2000],
    ["error budget", `${Math.round(now.budget_left * 100)} %`, now.budget_left < 0], ["failed", `${now.bad} of ${now.ended}`],
  ];
  byId("tiles").replaceChildren(...tiles.map(([name, value, bad]) => {
    const tile = made("div", undefined, bad ? "tile bad" : "tile");
    tile.dataset.signal = name;
    tile.append(made("small", name), made("b", value));
    return tile;
  }));
};

const listed = (group, show) => Object.entries(group).map(([name, value]) => `${name} ${show(value)}`).join(", ") || "none";

const showState = (now) => {
  const open = Object.fromEntries(Object.entries(now.breakers).filter(([, state]) => state !== "closed"));
  const rows = [
    ["Breakers", Object.keys(open).length ? listed(open, (state) => state) : "all closed"],
    ["Database", listed(now.nodes, (node) => (node.up ? (node.accepts_writes ? "primary" : node.role) : "DOWN"))],
    ["Replication lag", listed(now.lag_bytes, (bytes) => `${Math.round(bytes / 1024)} KiB`)],
    ["Queues", listed(now.queues, (count) => count)],
    ["CPU", listed(now.cpu, (share) => `${Math.round(share * 100)} %`)],
  ];
  if (now.unknown.length) rows.push(["Not read just now", now.unknown.join(", ")]);
  byId("state").replaceChildren(...rows.flatMap(([name, text]) => [made("dt", name), made("dd", text)]));
};

const showPicture = (now) => {
  const places = now.broken.map((sentence) => sentence.split(":")[0]);
  const gone = new Set([...places, ...now.dead, ...Object.entries(now.nodes).filter(([, node]) => !node.up).map(([name]) => name)]);
  for (const way of document.querySelectorAll("[data-link]")) way.classList.toggle("broken", gone.has(way.dataset.link));
  for (const box of document.querySelectorAll("[data-service]")) {
    const name = box.dataset.service;
    box.classList.toggle("broken", gone.has(name));
    box.classList.toggle("primary", Boolean(now.nodes[name] && now.nodes[name].accepts_writes));
  }
  const told = [...now.broken, ...now.dead.map((name) => `${name}: not running`)];
  byId("broken").replaceChildren(...told.map((text) => made("li", text, "bad-text")));
};

let shown = "";
const showExperiments = (injections, press) => {
  const key = JSON.stringify(injections.map((item) => [item.id, item.off_us, item.until_us]));
  if (key === shown) {
    for (const item of injections) {
      const told = document.querySelector(`[data-left="${CSS.escape(item.id)}"]`);
      if (told) told.textContent = ` on, ${Math.max(0, Math.round(item.until_us / 1e6 - Date.now() / 1000))} s left, by ${item.by} `;
    }
    return;
  }
  shown = key;
  byId("experiments").replaceChildren(...[...injections].reverse().map((item) => {
    const row = made("li");
    row.dataset.injection = item.id;
    const on = item.off_us === null;
    const left = Math.max(0, Math.round(item.until_us / 1e6 - Date.now() / 1000));
    const when = made("small", on ? ` on, ${left} s left, by ${item.by} ` : ` ${clock(item.on_us)} to ${clock(item.off_us)}, healed ${item.ended} `);
    if (on) when.dataset.left = item.id;
    row.append(made("strong", `${item.fault} at ${item.place}`, on ? "bad-text" : ""), when);
    const button = (text, act) => {
      const one = made("button", text);
      one.type = "button";
      one.addEventListener("click", act);
      row.append(one, " ");
    };
    if (on) {
      button("Heal", () => press("heal", { id: item.id }));
      button("Renew", () => press("renew", { id: item.id, for: byId("for").value }));
    }
    button("Observed…", () => {
      const text = window.prompt("What was observed?");
      if (text) press("observe", { id: item.id, text });
    });
    return row;
  }));
};

const showEntry = (entry) => {
  const row = made("li");
  const about = entry.about && entry.kind !== "paged" ? ` (${entry.about})` : "";
  row.append(made("small", `${clock(entry.at_us)} ${entry.by}, ${entry.kind}${about} `), entry.text || "");
  byId("book").prepend(row);
  while (byId("book").children.length > 500) byId("book").lastChild.remove();
};
