// Questions that need an answer: what changed, two people, pictures, a new step.

import { byId, el, get, pictureUrl, post, say, sayError, session, t, wordsOf } from '/static/common.js';

const UPLOAD_MAX = 20000000; // as the station takes it
const MARGIN_MM = 15;

/** Opens the one dialog; build(done) gives its content, done(value) closes it. */
function ask(title, build) {
  const dialog = byId('dialog');
  return new Promise((resolve) => {
    const done = (value) => { dialog.onclose = null; dialog.close(); resolve(value); };
    dialog.onclose = () => resolve(undefined);
    dialog.replaceChildren(el('div', { class: 'dialog-head' }, el('h2', { id: 'dialog-title' }, title),
      el('button', { class: 'icon', 'aria-label': t('Close'), onclick: () => done(undefined) }, '×')), ...build(done));
    dialog.showModal();
  });
}

// ---- what changed ----

function hunks(list) {
  return list.map((h) => el('div', { class: 'hunk', tabindex: 0, role: 'group', 'aria-label': t('Line %s', h.new) },
    h.lines.map(([kind, words]) => el('div', { class: kind === '+' ? 'new' : kind === '-' ? 'old' : 'same' },
      el('span', { class: 'sign' }, kind === '+' ? '+' : kind === '-' ? '−' : ' '), el('code', {}, words || ' ')))));
}

export async function showDiff(model) {
  const body = { base: model.hash, edits: model.edits };
  const [saved, released] = await Promise.all([post(`/api/diff/${model.id}`, { ...body, with: 'saved' }),
    post(`/api/diff/${model.id}`, { ...body, with: 'released' })]);
  const part = (title, diff, none) => [el('h3', {}, title), diff.hunks.length === 0 ? el('p', {}, none) : el('div', { class: 'diff' }, hunks(diff.hunks))];
  await ask(t('What changed'), (done) => [
    ...part(t('Since it was saved'), saved, t('Nothing.')),
    ...part(t('Since it was released'), released, released.there ? t('Nothing.') : t('It was not released yet.')),
    el('div', { class: 'row end' }, el('button', { class: 'primary', onclick: () => done() }, t('Close')))]);
}

// ---- two people ----

export async function conflict(model) {
  const theirs = await post(`/api/diff/${model.id}`, { with: 'text', text: model.baseText });
  const choice = await ask(t('Somebody else saved this workflow'), (done) => [
    el('p', {}, t('Nothing is lost. This is what the other person changed:')),
    el('div', { class: 'diff' }, theirs.hunks.length ? hunks(theirs.hunks) : el('p', {}, t('Nothing.'))),
    el('div', { class: 'choices' },
      el('button', { class: 'primary', onclick: () => done('merge') }, t('Put my changes on top')),
      model.single ? null : el('button', { onclick: () => done('draft') }, t('Keep mine as a draft of its own')),
      el('button', { class: 'danger', onclick: () => done('drop') }, t('Drop my changes')))]);
  if (choice === 'draft') {
    const id = await model.keepAsDraft();
    await model.drop();
    location.assign(`/edit/${id}`);
  } else if (choice === 'drop') {
    await model.drop();
  } else if (choice === 'merge') {
    await showMerged(await model.merge());
  }
}

async function showMerged({ failed, both }) {
  if (failed.length === 0 && both.length === 0) {
    say(t('Your changes are on top of theirs. Look, then save.'));
    return;
  }
  const text = (v) => (v === undefined || v === null ? '–' : typeof v === 'object' ? JSON.stringify(v) : String(v));
  await ask(t('Please look at this'), (done) => [
    both.length ? el('p', {}, t('You both changed these; yours stand there now:')) : null,
    el('ul', {}, both.map((b) => el('li', {}, el('code', {}, b.path), ' ', t('yours: %s, theirs: %s', text(b.mine), text(b.theirs))))),
    failed.length ? el('p', {}, t('These changes of yours no longer fit and were left out:')) : null,
    el('ul', {}, failed.map((f) => el('li', {}, f.text))),
    el('div', { class: 'row end' }, el('button', { class: 'primary', onclick: () => done() }, t('Go on')))].filter(Boolean));
}

// ---- pictures ----

/** A file's name in the folder, '' for none, undefined when nothing was chosen. */
export async function pictures(model, bench, thing, owner) {
  const there = (await get(`/api/pictures/${model.id}`)).pictures.sort();
  return ask(t('Picture of %s', owner), (done) => {
    const file = el('input', { type: 'file', accept: 'image/png,image/jpeg', id: 'file', onchange: () => upload(model, file.files[0], owner).then(done, sayError) });
    const camera = el('button', { onclick: () => photograph(model, bench, thing, owner).then(done, sayError) }, t('Take it with the camera, as it lies there now'));
    return [el('label', { class: 'field' }, el('span', { class: 'label' }, t('From a file (PNG or JPEG, at most 20 MB)')), file),
      thing && session.bench.calibrated ? camera : null,
      el('h3', {}, t('Pictures of this workflow')),
      el('div', { class: 'gallery' }, there.map((name) => el('button', { onclick: () => done(name), 'aria-label': name },
        el('img', { src: pictureUrl(model.id, name), alt: '', loading: 'lazy' }), el('span', {}, name.split('/').pop())))),
      el('div', { class: 'row end' }, el('button', { class: 'quiet', onclick: () => done(null) }, t('No picture')))].filter(Boolean);
  });
}

async function upload(model, file, owner) {
  if (!file) return undefined;
  if (file.size > UPLOAD_MAX) throw new Error(t('That picture is larger than 20 MB.'));
  return (await post(`/api/picture/${model.id}?name=${encodeURIComponent(owner)}`, file)).file;
}

async function photograph(model, bench, thing, owner) {
  const points = thing.local.map((p) => bench.onScreen(thing, p)).map(([x, y]) => [x, bench.depth - y]);
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  const rectangle = [Math.min(...xs) - MARGIN_MM, Math.min(...ys) - MARGIN_MM, Math.max(...xs) + MARGIN_MM, Math.max(...ys) + MARGIN_MM];
  return (await post(`/api/camera/${model.id}`, { name: owner, rectangle, z_mm: thing.z ?? 0 })).file;
}

// ---- new things ----

export function chooseLabel(title, label, value = '') {
  return ask(title, (done) => {
    const input = el('input', { type: 'text', value, required: true, maxlength: 60 });
    return [el('form', { onsubmit: (e) => { e.preventDefault(); done(input.value.trim()); } },
      el('label', { class: 'field' }, el('span', { class: 'label' }, label), input),
      el('div', { class: 'row end' }, el('button', { class: 'primary' }, t('Go on'))))];
  });
}

function freeKey(words, list) {
  const taken = new Set((list ?? []).map((e) => e.id));
  const begin = words.toLowerCase().normalize('NFD').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 50) || 'step';
  for (let n = 1; ; n++) {
    const key = n === 1 ? begin : `${begin}-${n}`;
    if (!taken.has(key)) return key;
  }
}

/** A step: lay a thing in a new place, fill a place that no step fills yet, or let a person confirm something. */
export function addStep(model) {
  const { tree } = model, used = new Set((tree.sections ?? []).flatMap((s) => (s.steps ?? []).map((x) => x.place)));
  const free = (tree.places ?? []).filter((p) => !used.has(p.id)), all = { id: null };
  all.steps = (tree.sections ?? []).flatMap((s) => s.steps ?? []);
  return ask(t('Add a step'), (done) => {
    const words = el('input', { type: 'text', maxlength: 60, id: 'confirm-words' });
    const itemName = (p) => wordsOf(tree.items?.find((i) => i.id === p.item)?.name, p.item);
    return [
      free.length ? el('h3', {}, t('A place that no step fills yet')) : null,
      el('div', { class: 'choices' }, free.map((p) => el('button', { onclick: () => done({ ops: [], step: { place: p.id } }) }, `${itemName(p)}${p.count > 1 ? ` × ${p.count}` : ''} (${p.id.replace('-{n}', '')})`))),
      el('h3', {}, t('Lay a thing in a new place')),
      el('div', { class: 'choices' }, (tree.items ?? []).map((i) => el('button', { onclick: () => done(newPlace(model, i)) }, wordsOf(i.name, i.id)))),
      el('h3', {}, t('Something the person does and confirms')),
      el('form', { onsubmit: (e) => { e.preventDefault(); if (words.value.trim()) done(newConfirm(words.value.trim(), all.steps)); } },
        el('label', { class: 'field' }, el('span', { class: 'label' }, t('Words')), words),
        el('div', { class: 'row end' }, el('button', { class: 'primary' }, t('Add'))))].filter(Boolean);
  });
}

function newPlace(model, item) {
  const carrier = model.tree.carriers?.[0];
  const place = { id: freeKey(item.id, model.tree.places), ...(carrier ? { carrier: carrier.id } : {}), item: item.id,
    x_mm: carrier ? 0 : 100, y_mm: carrier ? 0 : 100, z_mm: 0 };
  return { ops: [{ insert: 'places', at: -1, group: place }], step: { place: place.id, text: {} } };
}

function newConfirm(words, steps) {
  return { ops: [], step: { kind: 'confirm', id: freeKey(words, steps), text: { [session.language]: words } } };
}
