#!/usr/bin/python3
"""teach_points.py PROGRAM SOURCE: teaching by showing, at the pretend bench, point by point: what is taken back at each of
the questions; a `next` that comes twice; a camera that pauses; a hand that comes from a known bin; several equal things
in one go, and one more of what was taught before; things on the bench itself. Each ends in a workflow that validates.
SOURCE: the project's folder."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from taught_bench import Bench, Failed, Program, demand, expect  # noqa: E402

BIN_OF_SCISSORS = (1085.0, 215.0, 60.0)  # the middle of it, and a hand's height


def begin(bench, name, words=()):
    folder = os.path.join(bench.work, name)
    p = Program(bench, ['teach', folder] + list(words), name)
    expect(p, 'clear_bench')
    p.press('next')
    expect(p, 'case_empty')
    bench.put_case()
    expect(p, 'height')
    p.press('next')
    return p, folder


def up_to(p, what):
    """Next, until this question is put."""
    for _ in range(5):
        e = p.ask()
        demand(e and e['event'] == 'ask', 'asked %s, not %s' % (e, what))
        if e['what'] == what:
            return e
        p.press('next')
    raise Failed('%s was not asked' % what)


def finish(bench, p, folder):
    p.press('done')
    code = p.end()
    demand(code == 0, 'teach ended with %d' % code)
    out = subprocess.run([bench.program, 'validate', folder], capture_output=True, text=True)
    demand(out.returncode == 0, 'validate: ' + out.stderr)
    bench.do('take all')
    bench.do('case away')
    with open(os.path.join(folder, 'workflow.cfg')) as f:
        return f.read()


def undo_everywhere(bench):
    p, folder = begin(bench, 'undo')
    e = expect(p, 'lay_item')
    p.press('undo')  # nothing was taught: there is nothing to take back
    e = expect(p, 'lay_item')
    for at in ('name', 'height', 'count', 'lay_again'):
        bench.put('scissors', 'scissors')
        up_to(p, at)
        p.press('undo')
        expect(p, 'remove')
        bench.do('take scissors')
        p.press('next')
        e = expect(p, 'lay_item')
        demand(e['number'] == 1, 'after undo at %s it asks for number %d' % (at, e['number']))
    bench.put('scissors', 'scissors')
    up_to(p, 'lay_again')
    p.press('next')
    p.press('next')  # too late for the question before, too early for the next
    e = expect(p, 'lay_item')
    bench.do('fault stalled')
    time.sleep(2)
    bench.do('fault none')
    bench.put('toothbrush_blue', 'toothbrush-blue')
    e = p.ask()
    while e and e['what'] == 'lay_item':
        demand(e.get('reason') != 'nothing_changed', 'a late next answered the next question')
        e = p.ask()
    demand(e and e['what'] == 'name', 'asked %s after the camera\'s pause' % e)
    p.press('name blue brush')
    up_to(p, 'lay_again')
    p.press('next')
    expect(p, 'lay_item')
    text = finish(bench, p, folder)
    demand(text.count('item = "') == 2, 'two things were taught, the text says otherwise')


def bins_and_counts(bench, source):
    p, folder = begin(bench, 'bins', ['--items', os.path.join(source, 'workflows/dental-kit')])
    expect(p, 'lay_item')
    x, y, z = BIN_OF_SCISSORS
    bench.do('hand %g %g %g' % (x, y, z))
    time.sleep(1.0)
    bench.do('hand away')
    bench.put('scissors', 'scissors')
    up_to(p, 'name')
    p.press('name scissors')
    up_to(p, 'lay_again')
    p.press('next')
    expect(p, 'lay_item')
    for slot in ('toothbrush-blue', 'mirror-2', 'explorer'):
        bench.put('probe', slot, jitter=(0.5, 1.0))
    up_to(p, 'name')
    p.press('name probe')
    e = up_to(p, 'count')
    print('  three equal things in one go: %d seen' % e['default'])
    demand(e['default'] == 3, 'three were laid, %d seen' % e['default'])
    p.press('next')
    up_to(p, 'lay_again')
    p.press('next')
    expect(p, 'lay_item')
    bench.put('probe', 'scaler')
    e = up_to(p, 'name')
    print('  one more of them: offered as %s (recognised: %s)' % (e['default'], e['recognised']))
    p.press('name probe')  # also where it is offered by another name
    up_to(p, 'lay_again')
    p.press('next')
    expect(p, 'lay_item')
    text = finish(bench, p, folder)
    demand(re.search(r'id = "scissors";[^}]*}; picture[^}]*bin = "scissors"', text), 'scissors have no bin:\n' + text)
    demand(text.count('item = "probe"') == 4, 'four probes were taught, the text says otherwise')


def on_the_bench_itself(bench):
    folder = os.path.join(bench.work, 'bare')
    p = Program(bench, ['teach', folder], 'bare')
    expect(p, 'clear_bench')
    p.press('next')
    expect(p, 'case_empty')
    p.press('next')
    e = expect(p, 'lay_item')
    bench.do('put scissors 500 300 10')
    e = up_to(p, 'height')
    print('  scissors on the bench: %g mm proposed, measured: %s' % (e['default'], e['measured']))
    p.press('next')
    up_to(p, 'lay_again')
    p.press('next')
    expect(p, 'lay_item')
    text = finish(bench, p, folder)
    demand('carrier =' not in text.split('places')[1], 'it lies on the bench, the text says otherwise')


def main():
    program, source = sys.argv[1:3]
    work = tempfile.mkdtemp()
    try:
        bench = Bench(program, source, work)
        for act in (undo_everywhere, lambda b: bins_and_counts(b, source), on_the_bench_itself):
            began = time.monotonic()
            act(bench)
            print('%.0f s' % (time.monotonic() - began), flush=True)
    except Failed as why:
        print('FAILED:', why)
        for log in sorted(os.listdir(work)):
            if log.endswith('.log'):
                with open(os.path.join(work, log)) as f:
                    print('--', log, *f.readlines()[-12:], sep='\n')
        sys.exit(1)
    finally:
        shutil.rmtree(work)


main()
