// A posting moves the bars: rows are shown as the server words them.
import { watch } from "../shared/live.js";

const page = document.querySelector("[data-credits]");
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

function age(moment) {
  const minutes = Math.round((moment - Date.now()) / 60000);
  if (minutes > -1) return "just now";
  if (minutes > -60) return words.format(minutes, "minute");
  if (minutes > -1440) return words.format(Math.round(minutes / 60), "hour");
  return words.format(Math.round(minutes / 1440), "day");
}

function pill(text, kind) {
  const made = document.createElement("span");
  made.className = `badge badge-${kind} ms-1`;
  made.textContent = text;
  return made;
}

function showAge(cell, row) {
  if (!row.data_through) return;
  const time = document.createElement("time");
  time.dateTime = row.data_through;
  time.title = new Date(row.data_through).toLocaleString();
  time.textContent = age(new Date(row.data_through));
  cell.replaceChildren(time);
  if (row.final) cell.append(pill("final", "green"));
  else if (row.stale) cell.append(pill("stale", "yellow"));
}

function show(row) {
  // a page shows one currency; rows of another end with it
  if ((String(row.id).split(":")[1] ?? "") !== (page.dataset.currency ?? "")) return;
  const place = page.querySelector(`[data-row="${row.id}"]`);
  if (!place) {
    const more = page.querySelector('[data-new="rows"]');
    if (more) more.hidden = false;
    return;
  }
  for (const cell of place.querySelectorAll("[data-show]")) {
    const text = row[cell.dataset.show];
    if (text !== undefined && cell.textContent !== text) cell.textContent = text;
  }
  for (const bar of place.querySelectorAll("[data-bar]")) {
    bar.value = row.bar;
    bar.classList.toggle("over", row.rest < 0);
  }
  for (const bar of place.querySelectorAll("[data-scale]")) {
    const part = (amount) => Math.max(0, Math.min(1000, Math.floor((amount * 1000) / bar.dataset.scale)));
    bar.querySelector(".use").setAttribute("width", part(row.used ?? 0));
    bar.querySelector(".use").classList.toggle("over", row.rest < 0);
    bar.querySelector(".held").setAttribute("width", part((row.used ?? 0) + row.held));
    bar.setAttribute("aria-label", `${row.name}: ${row.share}${row.held_text ? `, ${row.held_text}` : ""}`);
  }
  const near = place.querySelector("[data-near]");
  if (near) near.hidden = !row.near;
  for (const bar of place.querySelectorAll("[data-value]")) {
    bar.max = Math.max(row[bar.dataset.max], 1);
    bar.value = row[bar.dataset.value];
  }
  const cell = place.querySelector("[data-through]");
  if (cell) showAge(cell, row);
}

let isFirst = true;
watch("credits.watch", { event: page.dataset.credits }, (_rows, changed) => {
  changed.forEach(show);
  const more = page.querySelector('[data-new="entries"]');
  const isTouched = changed.some((row) => page.querySelector(`[data-row="${row.id}"]`));
  if (more && isTouched && !isFirst) more.hidden = false;
  isFirst = false;
});
