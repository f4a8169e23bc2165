// Everything of the workflow besides its steps: things, bins, cases, variants. Each list can be unfolded and added to.

import { byId, el, pictureUrl, t, wordsOf } from '/static/common.js';
import { elementPath } from '/static/model.js';

const KINDS = [
  ['items', 'Things', 'Add a thing'],
  ['bins', 'Bins', 'Add a bin'],
  ['carriers', 'Cases and trays', 'Add a case or tray'],
  ['variants', 'Variants of an order', 'Add a variant'],
];

export class Lists extends EventTarget {
  constructor(model) {
    super();
    this.model = model;
    this.root = byId('lists');
    this.selected = '';
    this.open = new Set();
  }

  /** Only when something of it changed, as the steps. */
  draw() {
    const { tree, problems } = this.model.view;
    const shown = JSON.stringify([this.selected, KINDS.map(([list]) => tree[list]), problems]);
    if (shown === this.shown) return;
    this.shown = shown;
    const key = document.activeElement?.dataset?.list;
    this.root.replaceChildren(...KINDS.map((kind) => this.list(...kind)));
    if (key) this.root.querySelector(`[data-list="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  list(list, title, add) {
    const all = this.model.tree[list] ?? [];
    const box = el('details', { open: this.open.has(list) || this.selected.startsWith(`${list}[`),
      ontoggle: () => (box.open ? this.open.add(list) : this.open.delete(list)) },
    el('summary', { 'data-list': list }, el('span', { class: 'words' }, t(title)), el('span', { class: 'count' }, String(all.length))),
    el('ul', {}, all.map((e, i) => this.row(list, all, e, i))),
    el('div', { class: 'add' }, el('button', { class: 'quiet', 'data-list': `${list} add`, onclick: () => this.tell('add', list) }, t(add))));
    return box;
  }

  row(list, all, e, i) {
    const path = elementPath(list, all, i), kind = this.problemOf?.(path), name = wordsOf(e.name, e.id);
    return el('li', { class: path === this.selected ? 'selected' : '' }, el('div', { class: 'row' },
      el('button', { class: 'pick', 'data-list': path, 'aria-current': path === this.selected ? 'true' : null, onclick: () => this.tell('select', path) },
        list === 'items' || list === 'carriers' ? this.thumb(e.picture) : null, el('span', { class: 'words' }, name),
        kind ? el('span', { class: `mark ${kind}`, role: 'img', 'aria-label': kind === 'error' ? t('Error') : t('Warning') }) : null)));
  }

  thumb(file) {
    return file ? el('img', { src: pictureUrl(this.model.id, file), alt: '', loading: 'lazy' }) : el('span', { class: 'no-picture' });
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}
