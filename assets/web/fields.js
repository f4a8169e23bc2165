// Fields for what is selected: words in each language, numbers with their unit, choices, pictures. Each makes an edit.

import { byId, el, pictureUrl, t, wordsOf } from '/static/common.js';
import { lookUp } from '/static/model.js';

export const LANGUAGES = [['nl', 'Dutch'], ['en', 'English']];
const WORDS_MAX = 60; // what fits beside a place

export class Fields extends EventTarget {
  constructor(model, bench) {
    super();
    this.model = model;
    this.bench = bench;
    this.root = byId('panel');
    this.selected = '';
    this.open = new Set(); // which "more" are unfolded
  }

  get tree() { return this.model.tree; }

  group(title, path, ...fields) {
    return el('fieldset', {}, el('legend', {}, title), this.problemBox(path), ...fields);
  }

  /** What the checker says of just this; it changes while words are typed, when the fields stay as they are. */
  problemBox(path) {
    return path ? el('div', { 'data-problems': path, role: 'status' }, this.problems(path)) : null;
  }

  drawProblems() {
    for (const box of this.root.querySelectorAll('[data-problems]')) {
      const list = this.problems(box.dataset.problems);
      if (list.map((l) => l.textContent).join() !== [...box.children].map((l) => l.textContent).join()) box.replaceChildren(...list);
    }
  }

  problems(path) {
    const list = (this.model.view.problems ?? []).filter((p) => p.path === path);
    return list.length === 0 ? [] : [el('ul', { class: 'problems' }, list.map((p) => el('li', { class: p.warning ? 'warning' : 'error' },
      el('strong', {}, p.warning ? t('Warning') : t('Error')), ' ', p.text, ' ', el('span', { class: 'remedy' }, p.remedy))))];
  }

  field(label, input, note) {
    return el('label', { class: 'field' }, el('span', { class: 'label' }, label), input, note ? el('span', { class: 'note' }, note) : null);
  }

  number(label, path, otherwise = 0, { min, max, step = 1, unit = 'mm' } = {}) {
    const input = el('input', { type: 'number', value: lookUp(this.tree, path) ?? otherwise, min, max, step: 'any', 'data-key': path,
      onchange: () => {
        const value = Number(input.value);
        if (input.value === '' || !Number.isFinite(value)) { this.draw(true); return; }
        this.model.edit([this.setting(path, value)], path);
      },
      onkeydown: (e) => {
        if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown') return;
        e.preventDefault();
        const by = (e.key === 'ArrowUp' ? 1 : -1) * step * (e.shiftKey ? 10 : 1);
        input.value = Math.round((Number(input.value) + by) * 10) / 10;
        this.model.edit([this.setting(path, Number(input.value))], path);
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
    const input = el('select', { 'data-key': path, onchange: () => this.model.edit([{ set: path, to: input.value || null }]) },
      options.map(([id, words]) => el('option', { value: id, selected: id === value }, words)));
    return this.field(label, input);
  }

  /** One line of plain text, such as a condition; empty: the key goes. */
  text(label, path, note) {
    const input = el('input', { type: 'text', value: lookUp(this.tree, path) ?? '', 'data-key': path, maxlength: 400, autocomplete: 'off',
      spellcheck: 'false', oninput: () => this.model.edit([{ set: path, to: input.value.trim() || null }], path) });
    return this.field(label, input, note);
  }

  /** Three times until more help comes. `inherited`: what counts as long as nothing is said here. */
  helpTimes(path, inherited) {
    const own = lookUp(this.tree, path), help = own ?? inherited;
    return [['Picture after', 0], ['Animation after', 1], ['Call for the coach after', 2]].map(([label, i]) => {
      const input = el('input', { type: 'number', min: 0, max: 3600, step: 'any', value: help[i], 'data-key': `${path} ${i}`,
        onchange: () => { const all = [...help]; all[i] = Math.max(0, Number(input.value) || 0); this.model.edit([{ set: path, to: all }]); } });
      return this.field(t(label), el('span', { class: 'with-unit' }, input, el('span', { class: 'unit' }, t('seconds'))));
    });
  }

  /** In which variants it belongs. */
  condition(path) {
    const names = (this.tree.variants ?? []).map((v) => v.id);
    if (names.length === 0 && !lookUp(this.tree, path)) return null;
    return this.text(t('Only in these variants'), path, t('Empty: always. Names: %s. Between them: and, or, not.', names.join(', ') || '–'));
  }

  /** What is seldom needed is folded away; it stays unfolded while the page is open. */
  more(key, title, ...children) {
    const box = el('details', { class: 'more', open: this.open.has(key), ontoggle: () => (box.open ? this.open.add(key) : this.open.delete(key)) },
      el('summary', { 'data-key': `more ${key}` }, title), ...children);
    return box;
  }

  /** Sets a key; the group that holds it is made when it is not there yet. */
  setting(path, to) {
    const dot = path.lastIndexOf('.'), group = path.slice(0, dot);
    return dot > 0 && !group.endsWith(']') && lookUp(this.tree, group) === undefined ? { set: group, to: { [path.slice(dot + 1)]: to } } : { set: path, to };
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

  focusFirst() { this.root.querySelector('input, select, button')?.focus(); }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  remove(path, words) {
    return el('div', { class: 'row end' }, el('button', { class: 'danger', onclick: () => this.tell('remove', path) }, words));
  }
}
