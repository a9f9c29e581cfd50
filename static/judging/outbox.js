// What was tapped and not yet acknowledged, kept on the device: IndexedDB, tied to the person.
// Where a browser has none (private windows), or it takes no more, it is kept in the page, and
// `isKept` says so.
const NAME = "hackathon-judging";
const PATIENCE = 3000; // milliseconds; a store that does not open by then is as good as none

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      const db = asked.result;
      db.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      db.createObjectStore("drafts", { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

function opened() {
  const opening = open();
  return new Promise((resolve, reject) => {
    const given = setTimeout(() => {
      reject(new Error("the store does not open"));
      opening.then((db) => db.close(), () => {});
    }, PATIENCE);
    opening.then(resolve, reject).finally(() => clearTimeout(given));
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** An identifier made on the device; works on plain http, where randomUUID does not. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  constructor(person) {
    this.person = person;
    this.memory = [];
    this.memoryDrafts = new Map();
    this.count = 0;
    this.removed = new Set(); // so that what a store does not let go of is not sent for ever
    this.open();
  }

  /** `opened` ends when it is known where to keep; what is tapped before waits for it. */
  open() {
    this.db = null;
    this.opened = opened().then(
      (db) => {
        db.onclose = () => this.open(); // phones close it behind a sleeping page
        this.db = db;
      },
      () => {},
    );
  }

  /** Whether everything that waits outlives the page. */
  get isKept() {
    return this.db !== null && !this.memory.length;
  }

  /** What `work` answers of a store; `otherwise` where there is none, or it fails. */
  async ask(name, mode, work, otherwise) {
    await this.opened;
    if (this.db === null) return otherwise;
    try {
      return await done(work(this.db.transaction(name, mode).objectStore(name)));
    } catch {
      return otherwise;
    }
  }

  /** Everything that waits, oldest first; of this person only. */
  async all() {
    const every = await this.ask("outbox", "readonly", (store) => store.getAll(), []);
    const mine = every.filter((entry) => entry.person === this.person && !this.removed.has(entry.n));
    return [...mine, ...this.memory];
  }

  /** How many wait here that another person made on this device. */
  async others() {
    const every = await this.ask("outbox", "readonly", (store) => store.getAll(), []);
    return every.filter((entry) => entry.person !== this.person).length;
  }

  /** Keep a message until it is acknowledged; in the page where the device takes no more. */
  async put(message, payload) {
    const entry = { person: this.person, message, payload };
    if ((await this.ask("outbox", "readwrite", (store) => store.add(entry), null)) !== null) return;
    this.count -= 1; // below zero: never the number of a stored one
    this.memory.push({ ...entry, n: this.count });
  }

  async remove(n) {
    this.removed.add(n);
    this.memory = this.memory.filter((entry) => entry.n !== n);
    if (n > 0) await this.ask("outbox", "readwrite", (store) => store.delete(n));
  }

  /** A judge's texts while they are typed. */
  async draft(visit) {
    const id = `${this.person}:${visit}`;
    const stored = await this.ask("drafts", "readonly", (store) => store.get(id));
    return this.memoryDrafts.get(visit) ?? stored?.texts ?? null;
  }

  async setDraft(visit, texts) {
    const id = `${this.person}:${visit}`;
    const change = (store) => (texts ? store.put({ id, texts }) : store.delete(id));
    const isStored = (await this.ask("drafts", "readwrite", change, false)) !== false;
    if (texts && !isStored) this.memoryDrafts.set(visit, texts);
    else this.memoryDrafts.delete(visit);
  }
}
