// A bill is sent with a bar and can be stopped; then the page follows how far it is read.
const form = document.querySelector("form[data-upload]");
const reading = document.querySelector("[data-reading]");

function send(event) {
  event.preventDefault();
  const request = new XMLHttpRequest();
  const place = form.querySelector("[data-sending]");
  const bar = place.querySelector("progress");
  const said = place.querySelector("[data-said]");
  const button = form.querySelector('button[type="submit"]');
  const stop = () => request.abort();
  function rest() {
    place.hidden = true;
    button.disabled = false;
    place.querySelector("[data-stop]").removeEventListener("click", stop);
  }
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (moved) => {
    const percent = Math.floor((100 * moved.loaded) / Math.max(1, moved.total));
    bar.value = percent;
    said.textContent = percent < 100 ? `${percent} % sent` : "Sent; reading it";
  });
  request.addEventListener("abort", rest);
  request.addEventListener("error", () => {
    rest();
    form.submit();
  });
  request.addEventListener("load", () => {
    if (request.status < 400) {
      window.location.assign(request.responseURL);
      return;
    }
    document.open();
    document.write(request.responseText);
    document.close();
  });
  place.hidden = false;
  button.disabled = true;
  place.querySelector("[data-stop]").addEventListener("click", stop);
  request.send(new FormData(form));
}

async function follow() {
  try {
    const answer = await fetch(reading.dataset.reading, { headers: { Accept: "application/json" } });
    const state = await answer.json();
    if (!answer.ok || state.over) {
      window.location.reload();
      return;
    }
    reading.querySelector("progress").value = state.percent;
    reading.querySelector("[data-percent]").textContent = `${state.percent} %`;
  } catch {
    // the line is down; the next look tells
  }
  setTimeout(follow, 1000);
}

if (form) form.addEventListener("submit", send);
if (reading) setTimeout(follow, 500);
