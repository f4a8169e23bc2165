// Where everything lies on the bench, worked out of the text alone: while the workflow has mistakes the station does not say.

const number = (v) => (Number.isFinite(v) ? v : 0);

/** [x0, y0, x1, y1, …] -> [[x0, y0], [x1, y1], …] */
function corners(list) {
  const all = Array.isArray(list) ? list.filter(Number.isFinite) : [];
  return Array.from({ length: Math.floor(all.length / 2) }, (_, i) => [all[2 * i], all[2 * i + 1]]);
}

function onBench([hx, hy, angle], x, y) {
  const c = Math.cos((angle * Math.PI) / 180), s = Math.sin((angle * Math.PI) / 180);
  return [hx + c * x - s * y, hy + s * x + c * y];
}

/** A row or a grid is each of its places. */
function placesOf(p, carriers) {
  const carrier = carriers.find((c) => c.id === (p.carrier ?? 'bench')) ?? carriers[0];
  const count = Math.min(500, Math.max(1, number(p.count) || 1)), columns = number(p.columns) || count;
  return Array.from({ length: count }, (_, i) => {
    const k = i % columns, row = Math.floor(i / columns);
    const x = number(p.x_mm) + k * number(p.step?.x_mm) + row * number(p.next_row?.x_mm);
    const y = number(p.y_mm) + k * number(p.step?.y_mm) + row * number(p.next_row?.y_mm);
    return { id: p.id.replace('{n}', i + 1), written: p.id, carrier: carrier.id, item: p.item ?? '', z_mm: number(p.z_mm),
      home: [...onBench(carrier.home, x, y), carrier.home[2] + number(p.angle_deg)], outline: corners(p.outline) };
  });
}

export function kitOf(tree) {
  const withId = (list) => (Array.isArray(list) ? list.filter((e) => typeof e.id === 'string') : []);
  const carriers = [{ id: 'bench', width_mm: 0, depth_mm: 0, height_mm: 0, home: [0, 0, 0] },
    ...withId(tree.carriers).map((c) => ({ id: c.id, width_mm: number(c.width_mm), depth_mm: number(c.depth_mm), height_mm: number(c.height_mm),
      home: [number(c.home?.x_mm), number(c.home?.y_mm), number(c.home?.angle_deg)] }))];
  return { carriers, items: [], steps: [],
    bins: withId(tree.bins).map((b) => ({ id: b.id, z_mm: number(b.z_mm), outline: corners(b.outline) })).filter((b) => b.outline.length > 2),
    places: withId(tree.places).flatMap((p) => placesOf(p, carriers)) };
}
