#!/usr/bin/python3
"""photoreal_teach.py BENCH PROGRAM ROWS [--keep DIR] [--lights easy,office,window] [--rounds b,c] [--taught-in LIGHT] [--defaults] [--at-once]

As photoreal_bench.py, but nothing is written by hand: a coach shows the case and its things one after the other (`teach
NEW`, one laying each, states `a`), says their names and heights, and the workflow that comes of it is packed by other
people. `--defaults`: the coach takes every name, height and number that is proposed. `--at-once`: lays the next thing in
the moment in which it is asked for, as no person does. Ends with 77 where the bench or Xvfb is not here. The camera's pictures at each question are kept in
DIR/shots."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import photoreal_bench as bench  # noqa: E402

TEACH_S = 400


def answers(e, items, at, defaults):
    """What the coach does at a question: the state of the bench (or None), and what is pressed."""
    what = e['what']
    if defaults and what in ('name', 'height'):
        return None, 'next'
    if what == 'clear_bench':
        return 'bare', 'next'
    if what == 'case_empty':
        return 'empty', None
    if what == 'lay_item' and e.get('reason'):
        return None, 'next'
    if what == 'lay_item':
        return 'ok_%da' % at, 'next' if at % 2 else None  # said, or only laid
    if what == 'name':
        return None, 'name ' + items[at - 1].replace('_', ' ')
    if what == 'height' and e.get('carrier'):
        return None, 'next'
    if what == 'height':
        return None, 'height %d' % bench.TEACH_HEIGHT_MM[items[at - 1]]
    return None, 'next'


def teach(a, room, work, workflow, items):
    shots = os.path.join(work, 'shots')
    os.makedirs(shots, exist_ok=True)
    room.light(a.taught_in)
    room.state('bare')
    time.sleep(1)
    p = bench.Program(a.program, work, room, ['teach', workflow])
    until, began, at, number, times, asked = time.monotonic() + TEACH_S, None, 0, 0, [], 0
    while time.monotonic() < until:
        e = p.wait(lambda e: e['event'] in ('ask', 'end'), 60)
        if not e or e['event'] == 'end':
            break
        if e['what'] == 'lay_item' and not e.get('reason'):
            if began:
                times.append(time.monotonic() - began)
            began = time.monotonic()
            at += 1
        if at > len(items):
            p.press('done')
            continue
        asked += 1
        print('  %-11s %-15s %s' % (e['what'], e.get('reason', ''), items[at - 1] if at else ''), flush=True)
        if a.keep and not a.at_once:
            time.sleep(1.0)  # as a person who reads it; and the light has arrived
            number += 1
            room.shot(os.path.join(shots, '%02d-%s-%d.png' % (number, e['what'], at)))
        state, press = answers(e, items, at, a.defaults)
        if state:
            room.state(state)
        if press:
            p.press(press)
    code = p.end(20)
    room.state('bare')
    print('teach: ended with %d; %d questions; %s s for each thing' % (code, asked, ' '.join('%.0f' % t for t in times)))
    return code == 0


def steps_of(workflow):
    """The steps' ids, as teaching wrote them."""
    with open(os.path.join(workflow, 'workflow.cfg')) as f:
        return re.findall(r'place = "([^"]+)"', f.read())


def acts(a, room, work, truth):
    bench.write_station(work, room, truth)
    if not os.path.exists(os.path.join(work, 'data/calibration.cfg')):
        if not bench.calibrate(a, room, work):
            return 1
    else:
        bench.port_of_calibration(work, room)
    items = [truth['slots'][k]['item'] for k in sorted(truth['slots'], key=int)]
    workflow = os.path.join(work, 'shown-kit')
    if not os.path.exists(os.path.join(workflow, 'workflow.cfg')) and not teach(a, room, work, workflow, items):
        return 1
    tally = bench.Tally()
    for light in a.lights.split(','):
        for round_ in a.rounds.split(',') if light else []:
            bench.pack(a, room, work, workflow, tally, light, round_, len(items), steps_of(workflow))
    if tally.rows:
        bench.table(tally)
    return 0


if __name__ == '__main__':
    def options(parser):
        parser.add_argument('--taught-in', default='office')
        parser.add_argument('--defaults', action='store_true')
        parser.add_argument('--at-once', action='store_true')
    sys.exit(bench.main(acts, options))
