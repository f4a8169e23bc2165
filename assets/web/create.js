// New things of a workflow: asked for in a dialog, drawn on the bench, and written as a person would write them.

import { el, session, t, wordsOf } from '/static/common.js';
import { LANGUAGES } from '/static/fields.js';
import { ask } from '/static/dialogs.js';
import { drawRectangle } from '/static/draw.js';
import { fills } from '/static/model.js';

const WORDS_MAX = 60;
const round = (v) => Math.round(v * 10) / 10;

export function freeKey(words, list, otherwise = 'step') {
  const taken = new Set((list ?? []).map((e) => e.id));
  const begin = words.toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 50) || otherwise;
  for (let n = 1; ; n++) {
    const key = n === 1 ? begin : `${begin}-${n}`;
    if (!taken.has(key)) return key;
  }
}

/** A name in each language, the reader's own first; { nl, en } or undefined. `more`: other fields, filled into the answer. */
function askName(title, more = []) {
  const order = [...LANGUAGES].sort((a, b) => (b[0] === session.language) - (a[0] === session.language));
  return ask(title, (done) => {
    const inputs = order.map(([code, name], i) => [code, name, el('input', { type: 'text', lang: code, maxlength: WORDS_MAX, required: i === 0, autocomplete: 'off' })]);
    const submit = (e) => {
      e.preventDefault();
      const name = Object.fromEntries(LANGUAGES.map(([code]) => [code, inputs.find((x) => x[0] === code)[2].value.trim()]).filter(([, words]) => words));
      if (Object.keys(name).length) done({ name, ...Object.fromEntries(more.map((f) => [f.key, f.input.value])) });
    };
    return [el('form', { onsubmit: submit }, inputs.map(([, name, input]) => field(`${t('Name')}, ${t(name)}`, input)),
      more.map((f) => field(f.label, f.input)), el('div', { class: 'row end' }, el('button', { class: 'primary' }, t('Go on'))))];
  });
}

function field(label, input) {
  return el('label', { class: 'field' }, el('span', { class: 'label' }, label), input);
}

const anyWords = (name) => wordsOf(name, 'new');

// ---- things, bins, cases, variants, sections ----

/** Each gives { ops, path } or undefined. */
export async function newItem(model) {
  const bins = (model.tree.bins ?? []).map((b) => [b.id, wordsOf(b.name, b.id)]);
  const bin = el('select', {}, [['', t('nowhere special')], ...bins].map(([value, words]) => el('option', { value }, words)));
  const height = el('input', { type: 'number', min: 0, max: 1000, step: 'any', value: 0 });
  const made = await askName(t('A new thing'), [{ key: 'bin', label: t('Taken from'), input: bin }, { key: 'height', label: `${t('Height')} (mm)`, input: height }]);
  if (!made) return undefined;
  const id = freeKey(anyWords(made.name), model.tree.items, 'thing');
  const group = { id, name: made.name, ...(made.bin ? { bin: made.bin } : {}), height_mm: Number(made.height) || 0 };
  return { ops: [{ insert: 'items', at: -1, group }], path: `items[${id}]` };
}

export async function newBin(model, bench) {
  const made = await askName(t('A new bin'));
  const box = made && await drawRectangle(bench, t('Draw round the bin'));
  if (!box) return undefined;
  const id = freeKey(anyWords(made.name), model.tree.bins, 'bin'), [x0, y0, x1, y1] = box;
  return { ops: [{ insert: 'bins', at: -1, group: { id, name: made.name, outline: [x0, y0, x1, y0, x1, y1, x0, y1], z_mm: 0 } }], path: `bins[${id}]` };
}

export async function newCarrier(model, bench) {
  const made = await askName(t('A new case or tray'));
  const box = made && await drawRectangle(bench, t('Draw round the case or tray'));
  if (!box) return undefined;
  const id = freeKey(anyWords(made.name), model.tree.carriers, 'tray'), [x0, y0, x1, y1] = box;
  const group = { id, name: made.name, width_mm: round(Math.max(10, x1 - x0)), depth_mm: round(Math.max(10, y1 - y0)), height_mm: 0,
    home: { x_mm: round((x0 + x1) / 2), y_mm: round((y0 + y1) / 2) } };
  return { ops: [{ insert: 'carriers', at: -1, group }], path: `carriers[${id}]` };
}

export async function newVariant(model) {
  const made = await askName(t('A new variant'));
  if (!made) return undefined;
  const id = freeKey(anyWords(made.name), model.tree.variants, 'variant');
  return { ops: [{ insert: 'variants', at: -1, group: { id, name: made.name } }], path: `variants[${id}]` };
}

export async function newSection(model) {
  const made = await askName(t('A new section'));
  if (!made) return undefined;
  const id = freeKey(anyWords(made.name), model.tree.sections, 'section');
  return { ops: [{ insert: 'sections', at: -1, group: { id, name: made.name, steps: [] } }], path: `sections[${id}]` };
}

// ---- places ----

/** The smallest carrier that lies under a point; null: the bench. */
function carrierUnder(kit, x, y) {
  const inside = (c) => {
    const a = (-c.home[2] * Math.PI) / 180, dx = x - c.home[0], dy = y - c.home[1];
    return Math.abs(dx * Math.cos(a) - dy * Math.sin(a)) <= c.width_mm / 2 && Math.abs(dx * Math.sin(a) + dy * Math.cos(a)) <= c.depth_mm / 2;
  };
  return kit.carriers.filter((c) => c.id !== 'bench' && inside(c)).sort((a, b) => a.width_mm * a.depth_mm - b.width_mm * b.depth_mm)[0] ?? null;
}

/** The ground's height that most places of the carrier have. */
function usualGround(kit, carrier) {
  const count = new Map();
  for (const p of kit.places.filter((x) => x.carrier === (carrier?.id ?? 'bench'))) count.set(p.z_mm, (count.get(p.z_mm) ?? 0) + 1);
  return [...count].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function placeGroup(model, item, [x0, y0, x1, y1], taught) {
  const x = (x0 + x1) / 2, y = (y0 + y1) / 2, carrier = carrierUnder(model.kit, x, y), angle = carrier?.home[2] ?? 0;
  const a = (-angle * Math.PI) / 180, dx = x - (carrier?.home[0] ?? 0), dy = y - (carrier?.home[1] ?? 0);
  const w = (x1 - x0) / 2, d = (y1 - y0) / 2;
  return { id: freeKey(item.id, model.tree.places), ...(carrier ? { carrier: carrier.id } : {}), item: item.id,
    x_mm: round(dx * Math.cos(a) - dy * Math.sin(a)), y_mm: round(dx * Math.sin(a) + dy * Math.cos(a)),
    ...(Math.abs(angle) > 0.05 ? { angle_deg: round(-angle) } : {}), z_mm: usualGround(model.kit, carrier),
    ...(taught ? {} : { outline: [-w, -d, w, -d, w, d, -w, d].map(round) }) };
}

export function chooseItem(model) {
  const items = model.tree.items ?? [];
  return ask(t('Which thing belongs there?'), (done) => [
    el('div', { class: 'choices' }, items.map((i) => el('button', { onclick: () => done(i) }, wordsOf(i.name, i.id)))),
    items.length ? null : el('p', {}, t('There is no thing yet: add one first, under Things.'))].filter(Boolean));
}

/** A place drawn on the bench, and the step that fills it at the end of the section. */
export async function newPlace(model, bench, item, sectionPath) {
  const box = await drawRectangle(bench, t('Draw where it belongs: %s', wordsOf(item.name, item.id)));
  if (!box) return undefined;
  const group = placeGroup(model, item, box, Boolean(bench.outlines[item.id]));
  const ops = [{ insert: 'places', at: -1, group }];
  if (sectionPath) ops.push({ insert: `${sectionPath}.steps`, at: -1, group: { place: group.id } });
  return { ops, path: `places[${group.id}]` };
}

// ---- steps ----

/** A step: lay a thing in a new place, fill a place that no step fills yet, or let a person confirm something. Gives
 * { item }, or { step } as it is written. */
export function chooseStep(model) {
  const { tree } = model, all = (tree.sections ?? []).flatMap((s) => s.steps ?? []);
  const free = (tree.places ?? []).filter((p) => !all.some((x) => fills(tree.places, x, p)));
  return ask(t('Add a step'), (done) => {
    const words = el('input', { type: 'text', maxlength: WORDS_MAX, id: 'confirm-words', autocomplete: 'off' });
    const itemName = (p) => wordsOf(tree.items?.find((i) => i.id === p.item)?.name, p.item);
    const confirm = () => ({ step: { kind: 'confirm', id: freeKey(words.value, all), text: { [session.language]: words.value.trim() } } });
    return [
      free.length ? el('h3', {}, t('A place that no step fills yet')) : null,
      el('div', { class: 'choices' }, free.map((p) => el('button', { onclick: () => done({ step: { place: p.id } }) },
        `${itemName(p)}${p.count > 1 ? ` × ${p.count}` : ''} (${p.id.replace('-{n}', '')})`))),
      el('h3', {}, t('Lay a thing in a new place')),
      (tree.items ?? []).length ? el('div', { class: 'choices' }, tree.items.map((i) => el('button', { onclick: () => done({ item: i }) }, wordsOf(i.name, i.id))))
        : el('p', {}, t('There is no thing yet: add one first, under Things.')),
      el('h3', {}, t('Something the person does and confirms')),
      el('form', { onsubmit: (e) => { e.preventDefault(); if (words.value.trim()) done(confirm()); } }, field(t('Words'), words),
        el('div', { class: 'row end' }, el('button', { class: 'primary' }, t('Add'))))].filter(Boolean);
  });
}
