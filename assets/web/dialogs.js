// Questions that need an answer: what changed, two people, pictures, sounds.

import { byId, el, get, pictureUrl, post, say, sayError, session, t } from '/static/common.js';
import { drawRectangle } from '/static/draw.js';

const UPLOAD_MAX = 20000000; // as the station takes it
const MARGIN_MM = 15;
const DRAW = Symbol('draw'); // the answer: first draw round it

/** Opens the one dialog; build(done) gives its content, done(value) closes it. */
export function ask(title, build) {
  const dialog = byId('dialog');
  return new Promise((resolve) => {
    const done = (value) => { dialog.onclose = null; dialog.close(); dialog.replaceChildren(); resolve(value); };
    dialog.onclose = () => done(undefined);
    dialog.replaceChildren(el('div', { class: 'dialog-head' }, el('h2', { id: 'dialog-title' }, title),
      el('button', { class: 'icon', 'aria-label': t('Close'), onclick: () => done(undefined) }, '×')), ...build(done));
    dialog.showModal();
    dialog.querySelector('form input, form select')?.focus(); // what is asked for, rather than the way out
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

/** A file of the reader's own computer; the browser's own button would speak the browser's language. */
function fileField(label, accept, chosen) {
  const input = el('input', { type: 'file', accept, class: 'hear', onchange: () => { if (input.files[0]) chosen(input.files[0]); } });
  return el('label', { class: 'button file' }, label, input);
}

// ---- pictures ----

/** A file's name in the folder, '' for none, undefined when nothing was chosen. */
export async function pictures(model, bench, thing, owner) {
  const there = (await get(`/api/pictures/${model.id}`)).pictures.sort();
  const chosen = await ask(t('Picture of %s', owner), (done) => {
    const file = fileField(t('From a file (PNG or JPEG, at most 20 MB)'), 'image/png,image/jpeg', (f) => upload(model, 'picture', f, owner).then(done, sayError));
    const camera = el('button', { onclick: () => (thing ? photograph(model, edgeOf(bench, thing), thing.z, owner).then(done, sayError) : done(DRAW)) },
      thing ? t('Take it with the camera, as it lies there now') : t('Take it with the camera: draw round it on the bench'));
    return [el('div', { class: 'choices' }, file, session.bench.calibrated ? camera : null),
      el('h3', {}, t('Pictures of this workflow')),
      el('div', { class: 'gallery' }, there.map((name) => el('button', { onclick: () => done(name), 'aria-label': name },
        el('img', { src: pictureUrl(model.id, name), alt: '', loading: 'lazy' }), el('span', {}, name.split('/').pop())))),
      el('div', { class: 'row end' }, el('button', { class: 'quiet', onclick: () => done(null) }, t('No picture')))].filter(Boolean);
  });
  if (chosen !== DRAW) return chosen;
  const box = await drawRectangle(bench, t('Draw round it for the picture'));
  return box && photograph(model, box, 0, owner);
}

async function upload(model, kind, file, owner) {
  if (file.size > UPLOAD_MAX) throw new Error(t('That file is larger than 20 MB.'));
  return (await post(`/api/${kind}/${model.id}?name=${encodeURIComponent(owner)}`, file)).file;
}

/** What is pictured of a thing on the bench: a little more than its outline. */
function edgeOf(bench, thing) {
  const points = thing.local.map((p) => bench.onScreen(thing, p)).map(([x, y]) => [x, bench.depth - y]);
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  return [Math.min(...xs) - MARGIN_MM, Math.min(...ys) - MARGIN_MM, Math.max(...xs) + MARGIN_MM, Math.max(...ys) + MARGIN_MM];
}

async function photograph(model, rectangle, z, owner) {
  return (await post(`/api/camera/${model.id}`, { name: owner, rectangle, z_mm: z ?? 0 })).file;
}

// ---- sounds ----

/** As pictures(). */
export async function sounds(model, owner) {
  const there = (await get(`/api/sounds/${model.id}`)).sounds.sort();
  return ask(t('Sound of %s', owner), (done) => {
    return [el('div', { class: 'choices' }, fileField(t('From a file (WAV or OGG, at most 20 MB)'), 'audio/wav,audio/ogg,.wav,.ogg',
      (f) => upload(model, 'sound', f, owner).then(done, sayError))),
      there.length ? el('h3', {}, t('Sounds of this workflow')) : null,
      el('ul', {}, there.map((name) => el('li', { class: 'row' }, el('audio', { controls: true, preload: 'none', src: pictureUrl(model.id, name), 'aria-label': name }),
        el('button', { onclick: () => done(name) }, name.split('/').pop()))))].filter(Boolean);
  });
}

// ---- one line ----

export function chooseLabel(title, label, value = '') {
  return ask(title, (done) => {
    const input = el('input', { type: 'text', value, required: true, maxlength: 60 });
    return [el('form', { onsubmit: (e) => { e.preventDefault(); done(input.value.trim()); } },
      el('label', { class: 'field' }, el('span', { class: 'label' }, label), input),
      el('div', { class: 'row end' }, el('button', { class: 'primary' }, t('Go on'))))];
  });
}
