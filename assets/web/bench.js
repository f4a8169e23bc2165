// The bench from above, in mm: the live picture, and everything of the workflow drawn over it. Things are moved with mouse,
// finger or keyboard alike.

import { Live } from '/static/live.js';
import { byId, svg, t, wordsOf } from '/static/common.js';
import { elementPath } from '/static/model.js';

const HANDLE_PX = 11;     // radius of a corner's handle; what is touched is larger
const TOUCH_PX = 22;
const NEIGHBOUR_MM = 4;   // so near to a neighbour's line a dragged thing jumps onto it
const SIZE_MIN_MM = 4;

const round = (v, to = 10) => Math.round(v * to) / to;
const rad = (deg) => (deg * Math.PI) / 180;

function turn([x, y], deg) {
  const c = Math.cos(rad(deg)), s = Math.sin(rad(deg));
  return [c * x - s * y, s * x + c * y];
}

export class Bench extends EventTarget {
  constructor(model, size) {
    super();
    this.model = model;
    this.width = size.width_mm || 1200;
    this.depth = size.depth_mm || 700;
    this.view = { x: 0, y: 0, width: this.width, height: this.depth };
    this.outlines = {};
    this.selected = '';
    this.grid = 1;
    this.neighbours = true;
    this.drawing = null; // a rectangle that is being drawn, see draw.js
    this.svg = byId('overlay');
    this.canvas = byId('live');
    this.live = new Live((b, straight) => this.paint(b, straight), (away) => { byId('no-picture').hidden = !away; });
    this.svg.addEventListener('pointermove', (e) => this.dragMove(e));
    this.svg.addEventListener('pointerup', (e) => this.dragEnd(e));
    this.svg.addEventListener('pointercancel', (e) => this.dragEnd(e, true));
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  paint(bitmap, straight) {
    const c = this.canvas, v = this.view, k = bitmap.width / this.width;
    const width = Math.round(v.width * k), height = Math.round(v.height * k);
    if (c.width !== width || c.height !== height) { c.width = width; c.height = height; }
    const context = c.getContext('2d');
    if (straight) context.drawImage(bitmap, v.x * k, (this.depth - v.y - v.height) * k, width, height, 0, 0, width, height);
    else context.drawImage(bitmap, 0, 0, c.width, c.height);
    c.classList.toggle('crooked', !straight);
    bitmap.close();
  }

  /** Shows only a part of the bench; null: all of it. */
  look(rectangle) {
    this.view = rectangle ?? { x: 0, y: 0, width: this.width, height: this.depth };
    this.draw();
  }

  // ---- what there is to draw ----

  /** All movable things, each with where it is written and its outline on the bench. */
  things() {
    const { kit, tree } = this.model, list = [];
    for (const b of kit.bins) list.push(this.bin(b, tree));
    for (const c of kit.carriers) if (c.id !== 'bench') list.push(this.carrier(c, tree));
    for (const p of kit.places) list.push(this.place(p, tree));
    return list.filter(Boolean);
  }

  bin(b, tree) {
    const i = (tree.bins ?? []).findIndex((e) => e.id === b.id), element = tree.bins?.[i];
    if (!element) return null;
    const xs = b.outline.map((p) => p[0]), ys = b.outline.map((p) => p[1]);
    const at = [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
    return { kind: 'bin', id: b.id, path: elementPath('bins', tree.bins, i), element, at, angle: 0, base: 0,
      local: b.outline.map(([x, y]) => [x - at[0], y - at[1]]), resizable: true, name: wordsOf(element.name, b.id), z: b.z_mm };
  }

  carrier(c, tree) {
    const i = (tree.carriers ?? []).findIndex((e) => e.id === c.id), element = tree.carriers?.[i];
    if (!element) return null;
    const w = c.width_mm / 2, d = c.depth_mm / 2;
    return { kind: 'carrier', id: c.id, path: elementPath('carriers', tree.carriers, i), element, at: [c.home[0], c.home[1]],
      angle: c.home[2], base: 0, local: [[-w, -d], [w, -d], [w, d], [-w, d]], resizable: true,
      name: wordsOf(element.name, c.id), z: c.height_mm };
  }

  /** A place of a row is written once, with {n} in its id. */
  place(p, tree) {
    const list = tree.places ?? [];
    const i = list.findIndex((e) => e.id === p.written);
    if (i < 0) return null;
    const carrier = this.model.kit.carriers.find((c) => c.id === p.carrier);
    const taught = this.outlines[p.item], own = p.outline.length > 0;
    const item = (tree.items ?? []).find((e) => e.id === p.item);
    return { kind: 'place', id: p.id, path: elementPath('places', list, i), element: list[i], at: [p.home[0], p.home[1]],
      angle: p.home[2], base: carrier?.home[2] ?? 0, local: own ? p.outline : taught ?? unknownOutline, guessed: !own && !taught,
      resizable: own, name: wordsOf(item?.name, p.item), z: p.z_mm, row: list[i].id !== p.id, item: p.item };
  }

  thing(path) { return this.things().find((x) => x.path === path); }

  // ---- drawing ----

  mmPerPx() { return this.view.width / Math.max(1, this.svg.clientWidth); }

  screen([x, y]) { return [x, this.depth - y]; }

  draw() {
    const v = this.view, focused = document.activeElement?.closest?.('[data-path]')?.dataset.path;
    const drawing = this.drawing && document.activeElement === this.drawing.node;
    this.svg.setAttribute('viewBox', `${v.x} ${this.depth - v.y - v.height} ${v.width} ${v.height}`);
    byId('bench').style.aspectRatio = `${v.width} / ${v.height}`;
    const order = { carrier: 0, bin: 1, place: 2 };
    const list = this.things().sort((a, b) => order[a.kind] - order[b.kind]);
    const chosen = list.find((x) => x.path === this.selected);
    const first = chosen ?? list.find((x) => x.kind === 'place') ?? list[0];
    const nodes = list.map((thing) => this.node(thing, thing === first));
    this.svg.replaceChildren(...nodes, ...(chosen && !this.drawing ? this.handles(chosen) : []), this.guides = svg('g', { class: 'guides' }),
      ...(this.drawing?.nodes() ?? []));
    if (drawing) this.drawing.node.focus({ preventScroll: true });
    if (focused) this.svg.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  node(thing, tabbable) {
    const points = thing.local.map((p) => this.onScreen(thing, p).join(',')).join(' ');
    const problem = this.problemOf?.(thing.path);
    const classes = [thing.kind, thing.path === this.selected && 'selected', thing.guessed && 'guessed', problem].filter(Boolean);
    return svg('g', {
      class: classes.join(' '), role: 'button', tabindex: tabbable ? 0 : -1, 'data-path': thing.path, 'data-id': thing.id,
      'aria-pressed': String(thing.path === this.selected), 'aria-label': this.describe(thing),
      'aria-describedby': 'bench-keys',
      onpointerdown: (e) => this.dragBegin(e, thing, 'move'), onkeydown: (e) => this.key(e, thing),
      onfocus: () => { if (this.selected !== thing.path && !this.drag) this.select(thing.path); },
    }, svg('polygon', { class: 'touch', points, 'stroke-width': TOUCH_PX * this.mmPerPx() }),
    svg('polygon', { class: 'under', points }), svg('polygon', { class: 'line', points }), this.label(thing));
  }

  /** Bins have their name inside, as small as it must be; the others below, so that it hides nothing. */
  label(thing) {
    const px = this.mmPerPx(), [x, y] = this.screen(thing.at);
    if (thing.kind === 'place' && thing.path !== this.selected) return null;
    const [x0, , x1] = bounds(thing.local), fits = (1.75 * (x1 - x0)) / px / Math.max(1, thing.name.length);
    const size = thing.kind === 'bin' ? Math.max(8, Math.min(13, fits)) : 13;
    return svg('text', { x, y: thing.kind === 'bin' ? y : y + this.extent(thing) + 14 * px, 'font-size': size * px }, thing.name);
  }

  /** How far down it reaches from its middle. */
  extent(thing) { return Math.max(...thing.local.map((p) => -turn(p, thing.angle)[1])); }

  onScreen(thing, p) {
    const [x, y] = turn(p, thing.angle);
    return this.screen([thing.at[0] + x, thing.at[1] + y]);
  }

  describe(thing) {
    const kinds = { place: t('Place'), bin: t('Bin'), carrier: t('Case or tray') };
    return `${kinds[thing.kind]} ${thing.name}, x ${round(thing.at[0], 1)}, y ${round(thing.at[1], 1)} mm` +
      (thing.kind === 'bin' ? '' : `, ${round(thing.angle, 1)}°`);
  }

  /** A handle to turn it, and one at each corner of what has a size of its own. */
  handles(thing) {
    const px = this.mmPerPx(), out = [];
    const handle = (at, kind, extra) => out.push(svg('g', { class: `handle ${kind}`, 'aria-hidden': 'true',
      onpointerdown: (e) => this.dragBegin(e, thing, kind, extra) },
    svg('circle', { class: 'touch', cx: at[0], cy: at[1], r: TOUCH_PX * px }),
    svg('circle', { class: 'dot', cx: at[0], cy: at[1], r: HANDLE_PX * px })));
    if (thing.kind !== 'bin') {
      const reach = Math.max(...thing.local.map((p) => p[0])) + 34 * px;
      const from = this.onScreen(thing, [reach - 34 * px, 0]), to = this.onScreen(thing, [reach, 0]);
      out.push(svg('line', { class: 'stem', x1: from[0], y1: from[1], x2: to[0], y2: to[1], 'aria-hidden': 'true' }));
      handle(to, 'turn');
    }
    if (thing.resizable) {
      const [x0, y0, x1, y1] = bounds(thing.local);
      [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].forEach((corner) => handle(this.onScreen(thing, corner), 'size', corner));
    }
    return out;
  }

  select(path, quiet = false) {
    this.selected = path;
    this.draw();
    if (!quiet) this.dispatchEvent(new CustomEvent('select', { detail: path }));
  }

  focusSelected() { this.svg.querySelector('[aria-pressed="true"]')?.focus(); }

  // ---- mouse and finger ----

  pointOf(e) {
    const p = new DOMPoint(e.clientX, e.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [p.x, this.depth - p.y];
  }

  dragBegin(e, thing, kind, corner) {
    if (e.button > 0) return;
    e.preventDefault();
    e.stopPropagation();
    if (this.selected !== thing.path) this.select(thing.path);
    this.svg.setPointerCapture(e.pointerId);
    this.drag = { thing: this.thing(thing.path), kind, corner, from: this.pointOf(e), moved: false };
    this.svg.querySelector('[aria-pressed="true"]')?.focus({ preventScroll: true });
  }

  dragMove(e) {
    const d = this.drag;
    if (!d) return;
    const to = this.pointOf(e), dx = to[0] - d.from[0], dy = to[1] - d.from[1];
    if (!d.moved && Math.hypot(dx, dy) < 3 * this.mmPerPx()) return; // a click is no move
    d.moved = true;
    d.result = d.kind === 'move' ? this.dragged(d.thing, dx, dy) : d.kind === 'turn' ? this.turned(d.thing, to) : this.resized(d, to);
    this.preview(d.thing, d.result);
  }

  dragged(thing, dx, dy) {
    let [x, y] = [thing.at[0] + dx, thing.at[1] + dy];
    if (this.grid > 0) [x, y] = [x, y].map((v) => Math.round(v / this.grid) * this.grid);
    const lines = [];
    if (this.neighbours) {
      for (const other of this.things()) {
        if (other.path === thing.path || other.kind !== thing.kind) continue;
        if (Math.abs(other.at[0] - x) < NEIGHBOUR_MM) { [x] = other.at; lines.push({ x }); }
        if (Math.abs(other.at[1] - y) < NEIGHBOUR_MM) { [, y] = other.at; lines.push({ y }); }
      }
    }
    return { at: [x, y], angle: thing.angle, local: thing.local, lines };
  }

  turned(thing, to) {
    let angle = (Math.atan2(to[1] - thing.at[1], to[0] - thing.at[0]) * 180) / Math.PI;
    const square = thing.base + Math.round((angle - thing.base) / 90) * 90;
    if (this.neighbours && Math.abs(angle - square) < 4) angle = square;
    return { at: thing.at, angle: round(angle, 1), local: thing.local, lines: [] };
  }

  resized(d, to) {
    const thing = d.thing, [x0, y0, x1, y1] = bounds(thing.local);
    let [px, py] = turn([to[0] - thing.at[0], to[1] - thing.at[1]], -thing.angle);
    if (this.grid > 0) [px, py] = [px, py].map((v) => Math.round(v / this.grid) * this.grid);
    const fixed = [d.corner[0] === x0 ? x1 : x0, d.corner[1] === y0 ? y1 : y0];
    const width = Math.max(SIZE_MIN_MM, Math.abs(px - fixed[0])), depth = Math.max(SIZE_MIN_MM, Math.abs(py - fixed[1]));
    const middle = [fixed[0] + (Math.sign(px - fixed[0]) || 1) * width / 2, fixed[1] + (Math.sign(py - fixed[1]) || 1) * depth / 2];
    const [sx, sy] = turn(middle, thing.angle);
    return { at: [thing.at[0] + sx, thing.at[1] + sy], angle: thing.angle, local: scaled(thing.local, width, depth), lines: [], sized: true };
  }

  preview(thing, result) {
    const node = this.svg.querySelector(`[data-path="${CSS.escape(thing.path)}"][data-id="${CSS.escape(thing.id)}"]`);
    const points = result.local.map((p) => this.onScreen(result, p).join(',')).join(' ');
    node?.querySelectorAll('polygon').forEach((p) => p.setAttribute('points', points));
    this.svg.querySelectorAll('.handle, .stem').forEach((h) => h.remove());
    const v = this.view;
    this.guides.replaceChildren(...result.lines.map((l) => (l.x !== undefined
      ? svg('line', { x1: l.x, x2: l.x, y1: this.depth - v.y - v.height, y2: this.depth - v.y })
      : svg('line', { x1: v.x, x2: v.x + v.width, y1: this.depth - l.y, y2: this.depth - l.y }))));
  }

  dragEnd(e, cancelled = false) {
    const d = this.drag;
    this.drag = null;
    if (!d) return;
    if (d.moved && d.result && !cancelled) this.commit(d.thing, d.result);
    else this.draw();
  }

  // ---- keyboard ----

  key(e, thing) {
    const step = e.shiftKey ? 10 : e.altKey ? 0.1 : 1;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const turns = { '[': 1, ']': -1, '{': 15, '}': -15 };
    if (e.ctrlKey || e.metaKey) return;
    if (arrows[e.key]) {
      const [dx, dy] = arrows[e.key];
      this.commit(thing, { at: [thing.at[0] + dx * step, thing.at[1] + dy * step], angle: thing.angle, local: thing.local }, 'nudge');
    } else if (turns[e.key] && thing.kind !== 'bin') {
      this.commit(thing, { at: thing.at, angle: thing.angle + turns[e.key], local: thing.local }, 'turn');
    } else if ((e.key === '+' || e.key === '-') && thing.resizable) {
      const [x0, y0, x1, y1] = bounds(thing.local), by = e.key === '+' ? 2 : -2;
      this.commit(thing, { at: thing.at, angle: thing.angle, sized: true,
        local: scaled(thing.local, Math.max(SIZE_MIN_MM, x1 - x0 + by), Math.max(SIZE_MIN_MM, y1 - y0 + by)) }, 'size');
    } else if (e.key === 'PageDown' || e.key === 'PageUp') {
      const list = this.things(), i = list.findIndex((x) => x.path === thing.path && x.id === thing.id);
      const next = list[(i + (e.key === 'PageDown' ? 1 : list.length - 1)) % list.length];
      this.select(next.path);
      this.focusSelected();
    } else if (e.key === 'Enter' || e.key === ' ') {
      this.select(thing.path);
      this.dispatchEvent(new CustomEvent('open', { detail: thing.path }));
    } else return;
    e.preventDefault();
  }

  // ---- as edits ----

  commit(thing, result, topic = '') {
    const dx = result.at[0] - thing.at[0], dy = result.at[1] - thing.at[1], da = result.angle - thing.angle;
    const ops = thing.kind === 'bin' ? this.binEdits(thing, result) : this.poseEdits(thing, dx, dy, da);
    if (result.sized && thing.kind === 'carrier') {
      const [x0, y0, x1, y1] = bounds(result.local);
      ops.push({ set: `${thing.path}.width_mm`, to: round(x1 - x0) }, { set: `${thing.path}.depth_mm`, to: round(y1 - y0) });
    } else if (result.sized && thing.kind === 'place') {
      ops.push({ set: `${thing.path}.outline`, to: result.local.flat().map((v) => round(v)) });
    }
    if (ops.length === 0) { this.draw(); return; }
    this.moveLocally(thing, dx, dy, da, result);
    this.model.edit(ops, topic && `${topic} ${thing.path}`);
    this.draw();
    this.focusSelected();
    this.dispatchEvent(new CustomEvent('moved', { detail: this.thing(thing.path) }));
  }

  /** Until the station has answered. */
  moveLocally(thing, dx, dy, da, result) {
    const { kit } = this.model;
    if (thing.kind === 'bin') {
      kit.bins.find((b) => b.id === thing.id).outline = result.local.map(([x, y]) => [result.at[0] + x, result.at[1] + y]);
      return;
    }
    if (thing.kind === 'carrier') {
      const c = kit.carriers.find((x) => x.id === thing.id);
      for (const p of kit.places.filter((x) => x.carrier === thing.id)) {
        const [rx, ry] = turn([p.home[0] - c.home[0], p.home[1] - c.home[1]], da);
        p.home = [c.home[0] + rx + dx, c.home[1] + ry + dy, p.home[2] + da];
      }
      c.home = [c.home[0] + dx, c.home[1] + dy, c.home[2] + da];
      const [x0, y0, x1, y1] = bounds(result.local);
      if (result.sized) { c.width_mm = x1 - x0; c.depth_mm = y1 - y0; }
      return;
    }
    const p = kit.places.find((x) => x.id === thing.id);
    p.home = [p.home[0] + dx, p.home[1] + dy, p.home[2] + da];
    if (result.sized) p.outline = result.local;
  }

  binEdits(thing, result) {
    const points = result.local.flatMap(([x, y]) => [round(result.at[0] + x), round(result.at[1] + y)]);
    return [{ set: `${thing.path}.outline`, to: points }];
  }

  /** Where it is written: in its carrier's own frame (a carrier: on the bench). */
  poseEdits(thing, dx, dy, da) {
    const own = thing.kind === 'carrier' ? thing.element.home ?? {} : thing.element;
    const path = thing.kind === 'carrier' ? `${thing.path}.home` : thing.path;
    const [x, y] = turn([dx, dy], -thing.base), ops = [];
    if (Math.abs(x) > 1e-6) ops.push({ set: `${path}.x_mm`, to: round((own.x_mm ?? 0) + x) });
    if (Math.abs(y) > 1e-6) ops.push({ set: `${path}.y_mm`, to: round((own.y_mm ?? 0) + y) });
    if (Math.abs(da) > 1e-6) ops.push({ set: `${path}.angle_deg`, to: round(normal((own.angle_deg ?? 0) + da)) });
    return ops;
  }
}

const unknownOutline = Array.from({ length: 24 }, (_, i) => turn([15, 0], i * 15));

export function normal(deg) {
  return ((deg + 180) % 360 + 360) % 360 - 180;
}

export function bounds(points) {
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The same form in another size, about its middle. */
export function scaled(points, width, depth) {
  const [x0, y0, x1, y1] = bounds(points), kx = width / (x1 - x0 || 1), ky = depth / (y1 - y0 || 1);
  return points.map(([x, y]) => [round((x - (x0 + x1) / 2) * kx), round((y - (y0 + y1) / 2) * ky)]);
}
