// What was tapped and not yet acknowledged, kept on the device: IndexedDB, tied to the person.
// Where a browser has none (private windows), it is kept in the page, and `isKept` says so.
const NAME = "hackathon-judging";

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
    this.isKept = true;
    this.memory = [];
    this.memoryDrafts = new Map();
    this.count = 0;
  }

  /** Open the store; without one the page itself keeps what waits. */
  async start() {
    try {
      this.db = await open();
    } catch {
      this.isKept = false;
    }
    return this;
  }

  store(name, mode) {
    return this.db.transaction(name, mode).objectStore(name);
  }

  /** Everything that waits, oldest first; of this person only. */
  async all() {
    if (!this.isKept) return [...this.memory];
    const every = await done(this.store("outbox", "readonly").getAll());
    return every.filter((entry) => entry.person === this.person);
  }

  /** How many wait here that another person made on this device. */
  async others() {
    if (!this.isKept) return 0;
    const every = await done(this.store("outbox", "readonly").getAll());
    return every.filter((entry) => entry.person !== this.person).length;
  }

  /** Keep a message until it is acknowledged. */
  async put(message, payload) {
    const entry = { person: this.person, message, payload };
    if (!this.isKept) {
      this.count += 1;
      this.memory.push({ ...entry, n: this.count });
      return;
    }
    await done(this.store("outbox", "readwrite").add(entry));
  }

  async remove(n) {
    if (!this.isKept) {
      this.memory = this.memory.filter((entry) => entry.n !== n);
      return;
    }
    await done(this.store("outbox", "readwrite").delete(n));
  }

  /** A judge's texts while they are typed. */
  async draft(visit) {
    if (!this.isKept) return this.memoryDrafts.get(visit) ?? null;
    return (await done(this.store("drafts", "readonly").get(`${this.person}:${visit}`)))?.texts ?? null;
  }

  async setDraft(visit, texts) {
    if (!this.isKept) {
      if (texts) this.memoryDrafts.set(visit, texts);
      else this.memoryDrafts.delete(visit);
      return;
    }
    const drafts = this.store("drafts", "readwrite");
    const id = `${this.person}:${visit}`;
    await done(texts ? drafts.put({ id, texts }) : drafts.delete(id));
  }
}
