"""A script that plays the person at the pretend bench: what it lays goes through `pretend.commands`, what it presses
through --input, what it knows comes from --events. Used by the scenarios of teaching and rehearsing."""
import ctypes
import json
import math
import os
import random
import signal
import subprocess
import time

CASE_HOME = (600.0, 300.0, 4.0)  # where the script puts the case: mm, mm, degrees
SLOTS = {  # of workflows/dental-kit/pretend.cfg, in the case: x, y, degrees
    'toothpaste': (-58.0, 105.0, 0.0), 'toothbrush-blue': (-58.0, 74.5, 0.0), 'toothbrush-green': (-58.0, 54.5, 0.0),
    'mirror-1': (-58.0, 29.0, 0.0), 'mirror-2': (-58.0, -2.0, 0.0), 'probe-1': (-58.0, -27.5, 0.0),
    'probe-2': (-58.0, -47.5, 0.0), 'explorer': (-58.0, -67.5, 0.0), 'scaler': (-58.0, -89.5, 0.0),
    'tweezers': (-58.0, -113.5, 0.0), 'mask': (118.0, 88.0, 0.0), 'scissors': (118.0, 29.0, 0.0),
    'cup': (94.5, -27.5, 0.0), 'gauze': (149.0, -27.5, 90.0)}


def die_with_parent():
    """In the new process: whatever ends this script ends the station too."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Bench:
    """The station's files in `work`, and one calibration for all runs."""

    def __init__(self, program, source, work, light='easy', seed=7, kit='dental-kit', size=None):
        self.program, self.work, self.random = program, work, random.Random(seed)
        self.commands = os.path.join(work, 'commands')
        os.mkfifo(self.commands)
        self.pipe = os.open(self.commands, os.O_RDWR)
        self.station = os.path.join(work, 'station.cfg')
        self.case = CASE_HOME
        scene = os.path.join(source, 'workflows/%s/pretend.cfg' % kit)
        text = 'data = "%s/data";\ncamera = { source = "pretend"; fps = 15.0; };\n' % work
        if size:
            text += 'bench = { width_mm = %.1f; depth_mm = %.1f; };\n' % size
        pretend = 'pretend = { scene = "%s"; seed = %d; light = "%s"; %%s };\n' % (scene, seed, light)
        with open(self.station, 'w') as f:
            f.write(text + pretend % ('commands = "%s";' % self.commands))
        self.calibrate(text + pretend % '', kit)

    def calibrate(self, station, kit):
        """By the pretend person, once for a program; kept beside it for the other scenarios."""
        folder = os.path.join(os.path.dirname(self.program), 'scenario-calibration' + ('' if kit == 'dental-kit' else '-' + kit))
        kept, mine = os.path.join(folder, 'calibration.cfg'), os.path.join(self.work, 'data/calibration.cfg')
        os.makedirs(os.path.dirname(mine))
        if not os.path.exists(kept) or os.path.getmtime(kept) < os.path.getmtime(self.program):
            path = os.path.join(self.work, 'calibrate.cfg')
            with open(path, 'w') as f:
                f.write(station)
            subprocess.run([self.program, 'calibrate', '--station', path, '--auto', '--wait', '4', '--raised', '100', '--fast'],
                           check=True, stdout=subprocess.DEVNULL)
            os.makedirs(folder, exist_ok=True)
            os.system('cp "%s" "%s.new" && mv "%s.new" "%s"' % (mine, kept, kept, kept))
        else:
            os.system('cp "%s" "%s"' % (kept, mine))

    def do(self, line):
        os.write(self.pipe, (line + '\n').encode())

    def at(self, slot, dx=0.0, dy=0.0, deg=0.0):
        """Of a place in the case, on the bench."""
        cx, cy, turn = self.case
        x, y, a = SLOTS[slot]
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        return cx + c * (x + dx) - s * (y + dy), cy + s * (x + dx) + c * (y + dy), turn + a + deg

    def put(self, kind, slot, jitter=(2.0, 3.0), flipped=False, turned=0.0):
        mm, deg = jitter
        r = self.random.uniform
        self.do('put %s %.2f %.2f %.2f%s' % ((kind,) + self.at(slot, r(-mm, mm), r(-mm / 3, mm / 3), turned + r(-deg, deg) / 3) +
                                             (' flipped' if flipped else '',)))

    def put_case(self, x=CASE_HOME[0], y=CASE_HOME[1], deg=CASE_HOME[2]):
        self.case = (x, y, deg)
        self.do('case %.2f %.2f %.2f' % self.case)


class Program:
    """A running verb: its events, and what is pressed."""

    def __init__(self, bench, words, name=None, fast=True):
        self.bench, self.seen, self.rest, self.name = bench, [], '', name or words[0]
        self.log = open(os.path.join(bench.work, self.name + '.log'), 'w')
        self.process = subprocess.Popen([bench.program] + words + ['--station', bench.station, '--events', '-', '--input', '-'] + ['--fast'] * fast,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        preexec_fn=die_with_parent,
                                        env=dict(os.environ, LANGUAGE='en', LC_ALL='C.UTF-8'))
        os.set_blocking(self.process.stdout.fileno(), False)

    def press(self, line):
        try:
            self.process.stdin.write((line + '\n').encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def poll(self):
        data = self.process.stdout.read()
        *lines, self.rest = (self.rest + (data or b'').decode()).split('\n')
        new = [json.loads(line) for line in lines if line]
        self.seen += new
        if os.environ.get('LICHTWIJZER_TALK'):
            for e in new:
                print('   ', self.name, {k: v for k, v in e.items() if k not in ('wall', 'outline_mm', 'outline_camera_px')}, flush=True)
        return new

    def wait(self, wanted, seconds=60):
        """The first event from now on that `wanted` is true of; None: it did not come, or the program ended."""
        until = time.monotonic() + seconds
        self.ahead = getattr(self, 'ahead', [])
        while True:
            ended = self.process.poll() is not None
            self.ahead += self.poll()
            while self.ahead:
                e = self.ahead.pop(0)
                if wanted(e):
                    return e
            if ended or time.monotonic() > until:
                return None
            time.sleep(0.01)

    def ask(self, seconds=60):
        """The next question (or the end)."""
        return self.wait(lambda e: e['event'] in ('ask', 'end'), seconds)

    def end(self, seconds=20):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            code = self.process.wait(10)
        self.poll()
        self.log.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class Failed(Exception):
    pass


def demand(condition, what):
    if not condition:
        raise Failed(what)


def expect(p, what, seconds=60):
    """The next question, which must be this one."""
    e = p.ask(seconds)
    demand(e and e['event'] == 'ask' and e['what'] == what, 'asked %s, not %s' % (e, what))
    return e
