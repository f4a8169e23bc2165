// The sections and steps in their order: chosen, dragged, and moved by keyboard.

import { byId, el, pictureUrl, t, wordsOf } from '/static/common.js';
import { elementPath, indexOfPlace, keyOf } from '/static/model.js';

const NEAR_PX = 5;

export class Steps extends EventTarget {
  constructor(model) {
    super();
    this.model = model;
    this.root = byId('steps');
    this.selected = '';
  }

  /** Only when something of it changed: a list that is made anew under a finger swallows its tap. */
  draw() {
    const { sections: all, places, items } = this.model.tree;
    const shown = JSON.stringify([this.selected, all, places?.map((p) => [p.id, p.item]), items?.map((i) => [i.id, i.name, i.picture]),
      this.model.view.problems]);
    if (shown === this.shown) return;
    this.shown = shown;
    const key = document.activeElement?.dataset?.step;
    const sections = this.model.tree.sections ?? [];
    this.root.replaceChildren(...sections.map((s, i) => this.section(s, i, sections)));
    if (key) this.root.querySelector(`[data-step="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  section(section, i, sections) {
    const path = elementPath('sections', sections, i), steps = section.steps ?? [];
    return el('li', { class: `section${this.selected === path ? ' selected' : ''}`, 'data-section': path },
      el('div', { class: 'row', 'data-drag': path },
        this.handle(path, wordsOf(section.name, section.id)),
        el('button', { class: 'pick', 'data-step': path, 'aria-current': this.selected === path ? 'true' : null,
          onclick: () => this.choose(path), onkeydown: (e) => this.key(e, path, 'sections', i, sections.length) },
        el('span', { class: 'words' }, wordsOf(section.name, section.id)), this.mark(path)),
        this.arrows(path, 'sections', i, sections.length, wordsOf(section.name, section.id))),
      el('ol', { 'data-list': `${path}.steps`, 'aria-label': wordsOf(section.name, section.id) },
        steps.map((s, k) => this.step(s, k, steps, path))),
      el('div', { class: 'add' },
        el('button', { class: 'quiet', onclick: () => this.dispatchEvent(new CustomEvent('add', { detail: path })) }, t('Add a step'))));
  }

  step(step, k, steps, sectionPath) {
    const list = `${sectionPath}.steps`, path = elementPath(list, steps, k);
    const place = this.model.tree.places?.[indexOfPlace(this.model.tree.places, step.place)];
    const item = (this.model.tree.items ?? []).find((x) => x.id === place?.item);
    const words = this.wordsOfStep(step, item);
    const picture = item?.picture ? el('img', { src: pictureUrl(this.model.id, item.picture), alt: '', loading: 'lazy' })
      : el('span', { class: 'no-picture' });
    return el('li', { class: this.selected === path ? 'selected' : '' },
      el('div', { class: 'row', 'data-drag': path },
        this.handle(path, words),
        el('button', { class: 'pick', 'data-step': path, 'aria-current': this.selected === path ? 'true' : null,
          onclick: () => this.choose(path), ondblclick: () => this.dispatchEvent(new CustomEvent('open', { detail: path })),
          onkeydown: (e) => this.key(e, path, list, k, steps.length) },
        el('span', { class: 'number' }, String(k + 1)), picture, el('span', { class: 'words' }, words), this.mark(path)),
        this.arrows(path, list, k, steps.length, words)));
  }

  wordsOfStep(step, item) {
    if (step.section) {
      const s = (this.model.tree.sections ?? []).find((x) => x.id === step.section);
      return t('All steps of: %s', wordsOf(s?.name, step.section));
    }
    return wordsOf(step.text) || wordsOf(item?.name) || keyOf(step) || t('Without a name');
  }

  /** Only for the mouse and the finger: the keyboard has the arrows. */
  handle(path, words) {
    return el('span', { class: 'grip', 'aria-hidden': 'true', title: t('Drag to move: %s', words),
      onpointerdown: (e) => this.dragBegin(e, path) });
  }

  mark(path) {
    const kind = this.problemOf?.(path);
    return kind ? el('span', { class: `mark ${kind}`, role: 'img', 'aria-label': kind === 'error' ? t('Error') : t('Warning') }) : null;
  }

  arrows(path, list, i, count, words) {
    const button = (by, label, sign) => el('button', { class: 'icon', 'aria-label': t(label, words), title: t(label, words),
      disabled: i + by < 0 || i + by >= count, onclick: () => this.move(path, list, i + by) }, sign);
    return el('span', { class: 'arrows' }, button(-1, 'Move up: %s', '↑'), button(1, 'Move down: %s', '↓'));
  }

  choose(path) {
    this.dispatchEvent(new CustomEvent('select', { detail: path }));
  }

  key(e, path, list, i, count) {
    const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    e.preventDefault();
    if (e.altKey) {
      if (i + by >= 0 && i + by < count) this.move(path, list, i + by);
      return;
    }
    const all = [...this.root.querySelectorAll('.pick')];
    all[all.indexOf(e.currentTarget) + by]?.focus();
  }

  move(path, list, to) {
    this.model.edit([{ move: path, into: list, at: to }]);
    this.dispatchEvent(new CustomEvent('moved', { detail: to + 1 }));
  }

  // ---- dragging ----

  dragBegin(e, path) {
    if (e.button > 0) return;
    e.preventDefault();
    const grip = e.currentTarget, row = grip.closest('li');
    const isSection = row.classList.contains('section');
    const line = el('div', { class: 'drop-line' });
    let target = null, moved = false;
    const from = e.clientY;
    const move = (ev) => {
      moved ||= Math.abs(ev.clientY - from) > NEAR_PX;
      if (!moved) return;
      row.classList.add('dragged');
      target = this.targetAt(ev.clientY, row, isSection);
      if (target) target.before ? target.before.before(line) : target.list.append(line);
    };
    const end = (ev) => {
      grip.removeEventListener('pointermove', move);
      line.remove();
      row.classList.remove('dragged');
      if (moved && target && ev.type === 'pointerup') this.model.edit([{ move: path, into: target.path, at: target.at }]);
    };
    grip.setPointerCapture(e.pointerId);
    grip.addEventListener('pointermove', move);
    grip.addEventListener('pointerup', end, { once: true });
    grip.addEventListener('pointercancel', end, { once: true });
  }

  /** The place in a list nearest to the pointer; counted without the dragged one. */
  targetAt(y, row, isSection) {
    const lists = isSection ? [this.root] : [...this.root.querySelectorAll('ol')];
    const inside = (l) => { const r = l.getBoundingClientRect(); return y < r.top ? r.top - y : y > r.bottom ? y - r.bottom : 0; };
    const list = lists.sort((a, b) => inside(a) - inside(b))[0];
    if (!list) return null;
    const rows = [...list.children].filter((c) => c.tagName === 'LI' && c !== row);
    const i = rows.findIndex((c) => { const r = c.getBoundingClientRect(); return y < (r.top + r.bottom) / 2; });
    return { list, before: i < 0 ? null : rows[i], at: i < 0 ? rows.length : i, path: isSection ? 'sections' : list.dataset.list };
  }
}
