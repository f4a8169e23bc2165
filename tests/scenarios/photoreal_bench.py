#!/usr/bin/python3
"""photoreal_bench.py BENCH PROGRAM ROWS [--keep DIR] [--lights easy,office,window] [--rounds b,c]

The program on a photorealistic bench that is kept beside the project (its README tells what it shows): calibrates with
a box of 100 mm, is taught one laying of each thing (states `a`), and packs the case as other people do it (states `b`
and `c`) with their mistakes (round `b`), under three lights. Prints what came of it. Only what a coach measures with a
ruler is told to the program: the case, and where its recesses are in it.

ROWS is the built e2e_calibration_rows. Ends with 77 where the bench or Xvfb is not here. Nothing is judged here but that
the program goes through with it: the figures are for people."""
import argparse
import ctypes
import json
import math
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

SKIP = 77
VERDICT_S = 12      # the longest wait for a verdict
PRESS_AFTER_S = 4   # a person presses next when nothing happens
STILL_S = 1.2       # what was taken out lies away before the next thing is laid
HAND_S = 6          # a hand stays so long
TEACH_HEIGHT_MM = {'toothbrush_blue': 12, 'toothbrush_green': 12, 'scaler': 8, 'scissors': 6, 'forceps': 8,
                   'toothpaste': 20, 'gauze': 12, 'mask': 10}  # as a coach would say it without looking closely

# What the person does wrong before step i is done right: state, and the reasons that are right. None: a hand, which
# must never be accepted.
MISTAKES = {
    1: [('flip_1', {'turned'})],
    2: [('miss_2', {'missing'}), ('hand_2', None), ('handitem_2', None), ('wrong_2', {'other_item'})],
    3: [('wrong_3', {'other_item'}), ('flip_3', {'turned'}), ('shift_3', {'elsewhere'})],
    4: [('wrong_4', {'other_item'}), ('flip_4', {'turned'})],
    5: [('foreign_1', {'unknown'}), ('hand_5', None)],
    6: [('shift_6', {'elsewhere'})],
    7: [('double_7', {'too_many'})],
    8: [('foreign_2', {'unknown'})],
}


def die_with_parent():
    """In a new process: whatever ends this script ends the station too."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def ask_to_end_with_parent():
    """The same for the bench, which has an X server to end."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def skip(why):
    print('skipped:', why)
    sys.exit(SKIP)


class Room:
    """The bench's own program, and what lies there."""

    def __init__(self, folder, work):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        display = next(n for n in range(90, 200) if not os.path.exists('/tmp/.X11-unix/X%d' % n))
        self.display = ':%d' % display
        self.log = open(os.path.join(work, 'room.log'), 'w')
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(folder, 'bench.py'), '--port', str(self.port), '--display', self.display,
             '--state', 'bare', '--preset', 'office'], preexec_fn=ask_to_end_with_parent, stdout=self.log, stderr=self.log,
            env=dict(os.environ, OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1'))
        for _ in range(300):
            try:
                if self.ask('/stats')['frames'] > 15:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        raise RuntimeError('the bench does not start; see ' + self.log.name)

    def ask(self, path, **words):
        url = 'http://127.0.0.1:%d%s?%s' % (self.port, path, urllib.parse.urlencode(words))
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def state(self, name):
        self.ask('/state', name=name)

    def light(self, preset):
        self.ask('/light', preset=preset)

    def shot(self, path):
        """What the camera sees now, with the light on it."""
        with urllib.request.urlopen('http://127.0.0.1:%d/cam.png' % self.port, timeout=30) as answer, open(path, 'wb') as f:
            f.write(answer.read())

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class Program:
    """A running verb: its events, and what is pressed."""

    def __init__(self, program, work, room, words):
        self.events_path = os.path.join(work, 'events-%d' % time.monotonic_ns())
        input_path = os.path.join(work, 'input-%d' % time.monotonic_ns())
        os.mkfifo(input_path)
        self.input = os.open(input_path, os.O_RDWR)
        self.log = open(os.path.join(work, words[0] + '.log'), 'a')
        self.process = subprocess.Popen(
            [program] + words + ['--station', os.path.join(work, 'station.cfg'), '--events', self.events_path,
                                 '--input', input_path], stdout=self.log, stderr=self.log,
            preexec_fn=die_with_parent, env=dict(os.environ, DISPLAY=room.display, LANGUAGE='en'))
        self.file, self.rest, self.seen = None, '', []

    def press(self, line):
        os.write(self.input, (line + '\n').encode())

    def poll(self):
        """New events."""
        if self.file is None and os.path.exists(self.events_path):
            self.file = open(self.events_path)
        text = self.rest + (self.file.read() if self.file else '')
        *lines, self.rest = text.split('\n')
        new = [json.loads(line) for line in lines if line]
        self.seen += new
        return new

    def wait(self, wanted, seconds):
        """The first event from now on that `wanted` is true of; None: it did not come."""
        until = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None
            for e in self.poll():
                if wanted(e):
                    return e
            if ended or time.monotonic() > until:
                return None
            time.sleep(0.03)

    def end(self, seconds=10):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            code = self.process.wait(10)
        os.close(self.input)
        self.log.close()
        return code


def asks(what):
    return lambda e: e['event'] == 'ask' and e['what'] == what


# ---- what the coach writes

def text(word):
    return '{ nl = "%s"; en = "%s"; }' % (word, word)


def write_workflow(folder, truth):
    """The case measured with a ruler: places counted from its middle, in its own directions, whole half millimetres."""
    tray, slots = truth['tray'], truth['slots']
    a = math.radians(-tray['rot_deg'])
    cx, cy = tray['centre_mm']
    items, places, steps = [], [], []
    for key in sorted(slots, key=int):
        s = slots[key]
        dx, dy = s['centre_mm'][0] - cx, s['centre_mm'][1] - cy
        x, y = math.cos(a) * dx - math.sin(a) * dy, math.sin(a) * dx + math.cos(a) * dy
        name = s['item']
        items.append('{ id = "%s"; name = %s; height_mm = %.1f; tolerance_mm = 7.0; tolerance_deg = 12.0; }' %
                     (name, text(name), TEACH_HEIGHT_MM[name]))
        places.append('{ id = "slot%s"; carrier = "case"; item = "%s"; x_mm = %.1f; y_mm = %.1f; z_mm = %.1f; }' %
                      (key, name, round(2 * x) / 2, round(2 * y) / 2, s['centre_mm'][2]))
        steps.append('{ id = "step%s"; place = "slot%s"; }' % (key, key))
    os.makedirs(folder)
    w, d = tray['size_mm']
    with open(os.path.join(folder, 'workflow.cfg'), 'w') as f:
        f.write('format = 1;\nname = %s;\nstate = "released";\n' % text('Case'))
        f.write('carriers = ( { id = "case"; name = %s; width_mm = %.1f; depth_mm = %.1f; height_mm = %.1f;\n'
                '  home = { x_mm = 500.0; y_mm = 260.0; }; } );\n' % (text('Case'), w, d, tray['top_mm']))
        for key, rows in (('items', items), ('places', places)):
            f.write('%s = (\n  %s\n);\n' % (key, ',\n  '.join(rows)))
        f.write('sections = ( { id = "all"; name = %s; steps = (\n  %s\n); } );\n' % (text('All'), ',\n  '.join(steps)))
    return [slots[k]['item'] for k in sorted(slots, key=int)]


def write_station(work, room, truth):
    w, d = truth['bench']['size_mm']
    with open(os.path.join(work, 'station.cfg'), 'w') as f:
        f.write('data = "%s/data";\nlanguage = "en";\nbench = { width_mm = %.1f; depth_mm = %.1f; };\n' % (work, w, d))
        f.write('camera = { source = "http://127.0.0.1:%d/cam.mjpg"; };\nprojector = { display = "0"; };\n' % room.port)


# ---- the acts

def calibrate(a, room, work):
    p = Program(a.program, work, room, ['calibrate', '--auto', '--raised', '100'])
    p.wait(asks('clear_bench'), 30)
    room.state('bare')
    if p.wait(asks('board'), 180):
        room.state('raised_box')
    saved = p.wait(lambda e: e['event'] == 'calibration' and e['phase'] in ('saved', 'refused'), 180)
    code = p.end(20)
    room.state('bare')
    print('calibrate: ended with %d; %s' % (code, {k: v for k, v in (saved or {}).items()
                                                  if k in ('phase', 'median_mm', 'p95_mm', 'max_mm', 'seconds',
                                                           'cause', 'text')}))
    return code == 0


def score(a, work):
    for space, option in (('proj', []), ('cam', ['--camera'])):
        for z in ('0', '34', '100'):
            rows = os.path.join(work, 'rows.csv')
            with open(rows, 'w') as f:
                subprocess.run([a.rows, os.path.join(work, 'data/calibration.cfg'), space, z], stdout=f, check=True)
            out = subprocess.run([sys.executable, os.path.join(a.bench, 'score_calibration.py'), *option, '--height', z,
                                  '--json', rows], stdout=subprocess.PIPE, text=True)
            try:
                s = json.loads(out.stdout)
            except ValueError:
                print(out.stdout)
                continue
            raw, rigid = s.get('raw', {}), s.get('rigid', {})
            print('%-9s %3s mm high: median %.2f mm, 95 %% %.2f mm, most %.2f mm (own origin taken off: %.2f, %.2f)' % (
                'projector' if space == 'proj' else 'camera', z, raw.get('median', -1), raw.get('p95', -1),
                raw.get('max', -1), rigid.get('median', -1), rigid.get('p95', -1)))


def teach(a, room, work, workflow, items):
    room.state('bare')
    p = Program(a.program, work, room, ['teach', workflow, '--layings', '1'])
    until, e = time.monotonic() + 240, None
    asked = lambda e: e['event'] in ('ask', 'end')
    while time.monotonic() < until:
        e = e or p.wait(asked, 60)
        if not e or e['event'] == 'end':
            break
        state = {'clear_bench': 'bare', 'case_empty': 'empty'}.get(e['what'])
        if e['what'] == 'lay_item':
            state = 'ok_%da' % (items.index(e['item']) + 1)
        time.sleep(0.7)
        if state:
            room.state(state)
        e = p.wait(asked, PRESS_AFTER_S)  # pressed only when nothing happens: a late press would answer the next question
        if not e:
            p.press('next')
    code = p.end(20)
    room.state('bare')
    print('teach: ended with %d' % code)
    return code == 0


class Tally:
    def __init__(self):
        self.rows, self.waits = [], []

    def add(self, light, round_, step, state, kind, said, good):
        self.rows.append((light, round_, step, state, kind, said, good))
        print('  %-7s %s step %d %-11s %-6s %-28s %s' % (light, round_, step, state, kind, said, good), flush=True)


def decision(e):
    return e['event'] == 'verdict' and e['result'] != 'cannot_tell'


def said(e):
    if not e:
        return 'nothing'
    words = [e['result'], e.get('reason', ''), e.get('seen', ''), e.get('seen_place', '')]
    return ' '.join(w for w in words if w)


def await_verdict(p, step, wanted=decision, seconds=VERDICT_S):
    """The verdict on what lies there now; a person presses next when nothing happens."""
    mine = lambda e: wanted(e) and e.get('step') == step
    return p.wait(mine, PRESS_AFTER_S) or (p.press('next'), p.wait(mine, seconds - PRESS_AFTER_S))[1]


def do_mistake(p, room, tally, light, i, state, reasons, step):
    room.state(state)
    p.poll()
    began = time.monotonic()
    if state.startswith('miss_'):
        p.press('next')
    if reasons is None:
        verdicts, until = [], began + HAND_S
        while time.monotonic() < until:
            e = p.wait(lambda e: e['event'] == 'verdict' and e.get('step') == step, until - time.monotonic())
            if e:
                verdicts.append(e)
        accepted = [e for e in verdicts if e['result'] in ('accept', 'confirm')]
        e = accepted[0] if accepted else verdicts[0] if verdicts else None
        good = 'FALSE ACCEPT' if accepted and accepted[0]['result'] == 'accept' else 'caught'
    else:
        e = await_verdict(p, step)
        good = ('FALSE ACCEPT' if e and e['result'] == 'accept' else 'confirm' if e and e['result'] == 'confirm' else
                'undecided' if not e else 'caught' if e.get('reason') in reasons else 'caught, other reason')
    tally.add(light, 'b', i, state, 'wrong', said(e), good)
    if good == 'FALSE ACCEPT':
        time.sleep(1.5)
        p.press('back')
    elif good == 'confirm':
        p.press('no')
    room.state('empty' if i == 1 else 'ok_%db' % (i - 1))
    time.sleep(STILL_S)


def do_right(p, room, tally, light, round_, i, step):
    state = 'ok_%d%s' % (i, round_)
    p.poll()
    began = time.monotonic()
    room.state(state)
    e = await_verdict(p, step)
    if e:
        tally.waits.append(time.monotonic() - began)
    good = {'accept': 'accepted', 'confirm': 'confirm', 'refuse': 'FALSE REJECT'}[e['result']] if e else 'UNDECIDED'
    tally.add(light, round_, i, state, 'right', said(e), good)
    if e and e['result'] == 'confirm':
        p.press('yes')
    elif not e or e['result'] == 'refuse':
        p.press('again')
        e = p.wait(lambda e: decision(e) and e.get('step') == step and e['result'] == 'accept', 4)
        if not e:
            p.press('override lies right')
    return p.wait(lambda e: e['event'] == 'end' or
                  e['event'] == 'step' and e.get('phase') in ('take', 'place') and e.get('step') != step or
                  e['event'] == 'kit' and e.get('phase') == 'ended', 6)


def pack(a, room, work, workflow, tally, light, round_, count, steps=None):
    room.light(light)
    room.state('bare')
    time.sleep(1)
    p = Program(a.program, work, room, ['run', workflow, '--kits', '1', '--kit', '%s-%s' % (light, round_)])
    if not p.wait(asks('case_empty'), 30):
        print('run: did not ask for the case; ended with %s' % p.end())
        return
    time.sleep(0.7)
    room.state('empty')
    begun = p.wait(lambda e: e['event'] == 'step', 8) or (p.press('next'), p.wait(lambda e: e['event'] == 'step', 30))[1]
    if not begun:
        print('  %s %s: the case was not found' % (light, round_))
        tally.add(light, round_, 0, 'empty', 'case', 'nothing', 'NOT FOUND')
        p.process.terminate()
        p.end()
        return
    time.sleep(1)
    for i in range(1, count + 1):
        step = steps[i - 1] if steps else 'step%d' % i
        for state, reasons in MISTAKES.get(i, []) if round_ == 'b' else []:
            do_mistake(p, room, tally, light, i, state, reasons, step)
        do_right(p, room, tally, light, round_, i, step)
    p.poll()
    code = p.end(15)
    if code != 0:
        print('  run %s %s: ended with %d' % (light, round_, code))


def table(tally):
    print('\n%-8s %-6s %6s %9s %8s %9s %9s' % ('light', 'kind', 'laid', 'accepted', 'confirm', 'refused', 'undecided'))
    for light in sorted({r[0] for r in tally.rows}):
        for kind in ('right', 'wrong'):
            rows = [r for r in tally.rows if r[0] == light and r[4] == kind]
            n = lambda *goods: sum(r[6] in goods for r in rows)
            print('%-8s %-6s %6d %9d %8d %9d %9d' % (light, kind, len(rows), n('accepted', 'FALSE ACCEPT'), n('confirm'),
                                                   n('FALSE REJECT', 'caught', 'caught, other reason'),
                                                   n('undecided', 'UNDECIDED')))
    wrong = [r for r in tally.rows if r[4] == 'wrong']
    print('of %d wrong ones %d were caught, %d of them with another reason than wanted' % (
        len(wrong), sum(r[6].startswith('caught') for r in wrong), sum(r[6] == 'caught, other reason' for r in wrong)))
    if tally.waits:
        print('from laying to verdict: median %.1f s, most %.1f s' % (statistics.median(tally.waits), max(tally.waits)))


def main(do=None, more=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('bench', 'program', 'rows'):
        parser.add_argument(name)
    parser.add_argument('--keep', help='work in this folder and keep it; what is there of it already is used')
    parser.add_argument('--lights', default='office,easy,window')
    parser.add_argument('--rounds', default='b,c')
    if more:
        more(parser)
    a = parser.parse_args()
    if not os.path.exists(os.path.join(a.bench, 'bench.py')):
        skip('the photorealistic bench is not at ' + a.bench)
    if not shutil.which('Xvfb'):
        skip('Xvfb is not here')
    try:
        import cv2, numpy  # noqa: F401, E401  (what the bench itself needs)
    except ImportError as e:
        skip(str(e))
    work = os.path.abspath(a.keep) if a.keep else tempfile.mkdtemp(prefix='photoreal-')
    a.program, a.rows = os.path.abspath(a.program), os.path.abspath(a.rows)
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(a.bench, 'truth.json')) as f:
        truth = json.load(f)
    room = Room(os.path.abspath(a.bench), work)
    try:
        return (do or acts)(a, room, work, truth)
    finally:
        room.close()
        if not a.keep:
            shutil.rmtree(work)


def acts(a, room, work, truth):
    write_station(work, room, truth)
    workflow = os.path.join(work, 'case-kit')
    if not os.path.exists(os.path.join(work, 'data/calibration.cfg')) or not a.keep:
        if not calibrate(a, room, work):
            return 1
    else:
        port_of_calibration(work, room)
    score(a, work)
    if os.path.exists(workflow):
        items = [truth['slots'][k]['item'] for k in sorted(truth['slots'], key=int)]
    else:
        items = write_workflow(workflow, truth)
    if not os.path.exists(os.path.join(workflow, 'taught.cfg')) and not teach(a, room, work, workflow, items):
        return 1
    tally = Tally()
    for light in a.lights.split(','):
        for round_ in a.rounds.split(','):
            pack(a, room, work, workflow, tally, light, round_, len(items))
    table(tally)
    return 0 if tally.rows else 1


def port_of_calibration(work, room):
    """A kept calibration belongs to the camera's address, whose port is another one now."""
    path = os.path.join(work, 'data/calibration.cfg')
    with open(path) as f:
        lines = f.read().split('\n')
    for i, line in enumerate(lines):
        if 'http://127.0.0.1:' in line:
            head, tail = line.split('http://127.0.0.1:', 1)
            lines[i] = head + 'http://127.0.0.1:%d' % room.port + tail[len(tail) - len(tail.lstrip('0123456789')):]
    with open(path, 'w') as f:
        f.write('\n'.join(lines))


if __name__ == '__main__':
    sys.exit(main())
