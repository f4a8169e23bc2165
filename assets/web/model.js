// A workflow being edited: what was read, the edits since, and what it becomes. The station's own writer applies the edits
// (and its own checker says what they mean); here they are only kept in order, so that undo is to leave the last one out.

import { get, post } from '/static/common.js';
import { kitOf } from '/static/kit.js';

const COALESCE_MS = 1500; // arrow keys and typing on one thing in so short a time are one step of undo
const CHECK_MS = 200;

/** 'places[cup].name.nl' -> ['places', '[cup]', 'name', 'nl'] */
function parts(path) {
  return path.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [];
}

export function keyOf(element) {
  return element.id ?? element.place ?? element.section;
}

function indexIn(list, part) {
  const key = part.slice(1, -1);
  return key.startsWith('#') ? Number(key.slice(1)) : list.findIndex((e) => keyOf(e) === key);
}

/** Where a place is written: by its id, or, for one of a row ("cotton-3"), by the row's ("cotton-{n}"); -1: nowhere. */
export function indexOfPlace(places, id) {
  const i = (places ?? []).findIndex((p) => p.id === id);
  if (i >= 0 || !id) return i;
  return (places ?? []).findIndex((p) => {
    const [before, after] = (p.id ?? '').split('{n}');
    return after !== undefined && id.startsWith(before) && id.endsWith(after) && /^\d+$/.test(id.slice(before.length, id.length - after.length));
  });
}

/** Whether a step fills a place as it is written. */
export function fills(places, step, place) {
  const i = step.place ? indexOfPlace(places, step.place) : -1;
  return i >= 0 && places[i] === place;
}

export function lookUp(tree, path) {
  let at = tree;
  for (const part of parts(path)) {
    if (at === undefined || at === null) return undefined;
    at = part.startsWith('[') ? at[indexIn(at, part)] : at[part];
  }
  return at;
}

/** The path of element i of a list: by its name, or by its number where two have the same. */
export function elementPath(listPath, list, i) {
  const key = keyOf(list[i]);
  const same = list.filter((e) => keyOf(e) === key).length;
  return key !== undefined && same === 1 ? `${listPath}[${key}]` : `${listPath}[#${i}]`;
}

/** Sets and words show at once; what moves things waits for the station's answer. */
function applyLocally(tree, op) {
  const path = op.set ? parts(op.set) : op.words ? [...parts(op.words), op.language] : [];
  if (path.length === 0) return;
  let at = tree;
  for (const part of path.slice(0, -1)) {
    if (part.startsWith('[')) at = at[indexIn(at, part)];
    else at = at[part] ??= {};
    if (!at) return;
  }
  const last = path.at(-1);
  if (op.to === null || op.to === '') delete at[last];
  else at[last] = op.to;
}

export class Model extends EventTarget {
  constructor(id) {
    super();
    this.id = id;
    this.groups = []; // of edits; each is one step of undo
    this.undone = [];
    this.sequence = 0;
    this.saving = false;
  }

  async load() {
    this.accept(await get(`/api/workflow/${this.id}`));
    this.baseText = this.view.text;
    this.baseTree = structuredClone(this.view.tree);
    this.single = this.view.single;
    this.hash = this.view.hash;
    this.wasReleased = this.view.was_released;
  }

  accept(view) {
    const tree = view.tree ?? this.view?.tree ?? {};
    this.view = { ...view, tree, kit: view.kit ?? kitOf(tree) };
    this.tell('change');
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  get tree() { return this.view.tree; }
  get kit() { return this.view.kit; }
  get edits() { return this.groups.flatMap((g) => g.ops); }
  get dirty() { return this.groups.length > 0; }

  /** One step of undo. `topic`: edits of the same topic in a row become one. */
  edit(ops, topic = '') {
    const last = this.groups.at(-1), now = Date.now();
    if (topic && last && last.topic === topic && now - last.time < COALESCE_MS && this.undone.length === 0) {
      last.ops = [...last.ops.filter((o) => !ops.some((n) => sameTarget(o, n))), ...ops];
      last.time = now;
    } else {
      this.groups.push({ ops, topic, time: now });
    }
    this.undone = [];
    ops.forEach((op) => applyLocally(this.tree, op));
    this.changed();
  }

  undo() {
    const group = this.groups.pop();
    if (!group) return;
    this.undone.push(group);
    this.changed(true);
  }

  redo() {
    const group = this.undone.pop();
    if (!group) return;
    this.groups.push({ ...group, time: 0 });
    this.changed(true);
  }

  changed(now = false) {
    this.remember();
    this.sequence++;
    this.tell('change');
    clearTimeout(this.timer);
    if (!this.saving) this.timer = setTimeout(() => this.check(), now ? 0 : CHECK_MS); // after a save it is asked anew
  }

  /** What do the edits make of it? Answers to older questions are dropped. */
  async check() {
    const sequence = this.sequence;
    try {
      const view = await post(`/api/check/${this.id}`, { base: this.hash, edits: this.edits });
      if (sequence === this.sequence) this.accept(view);
    } catch (error) {
      if (sequence !== this.sequence) return;
      if (error.id === 'WORKFLOW_EDIT_STALE') this.tell('stale');
      else this.refuseLast(error);
    }
  }

  /** The station can't apply the last edit: it is taken back, and said. */
  refuseLast(error) {
    if (error.status === 400 && this.groups.length) {
      this.groups.pop();
      this.changed(true);
    }
    this.tell('trouble', error);
  }

  async save() {
    if (this.saving) return false;
    this.saving = true;
    clearTimeout(this.timer);
    this.sequence++; // answers to what was asked of the old version count no more
    const sent = this.groups.length;
    this.groups.forEach((g) => { g.time = 0; }); // nothing more is added to what is on its way
    try {
      const view = await post(`/api/save/${this.id}`, { base: this.hash, edits: this.edits });
      this.groups = this.groups.slice(sent); // what was typed meanwhile stays to be saved
      this.undone = [];
      this.hash = view.hash;
      this.remember();
      if (this.groups.length === 0) this.accept(view);
      await this.rebase();
      this.tell('saved');
      return true;
    } catch (error) {
      if (error.id === 'WORKFLOW_EDIT_STALE') this.tell('stale');
      else if (error.id === 'WORKFLOW_EDIT_REFUSED') { this.view.problems = error.body.problems; this.tell('change'); this.tell('trouble', error); }
      else this.tell('trouble', error);
      return false;
    } finally {
      this.saving = false;
      if (this.groups.length) this.changed(true);
    }
  }

  async rebase() {
    const view = await get(`/api/workflow/${this.id}`);
    if (view.hash !== this.hash) return;
    this.baseText = view.text;
    this.baseTree = view.tree;
    this.wasReleased = view.was_released;
  }

  /** Did somebody else save meanwhile? */
  async isStale() {
    const before = this.hash, now = (await get(`/api/version/${this.id}`)).hash;
    return now !== before && before === this.hash && !this.saving;
  }

  // ---- two people ----

  /** Our edits on top of what the other saved. Gives what could not be kept, and what both changed. */
  async merge() {
    const theirs = await get(`/api/workflow/${this.id}`);
    const both = this.edits.filter((op) => {
      const path = op.words ? `${op.words}.${op.language}` : op.set;
      return path && JSON.stringify(lookUp(theirs.tree, path)) !== JSON.stringify(lookUp(this.baseTree, path));
    }).map((op) => ({ path: op.words ? `${op.words}.${op.language}` : op.set, mine: op.to,
      theirs: lookUp(theirs.tree, op.words ? `${op.words}.${op.language}` : op.set) }));
    const view = await post(`/api/check/${this.id}`, { base: theirs.hash, edits: this.edits, lenient: true });
    const failed = new Set(view.failed.map((f) => f.edit));
    const kept = this.edits.filter((_, i) => !failed.has(i));
    this.hash = theirs.hash;
    this.baseText = theirs.text;
    this.baseTree = theirs.tree;
    this.groups = kept.map((op) => ({ ops: [op], topic: '', time: 0 }));
    this.undone = [];
    this.sequence++;
    this.remember();
    this.accept(view);
    return { failed: view.failed, both };
  }

  async keepAsDraft() {
    return (await post(`/api/draft/${this.id}`, { text: this.baseText, edits: this.edits })).id;
  }

  async drop() {
    this.groups = [];
    this.undone = [];
    this.sequence++;
    this.remember();
    await this.load();
  }

  // ---- what is not saved yet outlives the page ----

  get storageKey() { return `lichtwijzer:${this.id}`; }

  remember() {
    try {
      if (this.groups.length) localStorage.setItem(this.storageKey, JSON.stringify({ hash: this.hash, text: this.baseText, groups: this.groups }));
      else localStorage.removeItem(this.storageKey);
    } catch { /* no room: saving still works */ }
  }

  /** Edits of an earlier page: 'none', 'restored', or 'stale' when the workflow was changed since. */
  async recall() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.storageKey));
    } catch { /* damaged: as if there were none */ }
    if (!kept?.groups?.length) return 'none';
    this.groups = kept.groups;
    if (kept.hash === this.hash) {
      this.changed(true);
      return 'restored';
    }
    this.baseText = kept.text ?? this.baseText;
    return 'stale';
  }
}

function sameTarget(a, b) {
  return (a.set && a.set === b.set) || (a.words && a.words === b.words && a.language === b.language);
}
