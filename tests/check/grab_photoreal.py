#!/usr/bin/python3
"""Keeps looks of the photorealistic bench as pictures, for figure_photoreal.

    grab_photoreal.py BENCH OUT LIGHT-SEED... [--states a,b] [--looks N]

Writes OUT/index (lens, places, case: the bench's own truth) and, for every LIGHT-SEED (`office-1`), OUT/LIGHT-SEED/STATE.png
(the case is lit as for a check), STATE~2.png (looked at once more) and STATE@bench.png (the whole bench is lit): medians of
three frames each.  Lights: the bench's presets, and
    dimmed    office, projector at half
    bright    office, the lamps switched to three times as much, the exposure left as it was
    dark      office, the lamps switched to a third
    bumped    office, the camera knocked
    sunward   window, the sun a third stronger and the sky half (a cloud has gone)
Needs python3-numpy and python3-opencv; about 0.2 s a look.
"""
import argparse, json, math, os, sys, time
import numpy as np
import cv2

ap = argparse.ArgumentParser()
ap.add_argument('bench'); ap.add_argument('out'); ap.add_argument('sets', nargs='+')
ap.add_argument('--states'); ap.add_argument('--looks', type=int, default=2)
args = ap.parse_args()
sys.path.insert(0, args.bench)
import bench as benchmod, geom, core

MARGIN_MM = 40.0
LEVEL_FIRST, LEVEL_STEP, LEVEL_MIN, CLIPPED_MAX, CLIPPED_GREY = 230, .82, 70, .005, 252

if args.states:
    STATES = args.states.split(',')
else:
    STATES = ['bare', 'empty']
    STATES += ['ok_%d%s' % (i, v) for i in range(1, 9) for v in 'abc']
    STATES += ('wrong_2 wrong_3 wrong_4 flip_1 flip_3 flip_4 shift_3 shift_6 double_7 foreign_1 foreign_2 hand_2 hand_5 '
               'handitem_2 moved_empty moved_ok_4b moved_ok_5b').split()
# the state before, whose time a wrong one shares
AFTER = dict(wrong_2=1, wrong_3=2, wrong_4=3, flip_1=0, flip_3=2, flip_4=3, shift_3=2, shift_6=5, double_7=6, foreign_1=4,
             foreign_2=7, hand_2=1, hand_5=4, handitem_2=1, moved_empty=0, moved_ok_4b=4, moved_ok_5b=5, bare=0, empty=0)
SECONDS = 8.0  # between two steps
BENCH_LIT = ['bare', 'empty', 'hand_2', 'moved_empty', 'moved_ok_4b', 'moved_ok_5b'] + ['ok_%db' % i for i in range(1, 9)] \
    + ['wrong_4', 'shift_3', 'flip_1', 'foreign_1']


def light_of(name, presets):
    if name in presets:
        return dict(presets[name]), name
    base = dict(presets['window' if name == 'sunward' else 'office'])
    white = lambda l: l['ceiling_lux'] + l['sky_lux'] + .6 * l['sun_lux'] + l['projector_lux']
    was = white(base)
    if name == 'dimmed':
        base['projector_lux'] *= .5
    elif name in ('bright', 'dark'):
        for k in ('ceiling_lux', 'sky_lux'):
            base[k] *= 3 if name == 'bright' else 1 / 3
    elif name == 'sunward':
        base['sun_lux'] *= 1.33; base['sky_lux'] *= .5
    elif name != 'bumped':
        raise SystemExit('no light named ' + name)
    base['exposure_scale'] = white(base) / was
    return base, 'office'


class Paper:
    """what is projected"""
    def __init__(self):
        self.a = np.zeros((benchmod.PH, benchmod.PW, 4), np.uint8)

    def grab(self, out):
        np.copyto(out, self.a)

    def fill(self, polygon, level):
        self.a[:] = 0
        cv2.fillPoly(self.a, [np.round(polygon * 16).astype(np.int32)], (level, level, level, 0), cv2.LINE_AA, 4)


def case_of(state):
    return geom.TRAY_MOVED if state.startswith('moved') else geom.TRAY


def polygon_mm(state, whole):
    if whole:
        w, d = geom.BENCH
        return np.array([[0, 0], [w, 0], [w, d], [0, d]], float)
    t = case_of(state)
    a = math.radians(t['rot_deg'])
    hx, hy = t['size'][0] / 2 + MARGIN_MM, t['size'][1] / 2 + MARGIN_MM
    p = [[t['centre'][0] + x * math.cos(a) - y * math.sin(a), t['centre'][1] + x * math.sin(a) + y * math.cos(a)]
         for x, y in ((-hx, -hy), (hx, -hy), (hx, hy), (-hx, hy))]
    return np.clip(np.array(p), 0, geom.BENCH)


def order_of(state):
    return AFTER[state] + .6 if state in AFTER else int(state[3])


class Set:
    def __init__(self, name, cfg):
        self.name = name
        light, seed = name.rsplit('-', 1)
        self.paper = Paper()
        cfg = json.loads(json.dumps(cfg))
        cfg['seed'] = int(seed)
        cfg['camera']['latency_frames'] = 0
        self.b = benchmod.Bench(cfg, self.paper, os.path.join(args.bench, 'data'))
        self.b.light, _ = light_of(light, cfg['presets'])
        self.bump = light == 'bumped'
        self.b.bump_cam = self.bump
        self.level = LEVEL_FIRST
        self.t0 = self.b.t_light
        os.makedirs(os.path.join(args.out, name), exist_ok=True)

    def frames(self, polygon, n):
        cam = geom.CAM_BUMPED if self.bump else geom.CAM
        self.polygon_px = np.round(cam.project(np.hstack([polygon, np.zeros((len(polygon), 1))]))).astype(np.int32)
        uv = geom.PROJ.project(np.hstack([polygon, np.zeros((len(polygon), 1))]))
        self.paper.fill(uv, self.level)
        self.b.step()   # the new light arrives, perhaps only in a part of the frame
        out = []
        for _ in range(n):
            self.b.step()
            out.append(cv2.imdecode(np.frombuffer(self.b.jpeg, np.uint8), 1))
        return np.median(np.stack(out), axis=0).astype(np.uint8)

    def keep(self, state, scene):
        b = self.b
        with b.lock:
            b.scene = scene; b.amb_key = b.P_key = None
        at = {'a': 0, 'b': 150, 'c': 300}.get(state[-1] if state.startswith('ok_') else 'b', 0) + SECONDS * order_of(state)
        b.t_light = time.time() - at
        for look in range(1, args.looks + 1):
            im = self.frames(polygon_mm(state, False), 3)
            while look == 1 and state == 'empty' and self.level > LEVEL_MIN:
                mask = np.zeros(im.shape[:2], np.uint8)
                cv2.fillPoly(mask, [self.polygon_px], 1)
                grey = (im[..., 0].astype(int) + 2 * im[..., 1] + im[..., 2]) // 4
                if (grey[mask > 0] >= CLIPPED_GREY).mean() <= CLIPPED_MAX:
                    break
                self.level = int(self.level * LEVEL_STEP)
                im = self.frames(polygon_mm(state, False), 3)
            self.write(state + ('' if look == 1 else '~%d' % look), im)
        if state in BENCH_LIT:
            self.write(state + '@bench', self.frames(polygon_mm(state, True), 3))

    def write(self, name, im):
        cv2.imwrite(os.path.join(args.out, self.name, name + '.png'), im, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def write_index():
    L = []
    for word, c in (('camera', geom.CAM), ('bumped', geom.CAM_BUMPED)):
        rv = cv2.Rodrigues(c.R)[0].ravel()
        L.append('%s %s' % (word, ' '.join('%.12g' % float(v) for v in (
            c.K[0, 0], c.K[1, 1], c.K[0, 2], c.K[1, 2], *c.dist[:4], *c.size, *rv, *c.t))))
    L.append('bench %g %g' % geom.BENCH)
    for word, t in (('case', geom.TRAY), ('moved', geom.TRAY_MOVED)):
        L.append('%s %g %g %g %g %g %g' % (word, *t['size'], t['height'], *t['centre'], t['rot_deg']))
    for i, (x, y, w, h, z) in geom.SLOTS.items():
        L.append('place %d %s %g %g %g' % (i, geom.ITEMS[i], x, y, z))
    with open(os.path.join(args.out, 'index'), 'w') as f:
        f.write('\n'.join(L) + '\n')


def main():
    cv2.setNumThreads(1)
    cfg = json.load(open(os.path.join(args.bench, 'config.json')))
    os.makedirs(args.out, exist_ok=True)
    write_index()
    sets = [Set(n, cfg) for n in args.sets]
    order = sorted(STATES, key=lambda s: s != 'empty')
    for state in order:
        wanted = [s for s in sets if not os.path.exists(os.path.join(args.out, s.name, state + '.png')) or state == 'empty']
        scenes = {}
        for s in wanted:
            if s.bump not in scenes:
                s.b.scenes.clear(); s.b.order.clear()
                scenes[s.bump] = s.b.load(state, s.bump, False)
            s.keep(state, scenes[s.bump])
        print(state, flush=True)


main()
