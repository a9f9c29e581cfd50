// Saves the card a second after the last key; says what the server said. Without it, Save does.
(() => {
  const form = document.getElementById("card");
  const state = document.getElementById("state");
  const version = document.getElementById("version");
  let timer = 0;
  let busy = false;
  let again = false;
  let typed = 0; // how often something was typed, and how much of that is saved
  let saved = 0;

  const say = (text) => (state.textContent = text);

  async function save() {
    if (busy) {
      again = true;
      return;
    }
    clearTimeout(timer);
    const text = new URLSearchParams(new FormData(form)).toString();
    const upTo = typed;
    busy = true;
    try {
      const answer = await fetch(form.action || location.href, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded" },
        body: text,
      });
      const body = await answer.json();
      if (answer.ok) {
        version.value = body.version;
        saved = upTo;
        say(body.complete ? "Saved. The card is complete." : `Saved as a draft. Still missing: ${body.missing.join(", ")}.`);
      } else {
        say(body.message);
      }
    } catch {
      say("No connection. What you typed stays on this page; it is saved when the line is back.");
      timer = setTimeout(save, 5000);
    } finally {
      busy = false;
      if (again) {
        again = false;
        save();
      }
    }
  }

  form.addEventListener("input", () => {
    typed += 1;
    clearTimeout(timer);
    say("…");
    timer = setTimeout(save, 1000);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    saved = typed; // it goes with the form
  });
  window.addEventListener("beforeunload", (event) => {
    if (typed === saved) return;
    event.preventDefault();
    save();
  });
})();
