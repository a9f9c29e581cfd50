// The projector: who is on stage with the timer, how many sheets are in, then the places.
import { connect, offsetOf, runTimer, watch } from "../shared/live.js";

const root = document.getElementById("stage");
const state = JSON.parse(document.getElementById("stage-data").textContent);
const round = Number(root.dataset.round);
const places = document.getElementById("places");
const counts = document.getElementById("counts");
const WORDS = {
  draft: "Judging opens soon",
  open: "Judging is open",
  paused: "A short break",
  frozen: "Judging is closed",
  finalized: "The results are ready",
  revealed: "Thank you",
};
let now = state;
let offset = offsetOf(state.server_time);

function paint() {
  const isOn = now.pitch && now.state === "open";
  document.getElementById("pitch").hidden = !isOn;
  document.getElementById("waiting").hidden = isOn || !places.hidden;
  root.querySelector("[data-words]").textContent = WORDS[now.state] ?? "";
  document.getElementById("vote").hidden = !now.vote;
  if (!isOn) return;
  root.querySelector("[data-title]").textContent = now.pitch.title;
  root.querySelector("[data-team]").textContent = now.pitch.team;
}

function place(row) {
  const item = document.createElement("li");
  const number = document.createElement("b");
  number.textContent = row.place;
  const names = document.createElement("span");
  for (const [name, text] of [["project", row.project], ["team", row.team]]) {
    const part = document.createElement("bdi");
    part.className = name;
    part.textContent = text;
    names.append(part, " ");
  }
  item.append(number, names);
  return item;
}

/** The rows of one step; the same rows again are left alone, so that nothing moves. */
function show(rows) {
  const key = JSON.stringify(rows);
  if (places.dataset.shown === key) return;
  places.dataset.shown = key;
  places.replaceChildren(...rows.map(place));
  places.hidden = rows.length === 0;
}

// What everybody may know, also for an organizer; each answer brings a screen that was away to its step.
watch("board.watch", { event: root.dataset.event, round, public: true }, (rows) => {
  const whole = rows.get("round");
  counts.textContent = whole?.of ? `${whole.done} of ${whole.of} sheets are in` : "";
  if (!whole) return;
  now = { ...now, state: whole.state };
  show(whole.reveal?.rows ?? []);
  paint();
}, "board.changed");

connect().on("judging.state", (news) => {
  if (news.round !== round) return;
  now = news;
  offset = offsetOf(news.server_time);
  paint();
});

connect().on("reveal.step", (news) => {
  if (news.round !== round) return;
  now = { ...now, state: news.state };
  show(news.rows);
  paint();
});

runTimer(document.getElementById("timer"), () => ({ pitch: now.state === "open" ? now.pitch : null, offset }));
paint();
