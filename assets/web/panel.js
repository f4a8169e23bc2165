// What is selected, as fields: words in each language with the picture beside, sizes, places. Every drag has its field here.

import { byId, el, pictureUrl, t, wordsOf } from '/static/common.js';
import { elementPath, lookUp } from '/static/model.js';
import { bounds, normal, scaled } from '/static/bench.js';

export const LANGUAGES = [['nl', 'Dutch'], ['en', 'English']];
const WORDS_MAX = 60; // what fits beside a place

export class Panel extends EventTarget {
  constructor(model, bench) {
    super();
    this.model = model;
    this.bench = bench;
    this.root = byId('panel');
    this.selected = '';
  }

  /** Only when something of it changed, or a field holds what can't be taken over. */
  draw(anyway = false) {
    const shown = JSON.stringify([this.selected, this.tree, this.model.view.problems, this.bench.thing(this.selected)]);
    if (shown === this.shown && !anyway) return;
    this.shown = shown;
    const active = document.activeElement, key = active?.dataset?.key;
    const at = key && active.selectionStart;
    this.root.replaceChildren(...this.content());
    const again = key && this.root.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!again) return;
    again.focus({ preventScroll: true });
    if (Number.isInteger(at)) try { again.setSelectionRange(at, at); } catch { /* a number has no selection */ }
  }

  get tree() { return this.model.tree; }

  content() {
    const path = this.selected, element = lookUp(this.tree, path);
    if (!path || !element) return this.workflow();
    if (path.includes('.steps[')) return this.step(path, element);
    const kind = path.split('[')[0];
    return { sections: () => this.section(path, element), places: () => this.placeAndItem(path, element),
      bins: () => this.bin(path, element), carriers: () => this.carrier(path, element),
      items: () => this.item(path, element) }[kind]?.() ?? this.workflow();
  }

  // ---- fields ----

  group(title, path, ...fields) {
    return el('fieldset', {}, el('legend', {}, title), this.problems(path), ...fields);
  }

  /** What the checker says of just this. */
  problems(path) {
    const list = (this.model.view.problems ?? []).filter((p) => p.path === path && path);
    return list.length === 0 ? null : el('ul', { class: 'problems' }, list.map((p) => el('li', { class: p.warning ? 'warning' : 'error' },
      el('strong', {}, p.warning ? t('Warning') : t('Error')), ' ', p.text, ' ', el('span', { class: 'remedy' }, p.remedy))));
  }

  field(label, input, note) {
    return el('label', { class: 'field' }, el('span', { class: 'label' }, label), input, note ? el('span', { class: 'note' }, note) : null);
  }

  number(label, path, otherwise = 0, { min, max, step = 1, unit = 'mm' } = {}) {
    const input = el('input', { type: 'number', value: lookUp(this.tree, path) ?? otherwise, min, max, step: 'any', 'data-key': path,
      onchange: () => {
        const value = Number(input.value);
        if (input.value === '' || !Number.isFinite(value)) { this.draw(true); return; }
        this.model.edit([{ set: path, to: value }], path);
      },
      onkeydown: (e) => {
        if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown') return;
        e.preventDefault();
        const by = (e.key === 'ArrowUp' ? 1 : -1) * step * (e.shiftKey ? 10 : 1);
        input.value = Math.round((Number(input.value) + by) * 10) / 10;
        this.model.edit([{ set: path, to: Number(input.value) }], path);
      } });
    return this.field(label, el('span', { class: 'with-unit' }, input, el('span', { class: 'unit' }, unit)));
  }

  words(label, path, max = WORDS_MAX) {
    return LANGUAGES.map(([code, name]) => {
      const value = lookUp(this.tree, path)?.[code] ?? '', key = `${path}.${code}`;
      const count = el('span', { class: 'note', 'aria-hidden': 'true' }, `${[...value].length} / ${max}`);
      const input = el('input', { type: 'text', lang: code, value, 'data-key': key, maxlength: 400, autocomplete: 'off',
        oninput: () => {
          count.textContent = `${[...input.value].length} / ${max}`;
          count.classList.toggle('over', [...input.value].length > max);
          this.model.edit([{ words: path, language: code, to: input.value }], key);
        } });
      count.classList.toggle('over', [...value].length > max);
      return this.field(`${label}, ${t(name)}`, input, count);
    });
  }

  toggle(label, path, otherwise) {
    const input = el('input', { type: 'checkbox', checked: lookUp(this.tree, path) ?? otherwise, 'data-key': path,
      onchange: () => this.model.edit([{ set: path, to: input.checked }]) });
    return el('label', { class: 'check' }, input, el('span', {}, label));
  }

  choice(label, path, options, otherwise) {
    const value = lookUp(this.tree, path) ?? otherwise;
    const input = el('select', { 'data-key': path, onchange: () => this.model.edit([{ set: path, to: input.value }]) },
      options.map(([id, words]) => el('option', { value: id, selected: id === value }, words)));
    return this.field(label, input);
  }

  named(list, otherwise = []) {
    return [...otherwise, ...(this.tree[list] ?? []).map((e) => [e.id, wordsOf(e.name, e.id)])];
  }

  picture(path, owner) {
    const file = lookUp(this.tree, path);
    return el('div', { class: 'picture' },
      file ? el('img', { src: pictureUrl(this.model.id, file), alt: t('Picture of %s', owner) })
        : el('div', { class: 'empty' }, t('No picture yet')),
      el('button', { class: 'quiet', 'data-key': `${path} button`, onclick: () => this.tell('picture', { path, owner }) }, t('Change the picture')));
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  remove(path, words) {
    return el('div', { class: 'row end' }, el('button', { class: 'danger', onclick: () => this.tell('remove', path) }, words));
  }

  // ---- what can be selected ----

  workflow() {
    const help = this.tree.help_after_s ?? [8, 20, 45];
    const times = [['Picture after', 0], ['Animation after', 1], ['Call for the coach after', 2]].map(([label, i]) => {
      const input = el('input', { type: 'number', min: 0, max: 3600, step: 'any', value: help[i], 'data-key': `help ${i}`,
        onchange: () => { const all = [...help]; all[i] = Math.max(0, Number(input.value) || 0); this.model.edit([{ set: 'help_after_s', to: all }]); } });
      return this.field(t(label), el('span', { class: 'with-unit' }, input, el('span', { class: 'unit' }, t('seconds'))));
    });
    return [el('h2', {}, t('The whole workflow')), this.group(t('Name'), '', ...this.words(t('Name'), 'name')),
      this.group(t('Help when nothing happens'), '', ...times, el('p', { class: 'note' }, t('0 means never.'))),
      el('p', { class: 'hint' }, t('Choose a step, or a place on the bench, to change it here.'))];
  }

  section(path, s) {
    return [el('h2', {}, wordsOf(s.name, s.id)), this.group(t('Section'), path, ...this.words(t('Name'), `${path}.name`)),
      (this.tree.sections ?? []).length > 1 ? this.remove(path, t('Remove this section')) : null];
  }

  step(path, s) {
    const place = (this.tree.places ?? []).findIndex((p) => p.id === s.place);
    const item = (this.tree.items ?? []).find((x) => x.id === this.tree.places?.[place]?.item);
    const title = wordsOf(s.text) || wordsOf(item?.name) || s.id || t('Step');
    if (s.section) {
      return [el('h2', {}, t('Step')), this.group(t('Steps of another section'), path,
        this.choice(t('Section'), `${path}.section`, this.named('sections'))), this.remove(path, t('Remove this step'))];
    }
    if (s.kind && s.kind !== 'place') return [el('h2', {}, title), ...this.otherStep(path, s), this.remove(path, t('Remove this step'))];
    const beside = item ? this.picture(`items[${item.id}].picture`, wordsOf(item.name, item.id)) : null;
    const out = [el('h2', {}, title), el('div', { class: 'beside' }, this.group(t('What the person reads'), path,
      ...this.words(t('Words'), `${path}.text`), this.toggle(t('May be skipped without the coach'), `${path}.skippable`, false)), beside)];
    if (place >= 0) out.push(...this.placeFields(elementPath('places', this.tree.places, place), this.tree.places[place]));
    if (item) out.push(this.itemFields(`items[${item.id}]`, item));
    out.push(this.remove(path, t('Remove this step')));
    return out;
  }

  /** What the person does and confirms: nothing lies there for the camera to check. */
  otherStep(path, s) {
    const kinds = [['confirm', t('Confirm something')], ['take', t('Take a thing')], ['open', t('Open')], ['close', t('Close it')],
      ['turn', t('Turn over')], ['weigh', t('Weigh')], ['scan', t('Scan a code')]];
    const about = { take: 'item', weigh: 'item', scan: 'item', open: 'carrier', close: 'carrier', turn: 'carrier' }[s.kind];
    return [this.group(t('What the person does'), path, this.choice(t('Kind'), `${path}.kind`, kinds, 'confirm'),
      about === 'item' ? this.choice(t('Thing'), `${path}.item`, this.named('items', s.item ? [] : [['', '–']]), '') : null,
      about === 'carrier' ? this.choice(t('Case or tray'), `${path}.carrier`, this.named('carriers', s.carrier ? [] : [['', '–']]), '') : null,
      s.kind === 'weigh' ? this.number(t('Weight'), `${path}.weight_g`, 0, { min: 0, unit: 'g' }) : null,
      ...this.words(t('Words'), `${path}.text`), this.toggle(t('May be skipped without the coach'), `${path}.skippable`, false)),
    this.picture(`${path}.picture`, wordsOf(s.text, s.id))];
  }

  placeAndItem(path, p) {
    const item = (this.tree.items ?? []).find((x) => x.id === p.item);
    const out = [el('h2', {}, wordsOf(item?.name, p.id))];
    if (item) out.push(this.picture(`items[${item.id}].picture`, wordsOf(item.name, item.id)));
    out.push(...this.placeFields(path, p));
    if (item) out.push(this.itemFields(`items[${item.id}]`, item));
    return out;
  }

  placeFields(path, p) {
    const thing = this.bench.thing(path);
    return [this.group(t('Where it belongs'), path,
      el('div', { class: 'pair' }, this.number(t('To the right (x)'), `${path}.x_mm`), this.number(t('Away from you (y)'), `${path}.y_mm`)),
      el('div', { class: 'pair' }, this.angle(path, p), this.number(t('Height of the ground'), `${path}.z_mm`, 0, { min: 0, max: 1000 })),
      this.choice(t('In'), `${path}.carrier`, this.named('carriers', [['bench', t('the bench')]]), 'bench'),
      this.choice(t('Thing'), `${path}.item`, this.named('items')),
      thing ? this.outlineFields(path, thing) : null), p.count > 1 ? this.rowFields(path) : null].filter(Boolean);
  }

  /** Many places in one entry: how many, and how far from one to the next. */
  rowFields(path) {
    return this.group(t('A row of places'), '', this.number(t('How many'), `${path}.count`, 1, { min: 1, max: 500, unit: '' }),
      el('div', { class: 'pair' }, this.number(t('Next to the right'), `${path}.step.x_mm`), this.number(t('Next away from you'), `${path}.step.y_mm`)));
  }

  angle(path, p) {
    const input = el('input', { type: 'number', step: 'any', value: p.angle_deg ?? 0, 'data-key': `${path}.angle_deg`,
      onchange: () => this.model.edit([{ set: `${path}.angle_deg`, to: normal(Number(input.value) || 0) }]) });
    return this.field(t('Turned'), el('span', { class: 'with-unit' }, input, el('span', { class: 'unit' }, '°')));
  }

  /** The edge: as taught, or written down with a size of its own. */
  outlineFields(path, thing) {
    if (!thing.resizable) {
      return el('div', { class: 'outline' }, el('p', { class: 'note' }, thing.guessed ? t('It was not taught yet, so its edge is not known.')
        : t('The edge is that of the taught thing.')),
      el('button', { class: 'quiet', onclick: () => this.model.edit([{ set: `${path}.outline`, to: ownEdge(thing.local) }]) }, t('Draw an edge of my own')));
    }
    return el('div', { class: 'outline' }, this.size(path, thing, (points) => [{ set: `${path}.outline`, to: points.flat() }]),
      el('button', { class: 'quiet', onclick: () => this.model.edit([{ set: `${path}.outline`, to: null }]) }, t('Use the edge of the taught thing')));
  }

  size(path, thing, edits) {
    const [x0, y0, x1, y1] = bounds(thing.local), sizes = [x1 - x0, y1 - y0].map((v) => Math.round(v * 10) / 10);
    const input = (i, label) => {
      const box = el('input', { type: 'number', min: 1, step: 'any', value: sizes[i], 'data-key': `${path} size ${i}`, onchange: () => {
        const wanted = [...sizes];
        wanted[i] = Math.max(1, Number(box.value) || sizes[i]);
        this.model.edit(edits(scaled(thing.local, ...wanted)));
      } });
      return this.field(label, el('span', { class: 'with-unit' }, box, el('span', { class: 'unit' }, 'mm')));
    };
    return el('div', { class: 'pair' }, input(0, t('Width')), input(1, t('Depth')));
  }

  itemFields(path, item) {
    return this.group(t('The thing: %s', wordsOf(item.name, item.id)), path, ...this.words(t('Name'), `${path}.name`),
      this.choice(t('Taken from'), `${path}.bin`, this.named('bins', [['', t('nowhere special')]]), ''),
      el('div', { class: 'pair' }, this.number(t('Height'), `${path}.height_mm`, 0, { min: 0, max: 1000 }),
        this.number(t('May lie off by'), `${path}.tolerance_mm`, 4, { min: 0.5, max: 200 })),
      el('div', { class: 'pair' }, this.number(t('May be turned by'), `${path}.tolerance_deg`, 8, { min: 1, max: 180, unit: '°' })),
      this.toggle(t('It matters which way round it lies'), `${path}.orientation`, true));
  }

  item(path, item) {
    return [el('h2', {}, wordsOf(item.name, item.id)), this.picture(`${path}.picture`, wordsOf(item.name, item.id)), this.itemFields(path, item)];
  }

  bin(path, b) {
    const thing = this.bench.thing(path);
    return [el('h2', {}, wordsOf(b.name, b.id)), this.group(t('Bin'), path, ...this.words(t('Name'), `${path}.name`),
      thing ? this.position(path, thing) : null,
      thing ? this.size(path, thing, (points) => [{ set: `${path}.outline`, to: points.flatMap(([x, y]) => [x + thing.at[0], y + thing.at[1]].map((v) => Math.round(v * 10) / 10)) }]) : null,
      this.number(t('Height of its edge'), `${path}.z_mm`, 0, { min: 0, max: 1000 }))];
  }

  /** A bin is written as corners: moving it moves them all. */
  position(path, thing) {
    const input = (i, label) => {
      const box = el('input', { type: 'number', step: 'any', value: Math.round(thing.at[i] * 10) / 10, 'data-key': `${path} at ${i}`, onchange: () => {
        const to = [...thing.at];
        to[i] = Number(box.value) || 0;
        this.bench.commit(thing, { at: to, angle: 0, local: thing.local });
      } });
      return this.field(label, el('span', { class: 'with-unit' }, box, el('span', { class: 'unit' }, 'mm')));
    };
    return el('div', { class: 'pair' }, input(0, t('To the right (x)')), input(1, t('Away from you (y)')));
  }

  carrier(path, c) {
    return [el('h2', {}, wordsOf(c.name, c.id)), el('div', { class: 'beside' }, this.group(t('Case or tray'), path, ...this.words(t('Name'), `${path}.name`),
      el('div', { class: 'pair' }, this.number(t('Width'), `${path}.width_mm`), this.number(t('Depth'), `${path}.depth_mm`)),
      this.number(t('Height of its edge'), `${path}.height_mm`)), this.picture(`${path}.picture`, wordsOf(c.name, c.id))),
    this.group(t('Where it is put down'), '', el('div', { class: 'pair' }, this.number(t('To the right (x)'), `${path}.home.x_mm`),
      this.number(t('Away from you (y)'), `${path}.home.y_mm`)),
    this.number(t('Turned'), `${path}.home.angle_deg`, 0, { unit: '°' }))];
  }
}

/** A rectangle round what is known, to begin with. */
function ownEdge(local) {
  const [x0, y0, x1, y1] = bounds(local).map((v) => Math.round(v));
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}
