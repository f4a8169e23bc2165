// What is selected, as fields: words in each language with the picture beside, sizes, places. Every drag has its field here.

import { el, t, wordsOf } from '/static/common.js';
import { elementPath, indexOfPlace, lookUp } from '/static/model.js';
import { bounds, normal, scaled } from '/static/bench.js';
import { Media } from '/static/media.js';

export class Panel extends Media {
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

  content() {
    const path = this.selected, element = lookUp(this.tree, path);
    if (!path || !element) return this.workflow();
    if (path.includes('.steps[')) return this.step(path, element);
    const kind = path.split('[')[0];
    return { sections: () => this.section(path, element), places: () => this.placeAndItem(path, element),
      bins: () => this.bin(path, element), carriers: () => this.carrier(path, element),
      items: () => this.item(path, element), variants: () => this.variant(path, element) }[kind]?.() ?? this.workflow();
  }

  // ---- what can be selected ----

  workflow() {
    return [el('h2', {}, t('The whole workflow')), this.group(t('Name'), '', ...this.words(t('Name'), 'name')),
      this.group(t('Help when nothing happens'), '', ...this.helpTimes('help_after_s', [8, 20, 45]), el('p', { class: 'note' }, t('0 means never.'))),
      el('p', { class: 'hint' }, t('Choose a step, or a place on the bench, to change it here.'))];
  }

  section(path, s) {
    return [el('h2', {}, wordsOf(s.name, s.id)), this.group(t('Section'), path, ...this.words(t('Name'), `${path}.name`), this.condition(`${path}.when`)),
      (this.tree.sections ?? []).length > 1 ? this.remove(path, t('Remove this section')) : null].filter(Boolean);
  }

  variant(path, v) {
    return [el('h2', {}, wordsOf(v.name, v.id)), this.group(t('Variant'), path, ...this.words(t('Name'), `${path}.name`),
      el('p', { class: 'note' }, t('At a step or a section you say in which variants it belongs, with this short name: %s', v.id))),
    this.remove(path, t('Remove this variant'))];
  }

  step(path, s) {
    const place = indexOfPlace(this.tree.places, s.place);
    const item = (this.tree.items ?? []).find((x) => x.id === this.tree.places?.[place]?.item);
    const title = wordsOf(s.text) || wordsOf(item?.name) || s.id || t('Step');
    if (s.section) {
      return [el('h2', {}, t('Step')), this.group(t('Steps of another section'), path,
        this.choice(t('Section'), `${path}.section`, this.named('sections')), this.condition(`${path}.when`)), this.remove(path, t('Remove this step'))];
    }
    if (s.kind && s.kind !== 'place') return [el('h2', {}, title), ...this.otherStep(path, s), this.remove(path, t('Remove this step'))];
    const beside = item ? this.picture(`items[${item.id}].picture`, wordsOf(item.name, item.id)) : null;
    const out = [el('h2', {}, title), el('div', { class: 'beside' }, this.group(t('What the person reads'), path,
      ...this.words(t('Words'), `${path}.text`), this.condition(`${path}.when`)), beside), this.stepMore(path, title, true)];
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
      s.kind === 'weigh' ? el('div', { class: 'pair' }, this.number(t('Weight'), `${path}.weight_g`, 0, { min: 0, unit: 'g' }),
        this.number(t('May differ by'), `${path}.weight_tolerance_g`, 0, { min: 0, unit: 'g' })) : null,
      s.kind === 'scan' ? this.text(t('The code that must be read'), `${path}.code`, t('Empty: any code.')) : null,
      ...this.words(t('Words'), `${path}.text`), this.condition(`${path}.when`)),
    this.picture(`${path}.picture`, wordsOf(s.text, s.id)), this.stepMore(path, wordsOf(s.text, s.id), false)];
  }

  /** Help, skipping, animation and sound of one step. */
  stepMore(path, owner, laid) {
    const own = lookUp(this.tree, `${path}.help_after_s`);
    return this.more('step', t('Help, skipping, animation, sound'),
      this.group(t('Help when nothing happens'), '', ...this.helpTimes(`${path}.help_after_s`, this.tree.help_after_s ?? [8, 20, 45]),
        own ? el('button', { class: 'quiet', onclick: () => this.model.edit([{ set: `${path}.help_after_s`, to: null }]) }, t('As for the whole workflow')) : null),
      this.group(t('Skipping'), '', this.toggle(t('May be skipped without the coach'), `${path}.skippable`, false),
        this.toggle(t('The coach may pass it unchecked'), `${path}.coach_may_skip`, true)),
      laid ? this.number(t('Pieces that go into this one place'), `${path}.count`, 1, { min: 1, max: 100, unit: '' }) : null,
      laid ? this.picture(`${path}.picture`, t('this step alone')) : null,
      this.frames(`${path}.frames`, owner), this.sound(`${path}.sound`, owner));
  }

  placeAndItem(path, p) {
    const item = (this.tree.items ?? []).find((x) => x.id === p.item);
    const out = [el('h2', {}, wordsOf(item?.name, p.id))];
    if (item) out.push(this.picture(`items[${item.id}].picture`, wordsOf(item.name, item.id)));
    out.push(...this.placeFields(path, p));
    if (item) out.push(this.itemFields(`items[${item.id}]`, item));
    out.push(this.remove(path, t('Remove this place and its step')));
    return out;
  }

  placeFields(path, p) {
    const thing = this.bench.thing(path);
    return [this.group(t('Where it belongs'), path,
      el('div', { class: 'pair' }, this.number(t('To the right (x)'), `${path}.x_mm`), this.number(t('Away from you (y)'), `${path}.y_mm`)),
      el('div', { class: 'pair' }, this.angle(path, p), this.number(t('Height of the ground'), `${path}.z_mm`, 0, { min: 0, max: 1000 })),
      this.choice(t('In'), `${path}.carrier`, this.named('carriers', [['bench', t('the bench')]]), 'bench'),
      this.choice(t('Thing'), `${path}.item`, this.named('items')),
      thing ? this.outlineFields(path, thing) : null), p.count > 1 ? this.rowFields(path) : null, this.placeMore(path)].filter(Boolean);
  }

  placeMore(path) {
    return this.more('place', t('Stricter or looser here'),
      el('div', { class: 'pair' }, this.number(t('May lie off by'), `${path}.tolerance_mm`, 0, { min: 0, max: 200 }),
        this.number(t('May be turned by'), `${path}.tolerance_deg`, 0, { min: 0, max: 180, unit: '°' })),
      el('p', { class: 'note' }, t('0: as the thing says.')),
      this.toggle(t('It matters which way round it lies'), `${path}.orientation`, true));
  }

  /** Many places in one entry: how many, and how far from one to the next. */
  rowFields(path) {
    return this.group(t('A row of places'), '', this.number(t('How many'), `${path}.count`, 1, { min: 1, max: 500, unit: '' }),
      el('div', { class: 'pair' }, this.number(t('Next to the right'), `${path}.step.x_mm`), this.number(t('Next away from you'), `${path}.step.y_mm`)),
      this.number(t('After so many a new row begins (0: one row)'), `${path}.columns`, 0, { min: 0, max: 500, unit: '' }),
      el('div', { class: 'pair' }, this.number(t('Next row to the right'), `${path}.next_row.x_mm`), this.number(t('Next row away from you'), `${path}.next_row.y_mm`)));
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
      this.toggle(t('It matters which way round it lies'), `${path}.orientation`, true),
      this.more('item', t('Animation, how many'), this.number(t('How many the whole kit holds (0: not said)'), `${path}.count`, 0, { min: 0, max: 2000, unit: '' }),
        this.frames(`${path}.frames`, wordsOf(item.name, item.id))));
  }

  item(path, item) {
    return [el('h2', {}, wordsOf(item.name, item.id)), this.picture(`${path}.picture`, wordsOf(item.name, item.id)), this.itemFields(path, item),
      el('div', { class: 'row' }, el('button', { 'data-key': 'place for it', onclick: () => this.tell('place-for', item) }, t('Add a place for it'))),
      this.remove(path, t('Remove this thing'))];
  }

  bin(path, b) {
    const thing = this.bench.thing(path);
    return [el('h2', {}, wordsOf(b.name, b.id)), this.group(t('Bin'), path, ...this.words(t('Name'), `${path}.name`),
      thing ? this.position(path, thing) : null,
      thing ? this.size(path, thing, (points) => [{ set: `${path}.outline`, to: points.flatMap(([x, y]) => [x + thing.at[0], y + thing.at[1]].map((v) => Math.round(v * 10) / 10)) }]) : null,
      this.number(t('Height of its edge'), `${path}.z_mm`, 0, { min: 0, max: 1000 })), this.remove(path, t('Remove this bin'))];
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
    this.number(t('Turned'), `${path}.home.angle_deg`, 0, { unit: '°' })), this.remove(path, t('Remove this case or tray'))];
  }
}

/** A rectangle round what is known, to begin with. */
function ownEdge(local) {
  const [x0, y0, x1, y1] = bounds(local).map((v) => Math.round(v));
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}
