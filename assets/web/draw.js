// A new rectangle, drawn on the live bench with mouse or finger, or set with the arrow keys.

import { byId, el, svg, t } from '/static/common.js';

const BEGIN_MM = 80;
const SIZE_MIN_MM = 4;
const SIZE_STEP_MM = 5;

const round = (v) => Math.round(v * 10) / 10;

class Drawing {
  constructor(bench, prompt, resolve) {
    const v = bench.view, side = Math.min(BEGIN_MM, v.width / 3, v.height / 3);
    Object.assign(this, { bench, resolve, from: null });
    this.box = { x: v.x + (v.width - side) / 2, y: v.y + (v.height - side) / 2, width: side, height: side };
    this.words = el('span', { class: 'note', 'aria-live': 'polite' });
    this.bar = el('div', { id: 'drawing', role: 'group', 'aria-label': prompt }, el('strong', {}, prompt), this.words,
      el('button', { class: 'primary', onclick: () => this.end(this.box) }, t('Take this')), el('button', { onclick: () => this.end() }, t('Cancel')));
    this.shape = svg('rect', { class: 'line' });
    this.node = svg('g', { class: 'new', tabindex: 0, role: 'application', onkeydown: (e) => this.key(e) }, this.shape);
    this.shield = svg('rect', { class: 'shield' });
    this.handlers = { pointerdown: (e) => this.down(e), pointermove: (e) => this.move(e), pointerup: () => { this.from = null; },
      pointercancel: () => { this.from = null; } };
  }

  begin() {
    this.bench.drawing = this;
    for (const [name, f] of Object.entries(this.handlers)) this.bench.svg.addEventListener(name, f, true);
    byId('bench').after(this.bar);
    this.bench.draw();
    this.node.focus();
  }

  /** What the bench shows while it is drawn. */
  nodes() {
    const v = this.bench.view, b = this.box, top = this.bench.depth - v.y - v.height;
    Object.entries({ x: v.x, y: top, width: v.width, height: v.height }).forEach(([k, n]) => this.shield.setAttribute(k, n));
    Object.entries({ x: b.x, y: this.bench.depth - b.y - b.height, width: b.width, height: b.height }).forEach(([k, n]) => this.shape.setAttribute(k, n));
    const words = `x ${round(b.x)}, y ${round(b.y)}, ${round(b.width)} × ${round(b.height)} mm`;
    this.words.textContent = words;
    this.node.setAttribute('aria-label', `${t('New edge: arrow keys move it (Shift: 10 mm), + and − change its size, Enter takes it')}: ${words}`);
    return [this.shield, this.node];
  }

  down(e) {
    e.preventDefault();
    e.stopPropagation();
    this.from = this.bench.pointOf(e);
    this.bench.svg.setPointerCapture(e.pointerId);
  }

  move(e) {
    if (!this.from) return;
    e.stopPropagation();
    const snap = (v) => (this.bench.grid > 0 ? Math.round(v / this.bench.grid) * this.bench.grid : v);
    const [x0, y0] = this.from.map(snap), [x1, y1] = this.bench.pointOf(e).map(snap);
    this.box = { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.max(SIZE_MIN_MM, Math.abs(x1 - x0)), height: Math.max(SIZE_MIN_MM, Math.abs(y1 - y0)) };
    this.nodes();
  }

  key(e) {
    const by = e.shiftKey ? 10 : 1, b = this.box;
    const moves = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] };
    const sizes = { '+': [1, 1], '-': [-1, -1], '=': [1, 1] };
    if (e.key === 'Enter') this.end(b);
    else if (e.key === 'Escape') this.end();
    else if (moves[e.key] && !e.altKey) { b.x += moves[e.key][0]; b.y += moves[e.key][1]; }
    else if (moves[e.key]) { this.grow(moves[e.key][0], moves[e.key][1]); }
    else if (sizes[e.key]) { this.grow(...sizes[e.key].map((s) => s * SIZE_STEP_MM)); b.x -= (sizes[e.key][0] * SIZE_STEP_MM) / 2; b.y -= (sizes[e.key][1] * SIZE_STEP_MM) / 2; }
    else return;
    e.preventDefault();
    e.stopPropagation();
    this.nodes();
  }

  grow(dx, dy) {
    this.box.width = Math.max(SIZE_MIN_MM, this.box.width + dx);
    this.box.height = Math.max(SIZE_MIN_MM, this.box.height + dy);
  }

  end(box) {
    for (const [name, f] of Object.entries(this.handlers)) this.bench.svg.removeEventListener(name, f, true);
    this.bench.drawing = null;
    this.bar.remove();
    this.bench.draw();
    this.resolve(box && [box.x, box.y, box.x + box.width, box.y + box.height].map(round));
  }
}

/** Gives [x0, y0, x1, y1] in mm on the bench; undefined when it was left. */
export function drawRectangle(bench, prompt) {
  bench.drawing?.end();
  return new Promise((resolve) => { new Drawing(bench, prompt, resolve).begin(); });
}
