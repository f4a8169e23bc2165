#!/usr/bin/python3
"""photoreal_calibration.py BENCH PROGRAM ROWS [--keep DIR] [--lights easy,office,window] [--how alone,box,board]
                         [--bump cam,proj,both] [--set camera.fps=10,camera.rotate180=1] [--no-measure]

The program calibrates on a photorealistic bench that is kept beside the project (its README tells what it shows), as a
coach does it who presses nothing: with the bench alone, with a box of 100 mm, and with a printed board in seven places;
then it measures heights, and the camera or the projector is knocked and the calibration mended. All is scored with the
bench's own truth, as it is (no origin taken off). `--set` makes the bench's camera another one (see its README).

Ends with 1 when a calibration or a mend did not come about, with 77 where the bench or Xvfb is not here. The figures are
for people."""
import json
import os
import subprocess
import sys
import time

import photoreal_bench as bench

ACT_S = 600
SILENCE_S = 180
BOARDS = ['board_1', 'board_2', 'board_3', 'board_4', 'board_5', 'board_7']
ANSWER_S = 1.5  # so long a person takes to lay the board elsewhere


def write_board(work, truth):
    b = truth['board']
    path = os.path.join(work, 'board.cfg')
    with open(path, 'w') as f:
        f.write('kind = "charuco"; dictionary = "%s"; squares = [%d, %d]; square_mm = %.2f; marker_mm = %.2f; first_id = 0;\n'
                % (b['dictionary'], b['squares_x'], b['squares_y'], b['square_mm'], b['marker_mm']))
    return path


def about(e, *words):
    return {k: e[k] for k in words if e and k in e}


def calibrate(a, room, work, how, board):
    """Lays what is asked for; the saved event, or None."""
    words = ['calibrate', '--auto', '--wait', '4']
    words += {'alone': [], 'box': ['--raised', '100'], 'board': ['--board', board]}[how]
    room.state('bare')
    p = bench.Program(a.program, work, room, words)
    lay = ['raised_box'] if how == 'box' else list(BOARDS)
    saved, until = None, time.monotonic() + ACT_S
    while time.monotonic() < until:
        e = p.wait(lambda e: e['event'] in ('ask', 'calibration', 'end'), SILENCE_S)
        if not e or e['event'] == 'end':
            break
        if e['event'] == 'ask' and e['what'] == 'board' and lay:
            time.sleep(ANSWER_S)
            room.state(lay.pop(0))
        elif e['event'] == 'ask' and e['what'] == 'remove':
            room.state('bare')
        elif e['event'] == 'calibration' and e['phase'] == 'refused':
            print('  refused: %s' % about(e, 'reason', 'text'))
        elif e['event'] == 'calibration' and e['phase'] == 'preflight':
            print('  pre-flight: %s' % about(e, 'light', 'contrast_grey', 'clipped_share'))
        elif e['event'] == 'calibration' and e['phase'] == 'saved':
            saved = e
    code = p.end(20)
    room.state('bare')
    print('  ended with %d; %s' % (code, about(saved, 'median_mm', 'p95_mm', 'max_mm', 'rough', 'seconds')), flush=True)
    return saved if code == 0 else None


def score(a, work, more=()):
    for space, option in (('proj', []), ('cam', ['--camera'])):
        for z in ('0', '30', '100'):
            rows = os.path.join(work, 'rows.csv')
            with open(rows, 'w') as f:
                subprocess.run([a.rows, os.path.join(work, 'data/calibration.cfg'), space, z], stdout=f, check=True)
            out = subprocess.run([sys.executable, os.path.join(a.bench, 'score_calibration.py'), *option, *more, '--height', z,
                                  '--json', rows], stdout=subprocess.PIPE, text=True)
            raw = json.loads(out.stdout)['raw'] if out.stdout.startswith('{') else {}
            print('  %-9s %3s mm high: median %.2f, 95 %% %.2f, most %.2f mm' % (
                'projector' if space == 'proj' else 'camera', z, raw.get('median', -1), raw.get('p95', -1),
                raw.get('max', -1)), flush=True)


def one_line(a, room, work, words):
    """A verb that prints one line of JSON; {} when it failed, which is said."""
    out = subprocess.run([a.program] + words + ['--station', os.path.join(work, 'station.cfg')], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, timeout=ACT_S,
                         env=dict(os.environ, DISPLAY=room.display, LANGUAGE='en'))
    for line in out.stdout.splitlines():
        if line.startswith('{'):
            return json.loads(line)
    print('  %s: ended with %d; %s' % (' '.join(words), out.returncode, out.stderr.strip().splitlines()[-1:]))
    return {}


def measure(a, room, work, truth):
    """Heights of what lies there: a box, and the case's floor at its places, each with its truth."""
    room.state('raised_box')
    time.sleep(1)
    m = one_line(a, room, work, ['measure'])
    print('  measure, box of 100 mm: %s' % about(m, 'height_mm', 'sigma_mm', 'spread_mm'), flush=True)
    room.state('empty')
    time.sleep(1)
    for key in ('6', '7', '8'):
        x, y, z = truth['slots'][key]['centre_mm']
        m = one_line(a, room, work, ['measure', '--at', '%.1f,%.1f' % (x, y)])
        print('  measure, slot %s of %.0f mm: %s' % (key, z, about(m, 'height_mm', 'sigma_mm', 'spread_mm')), flush=True)
    room.state('bare')


def bump(a, room, work, which):
    """A knock, and what the daily check makes of it. False: it was not mended."""
    cam, proj = which in ('cam', 'both'), which in ('proj', 'both')
    kept = os.path.join(work, 'data/calibration.cfg')
    with open(kept) as f:
        before = f.read()
    room.ask('/bump', cam=int(cam), proj=int(proj))
    time.sleep(1)
    began = time.monotonic()
    m = one_line(a, room, work, ['calibrate', '--check'])
    print('  knocked: %s; %.1f s; %s' % (which, time.monotonic() - began, about(m, 'which', 'camera_mm', 'projector_mm',
                                                                             'bench_mm', 'median_mm', 'p95_mm')))
    score(a, work, ['--bumped-camera'] * cam + ['--bumped-projector'] * proj)
    room.ask('/bump', cam=0, proj=0)
    with open(kept, 'w') as f:
        f.write(before)
    return bool(m)


def run(a, room, work, truth):
    board, good = write_board(work, truth), True
    bench.write_station(work, room, truth)
    for key, value in (w.split('=') for w in a.set.split(',') if w):
        room.ask('/set', **{key: value})
    for light in a.lights.split(','):
        room.light(light)
        for how in a.how.split(','):
            print('%s, %s:' % (light, how), flush=True)
            saved = calibrate(a, room, work, how, board)
            good &= saved is not None
            if not saved:
                continue
            score(a, work)
            if a.measure and how != 'alone':
                measure(a, room, work, truth)
            for which in [w for w in a.bump.split(',') if w and how != 'alone']:
                good &= bump(a, room, work, which)
    return 0 if good else 1


def more(parser):
    parser.add_argument('--how', default='alone,box,board')
    parser.add_argument('--bump', default='cam,proj,both')
    parser.add_argument('--set', default='')
    parser.add_argument('--no-measure', dest='measure', action='store_false')


if __name__ == '__main__':
    sys.exit(bench.main(run, more))
