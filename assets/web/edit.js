// The studio's page: steps on the left, the bench in the middle, what is selected on the right.

import { account, begin, byId, el, post, say, sayError, session, t, wordsOf, get } from '/static/common.js';
import { Model, elementPath, fills, indexOfPlace, lookUp } from '/static/model.js';
import { Bench } from '/static/bench.js';
import { Steps } from '/static/steps.js';
import { Panel } from '/static/panel.js';
import { Lists } from '/static/lists.js';
import { chooseItem, chooseStep, newBin, newCarrier, newItem, newPlace, newSection, newVariant } from '/static/create.js';
import { conflict, pictures, showDiff, sounds } from '/static/dialogs.js';

const STALE_EVERY_MS = 4000;
const PROJECT_MS = 200;
const id = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const model = new Model(id);
let bench, steps, lists, panel, selected = '', conflictOpen = false;

// ---- what is selected ----

/** A step stands for its place; a place on the bench stands for itself. */
function placeOf(path) {
  const step = path.includes('.steps[') ? lookUp(model.tree, path) : null;
  const i = step ? indexOfPlace(model.tree.places, step.place) : -1;
  return i >= 0 ? elementPath('places', model.tree.places, i) : path;
}

function stepOf(path) {
  const place = path.startsWith('places[') ? lookUp(model.tree, path) : null;
  for (const [i, s] of (place ? model.tree.sections ?? [] : []).entries()) {
    const k = (s.steps ?? []).findIndex((x) => fills(model.tree.places, x, place));
    if (k >= 0) return elementPath(`${elementPath('sections', model.tree.sections, i)}.steps`, s.steps, k);
  }
  return path;
}

function select(path) {
  selected = path;
  steps.selected = stepOf(path);
  panel.selected = steps.selected.includes('.steps[') ? steps.selected : path;
  lists.selected = path;
  steps.draw();
  lists.draw();
  panel.draw();
  bench.select(placeOf(path), true);
  project();
}

// ---- problems where they belong ----

function problemOf(path) {
  let worst = null;
  for (const p of model.view.problems ?? []) {
    const about = p.path === path || (path.includes('.steps[') && p.path === placeOf(path));
    if (about && worst !== 'error') worst = p.warning ? 'warning' : 'error';
  }
  return worst;
}

function drawProblems() {
  const list = model.view.problems ?? [];
  byId('problems').replaceChildren(...(list.length === 0 ? [el('li', { class: 'good' }, t('All is well: nothing to mend.'))]
    : list.map((p) => el('li', { class: p.warning ? 'warning' : 'error' },
      el('span', {}, el('strong', {}, p.warning ? t('Warning') : t('Error')), ' ', p.text, ' ', el('span', { class: 'remedy' }, p.remedy)),
      p.path ? el('button', { class: 'quiet', onclick: () => { select(p.path); panel.focusFirst(); } }, t('Show it'))
        : el('span', { class: 'note' }, `${p.file}:${p.line}`)))));
}

// ---- drawing it all ----

function draw() {
  byId('title').textContent = wordsOf(model.tree.name, id);
  document.title = `${wordsOf(model.tree.name, id)} – Lichtwijzer`;
  byId('undo').disabled = model.groups.length === 0;
  byId('redo').disabled = model.undone.length === 0;
  byId('save').disabled = !model.dirty || conflictOpen;
  byId('saved').textContent = model.dirty ? t('Not saved yet') : t('Saved');
  byId('saved').classList.toggle('dirty', model.dirty);
  byId('state').value = model.tree.state ?? 'draft';
  drawProblems();
  drawLook();
  steps.draw();
  lists.draw();
  if (typing()) panel.drawProblems();
  else panel.draw();
  if (!bench.drag) bench.draw();
}

/** While words are typed the fields stay as they are; they are drawn anew afterwards. */
function typing() {
  const at = document.activeElement;
  return at?.type === 'text' && byId('panel').contains(at);
}

function drawLook() {
  const now = byId('look').value;
  const options = [['', t('the whole bench')], ...model.kit.carriers.filter((c) => c.id !== 'bench').map((c) => [c.id,
    wordsOf(model.tree.carriers?.find((x) => x.id === c.id)?.name, c.id)])];
  byId('look').replaceChildren(...options.map(([value, words]) => el('option', { value, selected: value === now }, words)));
}

function look(carrierId) {
  const c = model.kit.carriers.find((x) => x.id === carrierId);
  const side = c ? Math.hypot(c.width_mm, c.depth_mm) / 2 : 0, straight = c && Math.abs(Math.sin(c.home[2] * Math.PI / 90)) < 0.2;
  const w = straight ? c.width_mm / 2 + 25 : side, d = straight ? c.depth_mm / 2 + 25 : side;
  bench.look(c ? { x: c.home[0] - w, y: c.home[1] - d, width: 2 * w, height: 2 * d } : null);
}

// ---- the selection, shown on the bench itself ----

let projectTimer;
function project() {
  clearTimeout(projectTimer);
  if (!byId('project').checked) return;
  projectTimer = setTimeout(async () => {
    const outlines = [], thing = bench.thing(placeOf(selected));
    const onBench = (x) => x.local.map((p) => {
      const [sx, sy] = bench.onScreen(x, p);
      return [sx, bench.depth - sy, x.z];
    }).slice(0, 128);
    if (thing) outlines.push({ points: onBench(thing), source: thing.kind === 'bin' });
    const item = (model.tree.items ?? []).find((i) => i.id === thing?.item);
    const bin = bench.things().find((x) => x.kind === 'bin' && x.id === item?.bin);
    if (bin) outlines.push({ points: onBench(bin), source: true });
    const words = selected.includes('.steps[') || thing?.kind === 'place' ? wordsOf(lookUp(model.tree, stepOf(selected))?.text) : '';
    await post('/api/project', { outlines, text: words }).catch((error) => { byId('project').checked = false; sayError(error); });
  }, PROJECT_MS);
}

async function projectToggled() {
  if (byId('project').checked) project();
  else await post('/api/project', { outlines: [], text: '' }).catch(() => {});
}

// ---- saving, and others who save ----

async function save() {
  if (!model.dirty || conflictOpen) return;
  document.activeElement?.blur?.();
  if (await model.save()) say(t('Saved.'));
}

async function resolveConflict() {
  if (conflictOpen) return;
  conflictOpen = true;
  byId('save').disabled = true;
  try {
    if (await model.isStale()) await conflict(model);
  } catch (error) {
    sayError(error);
  } finally {
    conflictOpen = false;
  }
  draw();
}

async function lookForOthers() {
  if (document.hidden || conflictOpen) return;
  await lookAtBench().catch(() => {});
  const stale = await model.isStale().catch(() => false);
  if (!stale) return;
  if (model.dirty) resolveConflict();
  else { await model.load(); say(t('Somebody else saved this workflow; you see it as it is now.')); }
}

/** A kit that is begun or ended meanwhile; a bench that was calibrated. */
async function lookAtBench() {
  const { bench: now } = await get('/api/state');
  session.bench = now;
  byId('project').disabled = !now.calibrated || now.packing;
  if (now.packing) byId('project').checked = false;
}

// ---- adding and removing ----

/** Something new: written, checked, and shown as what is selected. */
async function add(made) {
  if (!made) return;
  model.edit(made.ops);
  await model.check();
  select(made.path);
  panel.focusFirst();
}

async function addStep(sectionPath) {
  const made = await chooseStep(model);
  if (!made) return;
  if (made.item) { await add(await newPlace(model, bench, made.item, sectionPath)); return; }
  model.edit([{ insert: `${sectionPath}.steps`, at: -1, group: made.step }]);
  await model.check();
  const list = lookUp(model.tree, sectionPath)?.steps ?? [];
  if (list.length) select(elementPath(`${sectionPath}.steps`, list, list.length - 1));
  panel.focusFirst();
}

/** The section that is worked at: that of the selected step, else the last one. */
function sectionNow() {
  const all = model.tree.sections ?? [], at = steps.selected.match(/^sections\[[^\]]*\]/)?.[0];
  return at && lookUp(model.tree, at) ? at : all.length ? elementPath('sections', all, all.length - 1) : '';
}

async function addPlace(item) {
  const which = item ?? await chooseItem(model);
  if (which) await add(await newPlace(model, bench, which, sectionNow()));
}

const makers = { items: newItem, bins: newBin, carriers: newCarrier, variants: newVariant };

/** A place goes with the steps that fill it. */
function remove(path) {
  const ops = [], place = path.startsWith('places[') ? lookUp(model.tree, path) : null;
  for (const [i, s] of (place ? model.tree.sections ?? [] : []).entries()) {
    const list = `${elementPath('sections', model.tree.sections, i)}.steps`;
    for (let k = (s.steps ?? []).length - 1; k >= 0; k--) if (fills(model.tree.places, s.steps[k], place)) ops.push({ remove: `${list}[#${k}]` });
  }
  select('');
  model.edit([...ops, { remove: path }]);
  say(t('Removed. Undo brings it back.'));
}

async function choosePicture({ path, owner }) {
  const thing = bench.thing(placeOf(selected));
  const file = await pictures(model, bench, thing, owner);
  if (file !== undefined) { model.edit([{ set: path, to: file }]); panel.draw(); }
}

async function addFrame({ path, owner }) {
  const file = await pictures(model, bench, bench.thing(placeOf(selected)), owner);
  if (file) { model.edit([{ set: path, to: [...(lookUp(model.tree, path) ?? []), file] }]); panel.draw(); }
}

async function chooseSound({ path, owner }) {
  const file = await sounds(model, owner);
  if (file) { model.edit([{ set: path, to: file }]); panel.draw(); }
}

// ---- beginning ----

function wire() {
  bench.problemOf = steps.problemOf = lists.problemOf = problemOf;
  model.addEventListener('change', draw);
  model.addEventListener('stale', resolveConflict);
  model.addEventListener('trouble', (e) => sayError(e.detail));
  bench.addEventListener('select', (e) => select(e.detail));
  bench.addEventListener('open', () => panel.focusFirst());
  bench.addEventListener('moved', (e) => { say(bench.describe(e.detail)); project(); });
  steps.addEventListener('select', (e) => select(e.detail));
  steps.addEventListener('open', () => panel.focusFirst());
  steps.addEventListener('moved', (e) => say(t('Now number %s.', e.detail)));
  steps.addEventListener('add', (e) => addStep(e.detail).catch(sayError));
  lists.addEventListener('select', (e) => select(e.detail));
  lists.addEventListener('add', (e) => makers[e.detail](model, bench).then(add).catch(sayError));
  panel.addEventListener('picture', (e) => choosePicture(e.detail).catch(sayError));
  panel.addEventListener('frame', (e) => addFrame(e.detail).catch(sayError));
  panel.addEventListener('sound', (e) => chooseSound(e.detail).catch(sayError));
  panel.addEventListener('place-for', (e) => addPlace(e.detail).catch(sayError));
  panel.addEventListener('remove', (e) => remove(e.detail));
  byId('panel').addEventListener('focusout', () => setTimeout(() => { if (!typing() && !byId('panel').contains(document.activeElement)) panel.draw(); }));
  byId('undo').onclick = () => model.undo();
  byId('redo').onclick = () => model.redo();
  byId('save').onclick = save;
  byId('diff').onclick = () => showDiff(model).catch(sayError);
  byId('add-section').onclick = () => newSection(model).then(add).catch(sayError);
  byId('add-place').onclick = () => addPlace().catch(sayError);
  byId('state').onchange = () => model.edit([{ set: 'state', to: byId('state').value }]);
  byId('look').onchange = () => look(byId('look').value);
  byId('grid').value = '1';
  byId('grid').onchange = () => { bench.grid = Number(byId('grid').value); };
  byId('neighbours').onchange = () => { bench.neighbours = byId('neighbours').checked; };
  byId('project').onchange = projectToggled;
  window.addEventListener('keydown', shortcuts);
  let stays = false; // another language of the same page: nothing is left
  window.addEventListener('lichtwijzer:language', () => { stays = true; });
  window.addEventListener('beforeunload', (e) => { if (model.dirty && !stays) e.preventDefault(); });
  setInterval(lookForOthers, STALE_EVERY_MS);
}

function shortcuts(e) {
  if (!(e.ctrlKey || e.metaKey) || byId('dialog').open) return;
  const key = e.key.toLowerCase();
  const inText = document.activeElement?.type === 'text';
  if (key === 's') save();
  else if (key === 'z' && !inText) (e.shiftKey ? model.redo() : model.undo());
  else if (key === 'y' && !inText) model.redo();
  else return;
  e.preventDefault();
}

async function loadOutlines() {
  bench.outlines = (await get(`/api/outlines/${id}`)).outlines;
  if (!bench.drag) bench.draw();
}

/** Comparing all taught pictures may take seconds: what is found comes when it is there. */
async function lookAlikes() {
  const { found } = await get(`/api/alike/${id}`);
  if (found > 0 && session.role === 'coach') await model.check();
}

async function main() {
  const [me] = await Promise.all([begin(), model.load()]);
  account(byId('account'));
  bench = new Bench(model, me.bench);
  steps = new Steps(model);
  lists = new Lists(model);
  panel = new Panel(model, bench);
  wire();
  if (me.role === 'coach') bench.live.start(); // who is at the bench is for the coach alone
  else document.body.classList.add('read-only');
  byId('project').disabled = !me.bench.calibrated || me.bench.packing;
  const kept = await model.recall();
  draw();
  loadOutlines().then(lookAlikes).catch(sayError);
  if (kept === 'restored') say(t('What you had not saved yet is here again.'));
  if (kept === 'stale') resolveConflict();
}

main().catch(sayError);
