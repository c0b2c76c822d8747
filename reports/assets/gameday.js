// What people press, and what the server tells once a second.
const say = (text, bad) => {
  byId("said").textContent = text;
  byId("said").className = bad ? "bad" : "";
};
let people = [], began = null;

const press = async (name, more) => {
  const by = byId("by").value.trim();
  if (!by && name !== "stop") {
    say("Write your name first.", true);
    byId("by").focus();
    return null;
  }
  try {
    const reply = await fetch(`do/${name}`, { method: "POST", body: JSON.stringify({ by: by || "somebody at the page", ...more }) });
    const told = await reply.json();
    if (told.error) say(told.hint ? `${told.error} (${told.hint})` : told.error, true);
    return told.error ? null : told;
  } catch (error) {
    say("The page's server does not answer. What was injected is healed by its guard.", true);
    return null;
  }
};

const stop = async () => {
  say("stopping: everything is being healed");
  const told = await press("stop", {});
  if (told) say(`Everything is healed and verified, ${told.seconds || 0 ? told.seconds.toFixed(2) : "0"} s after the stop.`);
};

const wanted = () => {
  const parameters = {};
  for (const field of byId("parameters").querySelectorAll("[name]")) if (field.value !== "") parameters[field.name] = field.value;
  return { fault: byId("fault").value, on: byId("on").value.trim(), parameters };
};

const showFault = () => {
  const fault = data.faults[byId("fault").value];
  byId("story").textContent = fault.story;
  byId("on-label").hidden = !fault.places.length;
  byId("on").value = "";
  byId("blast").replaceChildren();
  byId("parameters").replaceChildren(...fault.parameters.map((item) => {
    const label = made("label", `${item.name} `), field = made(item.choices.length ? "select" : "input");
    field.name = item.name;
    if (item.choices.length) field.append(...item.choices.map((choice) => made("option", choice)));
    else field.placeholder = item.default === null ? "needed" : String(item.default);
    if (item.choices.length) field.value = item.default;
    label.append(field);
    return label;
  }));
};

const preview = async () => {
  const told = await press("preview", wanted());
  if (!told) return;
  const blast = told.blast;
  const share = blast.share === null ? "nobody knows which share" : `about ${Math.round(blast.share * 100)} %`;
  const last = blast.last ? `Its last run, ${blast.last.run}: ${blast.last.verdict}, ${blast.last.hits} hits.` : "No run with it is stored here.";
  byId("blast").replaceChildren(
    made("p", `Blast radius: ${share} of the payments (${blast.basis}).`), made("p", `Calls: ${blast.calls.join(", ") || "none over links"}`), made("p", last));
};

const inject = async (event) => {
  event.preventDefault();
  byId("go").disabled = true;
  say("injecting");
  const told = await press("inject", { ...wanted(), text: byId("hypothesis").value, for: byId("for").value });
  byId("go").disabled = false;
  if (told) {
    say(`${told.injections[0].fault} is on at ${told.injections[0].place}.`);
    byId("hypothesis").value = "";
  }
};

const showVerdict = (verdict) => {
  const links = ["report", "retro"].map((name) => {
    const link = made("a", name === "report" ? "the report" : "the draft of the retro");
    link.href = `${name}.html`;
    return link;
  });
  byId("verdict").replaceChildren(made("h3", verdict.error || verdict.verdict), ...(verdict.reasons || []).map((reason) => made("p", reason)),
    ...(verdict.error ? [] : [links[0], " ", links[1]]));
};

const take = (moment) => {
  byId("phase").textContent = moment.phase;
  const left = moment.ends_at - Date.now() / 1000;
  byId("left").textContent = moment.ends_at && left > 0 ? `ends by itself in ${Math.ceil(left / 60)} min` : "";
  byId("stopped").hidden = byId("release").hidden = !moment.stopped;
  byId("go").disabled = Boolean(moment.stopped) || moment.phase !== "playing";
  if (moment.stopped) byId("stopped").textContent = `Stopped by ${moment.stopped.by} on ${moment.stopped.since}. Nothing is injected until somebody releases it.`;
  for (const entry of moment.entries) {
    showEntry(entry);
    if (entry.kind === "joined" && !people.includes(entry.by)) people.push(entry.by);
  }
  byId("people").textContent = people.length ? `taking part: ${people.join(", ")}` : "";
  showExperiments(moment.injections, press);
  if (moment.rounds && byId("rounds")) byId("rounds").replaceChildren(...moment.rounds.map((words) => made("li", words)));
  if (moment.verdict) showVerdict(moment.verdict);
  const now = moment.snapshot;
  if (!now) return;
  began = now.until_us / 1e6 - now.at_s - 1;
  windows = moment.injections.map((item) => [item.on_us / 1e6 - began, (item.off_us === null ? Date.now() * 1000 : item.off_us) / 1e6 - began]);
  keep([now.at_s, now.offered, now.achieved, now.good, now.p50_ms, now.p95_ms, now.p99_ms]);
  showTiles(now);
  showState(now);
  showPicture(now);
  draw();
};

const listen = () => {
  const source = new EventSource("events");
  let silent = null;
  source.addEventListener("open", () => { byId("book").replaceChildren(); });
  source.addEventListener("message", (event) => {
    clearTimeout(silent);
    silent = setTimeout(() => { byId("phase").textContent = "NO NEWS for 10 s"; }, 10000);
    take(JSON.parse(event.data));
  });
  source.addEventListener("error", () => { byId("phase").textContent = "the page's server is gone"; });
};

byId("places").append(...data.places.map((place) => { const one = made("option"); one.value = place; return one; }));
byId("fault").addEventListener("change", showFault);
byId("inject").addEventListener("submit", inject);
byId("preview").addEventListener("click", preview);
byId("stop").addEventListener("click", stop);
byId("release").addEventListener("click", async () => { if (await press("release", {})) say("Released."); });
byId("join").addEventListener("click", () => press("join", {}));
if (byId("next")) byId("next").addEventListener("click", () => press("next", {}));
byId("finish").addEventListener("click", () => press("finish", {}));
byId("note").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await press("note", { text: byId("note-text").value })) byId("note-text").value = "";
});
byId("page").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await press("page", { to: byId("to").value.trim(), text: byId("message").value });
  if (told) say(told.text);
});
byId("save-roles").addEventListener("click", async () => { if (await press("roles", { text: byId("roles").value })) say("The roles are saved."); });
for (const button of document.querySelectorAll("[data-clock]")) button.addEventListener("click", () => press("clock", { id: button.dataset.clock }));
window.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); stop(); } });
byId("fault").value = "gateway_down" in data.faults ? "gateway_down" : byId("fault").value;
showFault();
fetch("opening").then((reply) => reply.json()).then((told) => {
  told.points.forEach(keep);
  byId("roles").value = told.roles;
  people = told.people;
  draw();
  listen();
});
