// The line to the server, one a page: `watch` keeps a board up to date, `connect` gives the socket.
let socket = null;

/** The page's socket; it reconnects by itself, 1 to 30 seconds apart, not all at once. */
export function connect() {
  if (socket) return socket;
  socket = window.io({
    transports: ["websocket"],
    reconnectionDelay: 1000,
    reconnectionDelayMax: 30000,
    randomizationFactor: 0.5,
  });
  // the server closes sockets when rights change; come back and ask as whoever one is now
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000);
  });
  socket.on("event.notice", showNotice);
  return socket;
}

let alone = null;

/**
 * The socket for what stands above every page. Where the page has no other use for the line its
 * library is loaded here, and the line is kept only while somebody looks at the page.
 */
export function connectAlone() {
  if (window.io && !alone) return Promise.resolve(connect());
  alone ??= import("../vendor/socket.io.min.js").then(() => {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) connect().disconnect();
      else connect().connect();
    });
    return connect();
  });
  return alone;
}

/** A notice arrived: the bell gets its dot, and those who listen hear it. */
function showNotice(notice) {
  const bell = document.querySelector("[data-bell]");
  if (!bell) return;
  if (!bell.querySelector(".dot")) {
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.setAttribute("aria-hidden", "true");
    bell.append(dot);
  }
  bell.title = notice.text;
}

/**
 * Watch a board: `onBoard(rows by id, changed rows, gone ids)` after the first answer and each change.
 * @param {string} message such as "board.watch"
 * @param {object} payload of the message
 * @param {function(Map<string, object>, object[], string[]): void} onBoard
 * @param {string} pushed the name of the pushes, such as "board.changed"
 */
export function watch(message, payload, onBoard, pushed = message.replace(/watch$/, "changed")) {
  const line = connect();
  const rows = new Map();
  let version = null;
  let key = null;

  async function readAll() {
    try {
      const answer = await line.timeout(10000).emitWithAck(message, payload);
      if (!answer.ok) return;
      version = answer.version;
      key = answer.key ?? answer.round ?? null;
      const gone = [...rows.keys()];
      rows.clear();
      for (const row of answer.rows) rows.set(row.id, row);
      onBoard(rows, answer.rows, gone.filter((id) => !rows.has(id)));
    } catch {
      setTimeout(() => line.connected && readAll(), 1000 + Math.random() * 2000);
    }
  }

  line.on("connect", readAll);
  if (line.connected) readAll();
  line.on(pushed, (change) => {
    if (version === null || (key !== null && change.key !== key)) return;
    if (change.version <= version) return;
    if (change.base > version) {
      readAll();
      return;
    }
    version = change.version;
    for (const row of change.rows) rows.set(row.id, row);
    for (const id of change.gone) rows.delete(id);
    onBoard(rows, change.rows, change.gone);
  });
}

/** Server time minus the device's, in milliseconds, from a `server_time` text. */
export const offsetOf = (serverTime) => Date.parse(serverTime) - Date.now();

/** Seconds as people read a timer: "4:05", "-0:10". */
export function clockText(seconds) {
  const left = Math.abs(seconds);
  return `${seconds < 0 ? "-" : ""}${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

/** Run the countdown of the pitch on stage in an element; `read()` gives `{pitch, offset}`. */
export function runTimer(element, read) {
  const tick = () => {
    const { pitch, offset } = read();
    if (!pitch?.started_at) {
      element.textContent = "";
      return;
    }
    const left = Math.ceil(pitch.seconds - (Date.now() + offset - Date.parse(pitch.started_at)) / 1000);
    element.textContent = clockText(left);
    element.classList.toggle("is-over", left < 0);
  };
  tick();
  setInterval(tick, 500);
}
