// A judge's phone: every tap is kept on the device first, sent in the judge's order, and called
// "Saved" only when the server said so. Without this script the same form saves by its button.
import { connect, offsetOf, runTimer } from "../shared/live.js";
import { keepPage } from "./offline.js";
import { Outbox, newKey } from "./outbox.js";

const data = JSON.parse(document.getElementById("judging-data").textContent);
const root = document.getElementById("judging");
const said = document.getElementById("said");
const saved = document.getElementById("saved");
const refused = document.getElementById("refused");
const outbox = new Outbox(data.person);
const criteria = data.criteria.map((criterion) => criterion.key);
const TYPING = 1200;
const MARKING = ["open", "paused"];

let state = data.state;
let pitch = data.pitch;
let reason = data.reason;
let version = data.version;
let offset = offsetOf(data.server_time);
let shown = data.open;
let sending = false;
let waiting = [];
let retryTimer = 0;

// --- what the server knows, by visit --------------------------------------------------

const visits = new Map();
const byProject = new Map();

function learn(row) {
  const known = visits.get(row.id);
  const cells = known?.cells ?? new Map();
  for (const mark of row.marks) {
    const before = cells.get(mark.criterion);
    if (!before || before.seq <= mark.seq) cells.set(mark.criterion, { ...before, ...mark });
  }
  const visit = { ...row, cells, textSeq: Math.max(row.texts.seq, known?.textSeq ?? 0) };
  visits.set(row.id, visit);
  byProject.set(row.project, visit);
}

data.visits.forEach(learn);

const sectionOf = (visit) => document.getElementById(`sheet-${visit.project}`);
const pendingOf = (visit, criterion) =>
  waiting.filter((each) => each.payload.visit === visit && each.payload.criterion === criterion).at(-1);

/** The value a cell shows: what the judge tapped last, else what the server has. */
function valueOf(visit, criterion) {
  const pending = pendingOf(visit.id, criterion);
  if (pending) return pending.message === "judging.clear" ? null : pending.payload.value;
  return visit.cells.get(criterion)?.value ?? null;
}

const isComplete = (visit) => criteria.every((key) => valueOf(visit, key) !== null);

function nextSeq(visit, criterion) {
  const pending = pendingOf(visit.id, criterion);
  return Math.max(visit.cells.get(criterion)?.seq ?? 0, pending?.payload.seq ?? 0) + 1;
}

// --- showing --------------------------------------------------------------------------

function paint(visit) {
  const section = sectionOf(visit);
  if (!section) return;
  let scored = 0;
  for (const key of criteria) {
    const value = valueOf(visit, key);
    if (value !== null) scored += 1;
    for (const input of section.querySelectorAll(`input[name="value-${key}"]`)) {
      input.checked = value !== null && Number(input.value) === value;
    }
    for (const line of section.querySelectorAll(`[data-anchor-of="${key}"]`)) {
      line.classList.toggle("is-chosen", value !== null && Number(line.dataset.level) === value);
    }
  }
  for (const place of document.querySelectorAll(`[data-status="${visit.project}"]`)) {
    const full = scored === criteria.length;
    place.textContent = full ? "Done" : scored ? `${scored} of ${criteria.length}` : "Not yet";
    place.className = `badge ${full ? "badge-green" : scored ? "badge-yellow" : ""}`;
  }
}

function paintAll() {
  for (const visit of visits.values()) paint(visit);
  const complete = [...visits.values()].filter(isComplete).length;
  for (const place of document.querySelectorAll("[data-done]")) {
    place.textContent = `${complete} of ${visits.size} done`;
  }
  const line = connect();
  const count = waiting.length;
  if (count) {
    saved.textContent = outbox.isKept
      ? `Kept on this phone (${count})`
      : `Do not close this page: ${count} waiting`;
    saved.className = "saved is-kept";
  } else if (line.connected) {
    saved.textContent = "Saved";
    saved.className = "saved is-saved";
  } else {
    saved.textContent = "No connection; scores will be kept on this phone";
    saved.className = "saved is-kept";
  }
  paintState();
}

function paintState() {
  const words = {
    draft: "Judging has not opened yet.",
    paused: `Judging is paused${reason ? `: ${reason}` : ""}. Finish what you began.`,
    frozen: "Judging is closed. Thank you!",
    finalized: "Judging is closed. Thank you!",
    revealed: "The results are out.",
  };
  said.textContent = words[state] ?? "";
  said.hidden = !words[state];
  for (const visit of visits.values()) {
    const isBegun = criteria.some((key) => valueOf(visit, key) !== null);
    const isClosed = !MARKING.includes(state) || (state === "paused" && !isBegun);
    for (const field of sectionOf(visit)?.querySelectorAll("fieldset.scores, fieldset.words") ?? []) {
      field.disabled = isClosed;
    }
  }
  const place = document.getElementById("on-stage");
  place.hidden = !pitch || state !== "open";
  if (!pitch) return;
  const link = place.querySelector("a");
  const mine = byProject.get(pitch.project);
  place.querySelector("[data-stage-title]").textContent = pitch.title;
  place.querySelector("[data-stage-note]").textContent = mine ? "" : "You do not score this one.";
  link.hidden = !mine || shown === pitch.project;
  link.dataset.open = pitch.project;
  link.href = data.sheet_url.replace("/0", `/${pitch.project}`);
  for (const row of document.querySelectorAll("[data-row]")) {
    row.classList.toggle("is-on-stage", Number(row.dataset.row) === pitch.project);
  }
}

function show(project, { push = true } = {}) {
  const left = shown;
  shown = project;
  document.getElementById("list").hidden = project !== null;
  for (const section of document.querySelectorAll("section.sheet")) {
    section.hidden = Number(section.dataset.project) !== project;
  }
  document.getElementById("foot").hidden = project === null;
  if (project !== null) {
    const order = [...visits.values()].sort((a, b) => a.position - b.position);
    const at = order.findIndex((visit) => visit.project === project);
    for (const [name, step] of [["previous", -1], ["next", 1]]) {
      const link = document.getElementById(name);
      const target = order[at + step];
      link.classList.toggle("disabled", !target);
      link.setAttribute("aria-disabled", String(!target));
      if (target) {
        link.dataset.open = target.project;
        link.href = data.sheet_url.replace("/0", `/${target.project}`);
      } else {
        delete link.dataset.open;
        link.removeAttribute("href");
      }
    }
    document.getElementById("position").textContent = `${at + 1} of ${order.length}`;
  }
  if (push) {
    const url = project === null ? data.list_url : data.sheet_url.replace("/0", `/${project}`);
    history.pushState({ project }, "", url);
    window.scrollTo(0, 0);
    // who goes back to the list stands where they left it
    const place = project === null ? `#list [data-open="${left}"]` : `#sheet-${project} h2`;
    document.querySelector(place)?.focus({ preventScroll: true });
  }
  paintState();
}

// --- sending --------------------------------------------------------------------------

const unstored = new Set(); // tapped, and not yet in the outbox: a look at it must not forget them

async function lookIntoOutbox() {
  const before = [...unstored];
  const stored = await outbox.all();
  const known = new Set(stored.map((entry) => entry.payload.key));
  const rest = new Set([...before, ...unstored]);
  waiting = [...stored, ...[...rest].filter((entry) => !known.has(entry.payload.key))];
  return stored;
}

async function refresh() {
  await lookIntoOutbox();
  paintAll();
}

const later = (seconds) => {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(flush, seconds * 1000 * (0.75 + Math.random() / 2));
};

let failures = 0;
let again = false;

/** Send what waits, one after another in the judge's order. */
async function flush() {
  const line = connect();
  if (sending) again = true;
  if (sending || !line.connected) return;
  sending = true;
  clearTimeout(retryTimer);
  try {
    for (;;) {
      again = false;
      const [entry] = await lookIntoOutbox();
      if (!entry) break;
      const answer = await line.timeout(10000).emitWithAck(entry.message, entry.payload);
      if (!(await settle(entry, answer))) break;
      failures = 0;
      await refresh();
    }
  } catch {
    failures += 1;
    later(Math.min(30, 2 ** failures));
  } finally {
    sending = false;
    await refresh();
  }
  if (again) flush(); // tapped while the last answer was on its way
}

/** What an answer means for what was sent; true when the next one may go. */
async function settle(entry, answer) {
  const visit = visits.get(entry.payload.visit);
  if (answer.ok) {
    await outbox.remove(entry.n);
    if (entry.message === "judging.submit") {
      if (visit) {
        visit.textSeq = Math.max(visit.textSeq, entry.payload.seq);
        visit.texts = entry.payload;
      }
    } else if (visit) {
      const known = visit.cells.get(entry.payload.criterion);
      if (!known || known.seq <= entry.payload.seq) {
        visit.cells.set(entry.payload.criterion, {
          value: entry.payload.value ?? null,
          seq: entry.payload.seq,
          receipt: answer.receipt,
        });
      }
      if (answer.submitted) await sendTexts(visit);
    }
    return true;
  }
  if (answer.code === 429 || answer.code === 503) {
    failures += 1;
    later(Math.max(answer.retry_after ?? 1, Math.min(30, 2 ** failures)));
    return false;
  }
  if (answer.code === 401) {
    tell("You are signed out. Sign in again; what you scored is kept on this phone.");
    return false;
  }
  if (answer.error === "paused" || answer.error === "not_open") {
    tell(`${answer.message} It is kept on this phone and sent when judging goes on.`);
    return false;
  }
  await outbox.remove(entry.n);
  if (answer.error === "incomplete" && visit) {
    await outbox.setDraft(visit.id, textsOf(visit));
    return true;
  }
  tell(visit ? `${visit.title}: ${answer.message}` : answer.message);
  return true;
}

function tell(text) {
  refused.hidden = false;
  const line = document.createElement("div");
  line.textContent = text;
  if (![...refused.querySelectorAll("div")].some((each) => each.textContent === text)) {
    refused.querySelector("[data-lines]").append(line);
  }
}

async function score(visit, criterion, value) {
  const payload = {
    visit: visit.id,
    criterion,
    seq: nextSeq(visit, criterion),
    key: newKey(),
    made_at: Math.round(Date.now() + offset),
  };
  const entry =
    value === null
      ? { message: "judging.clear", payload }
      : { message: "judging.mark", payload: { ...payload, value } };
  unstored.add(entry);
  waiting.push(entry);
  paintAll();
  await outbox.put(entry.message, entry.payload);
  unstored.delete(entry);
  await refresh();
  flush();
}

// --- texts ----------------------------------------------------------------------------

const TEXTS = ["strength", "question", "note"];

function textsOf(visit) {
  const form = sectionOf(visit).querySelector("form");
  return Object.fromEntries(TEXTS.map((name) => [name, form.elements[name].value]));
}

const typing = new Map();

async function sendTexts(visit) {
  const draft = await outbox.draft(visit.id);
  if (!draft || !isComplete(visit)) return;
  const pending = waiting.filter((each) => each.message === "judging.submit" && each.payload.visit === visit.id);
  visit.textSeq = Math.max(visit.textSeq, ...pending.map((each) => each.payload.seq), 0) + 1;
  await outbox.put("judging.submit", {
    visit: visit.id,
    seq: visit.textSeq,
    key: newKey(),
    made_at: Math.round(Date.now() + offset),
    ...draft,
  });
  await outbox.setDraft(visit.id, null);
  noteOf(visit).textContent = "";
  await refresh();
  flush();
}

const noteOf = (visit) => sectionOf(visit).querySelector("[data-text-state]");

async function typed(visit) {
  await outbox.setDraft(visit.id, textsOf(visit));
  noteOf(visit).textContent = isComplete(visit)
    ? "…"
    : "Kept on this phone; sent when every criterion has a score.";
  clearTimeout(typing.get(visit.id));
  typing.set(visit.id, setTimeout(() => sendTexts(visit), TYPING));
}

/** Words that were typed before and not sent come back; else the server's, unless being typed. */
async function fillTexts(visit) {
  const section = sectionOf(visit);
  if (!section || section.contains(document.activeElement)) return;
  const draft = await outbox.draft(visit.id);
  if (section.contains(document.activeElement)) return; // began to type meanwhile
  const sent = waiting.filter((each) => each.message === "judging.submit" && each.payload.visit === visit.id);
  const words = draft ?? sent.at(-1)?.payload ?? visit.texts;
  const form = section.querySelector("form");
  for (const name of TEXTS) form.elements[name].value = words[name];
  if (draft) noteOf(visit).textContent = "Kept on this phone; sent when every criterion has a score.";
}

// --- the judge's hands ----------------------------------------------------------------

function visitAt(target) {
  const section = target.closest("section.sheet");
  return section ? byProject.get(Number(section.dataset.project)) : null;
}

root.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    event.preventDefault();
    show(opener.dataset.open === "" ? null : Number(opener.dataset.open));
    return;
  }
  const input = event.target.closest('input[type="radio"]');
  const visit = input && visitAt(input);
  if (!visit) return;
  const criterion = input.name.slice("value-".length);
  const value = Number(input.value);
  if (valueOf(visit, criterion) !== value) score(visit, criterion, value);
  else if (!isComplete(visit)) score(visit, criterion, null);
});

root.addEventListener("input", (event) => {
  const visit = TEXTS.includes(event.target.name) && visitAt(event.target);
  if (visit) typed(visit);
});

root.addEventListener("submit", async (event) => {
  const visit = event.target.matches("form.scoring") && visitAt(event.target);
  if (!visit) return;
  event.preventDefault();
  if (await outbox.draft(visit.id)) await sendTexts(visit);
  flush();
});

refused.querySelector("button").addEventListener("click", () => {
  refused.hidden = true;
  refused.querySelector("[data-lines]").replaceChildren();
});

window.addEventListener("popstate", (event) => show(event.state?.project ?? null, { push: false }));
window.addEventListener("beforeunload", (event) => {
  if ((!outbox.isKept && waiting.length) || unstored.size) event.preventDefault();
});

// --- the server's word ----------------------------------------------------------------

async function hello() {
  const line = connect();
  if (!line.connected) return;
  let answer;
  try {
    answer = await line.timeout(10000).emitWithAck("judging.hello", { round: data.round, after: version });
  } catch {
    return;
  }
  if (!answer.ok) {
    tell(answer.message);
    flush(); // a seat that was taken away: what was scored before is still sent, and kept
    return;
  }
  offset = offsetOf(answer.server_time);
  document.getElementById("elsewhere").hidden = !answer.elsewhere;
  const known = new Set(answer.visits.map((row) => row.project));
  const isSame = known.size === visits.size && [...visits.values()].every((visit) => known.has(visit.project));
  if (!isSame && !waiting.length) {
    location.reload(); // the list itself changed: a project came, went, or is in conflict now
    return;
  }
  answer.visits.filter((row) => visits.has(row.id)).forEach(learn);
  take(answer);
  for (const visit of visits.values()) {
    await fillTexts(visit);
    if (isComplete(visit)) await sendTexts(visit);
  }
  flush();
}

function take(news) {
  if (news.version < version) return;
  version = news.version;
  const before = pitch?.project;
  state = news.state;
  pitch = news.pitch;
  reason = news.reason;
  offset = offsetOf(news.server_time);
  const isTyping = document.activeElement?.matches("textarea");
  if (pitch && pitch.project !== before && byProject.has(pitch.project) && !isTyping) {
    show(pitch.project);
  }
  paintAll();
}

const line = connect();
line.on("disconnect", paintAll);
line.on("judging.state", (news) => {
  if (news.round === data.round) {
    take(news);
    const isAnew = ["rubric.revised", "mark.corrected"].includes(news.again);
    if (isAnew && !waiting.length && !document.activeElement?.matches("textarea")) location.reload();
    else if (news.again) hello();
    else flush();
  }
});
line.on("judging.visit", (news) => {
  const visit = news.round === data.round ? visits.get(news.visit) : null;
  if (!visit) return;
  const known = visit.cells.get(news.criterion);
  const isNewer =
    !known || news.seq > known.seq || (news.seq === known.seq && news.receipt > (known.receipt ?? 0));
  if (isNewer) visit.cells.set(news.criterion, { value: news.value, seq: news.seq, receipt: news.receipt });
  version = Math.max(version, news.version);
  paintAll();
});
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && hello());
setInterval(hello, 30000);

root.classList.add("is-live");
await outbox.opened;
await lookIntoOutbox();
const foreign = await outbox.others();
if (foreign) {
  tell(`${foreign} ${foreign === 1 ? "score" : "scores"} of another judge ${foreign === 1 ? "waits" : "wait"} on this phone; that judge must sign in here to send them.`);
}
for (const visit of visits.values()) await fillTexts(visit);
await refresh();
history.replaceState({ project: shown }, "");
show(shown, { push: false });
runTimer(document.getElementById("timer"), () => ({ pitch, offset }));
line.on("connect", hello); // not before the outbox is open: one greeting a line, not two
if (line.connected) hello();
keepPage(data.worker_url, data.list_url);
