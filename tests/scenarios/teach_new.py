#!/usr/bin/python3
"""teach_new.py PROGRAM SOURCE: a coach teaches a kit of ten things from nothing by showing it, takes one back, is cut
off (kill -9) and goes on, answers badly, loses the camera for a moment; then the kit is rehearsed, released, and packed with mistakes. SOURCE: the
project's folder."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from taught_bench import Bench, Failed, Program, demand, expect  # noqa: E402

KIT = [  # kind, places, name, height
    ('toothpaste', ['toothpaste'], 'toothpaste', 17), ('toothbrush_blue', ['toothbrush-blue'], 'blue brush', 12),
    ('toothbrush_green', ['toothbrush-green'], 'green brush', 12), ('mirror', ['mirror-1'], 'mirror', 7),
    ('probe', ['probe-1', 'probe-2'], 'probe', 6), ('explorer', ['explorer'], 'explorer', 6), ('scaler', ['scaler'], 'scaler', 8),
    ('tweezers', ['tweezers'], 'tweezers', 7), ('mask', ['mask'], 'mask', 4), ('scissors', ['scissors'], 'scissors', 6)]


def begin(bench, p):
    expect(p, 'clear_bench')
    p.press('next')
    expect(p, 'case_empty')
    bench.put_case()
    e = expect(p, 'height')
    demand(e.get('carrier') == 'case', 'the first height is not the case\'s')
    p.press('height 45')


def lay(bench, kind, slots):
    for slot in slots:
        bench.put(kind, slot)


def answer(p, name, height, count, again=None):
    """The questions about a thing, up to the next lay_item. `again`: lays it once more, when it is asked."""
    e = expect(p, 'name')
    p.press('name ' + name)
    expect(p, 'height')
    p.press('height %g' % height)
    e = expect(p, 'count')
    demand(e['default'] == count, '%s: %d seen, not %d' % (name, e['default'], count))
    p.press('next')
    expect(p, 'lay_again')
    if again:
        again()
        e = expect(p, 'lay_again')
        demand(e['layings'] > 1, 'the second laying of %s was not kept: %s' % (name, e))
    p.press('next')


def show(bench, p, first, last, said=lambda word: None):
    for kind, slots, name, height in KIT[first:last]:
        expect(p, 'lay_item')
        said(name)
        lay(bench, kind, slots)
        answer(p, name, height, len(slots))


def teach_all(bench, folder):
    p = Program(bench, ['teach', folder], 'teach-1')
    begin(bench, p)
    show(bench, p, 0, 2)
    # a thing is shown that does not belong in, and taken back
    expect(p, 'lay_item')
    bench.put('scissors', 'scissors')
    answer(p, 'wrong one', 6, 1)
    expect(p, 'lay_item')
    p.press('undo')
    expect(p, 'remove')
    bench.do('take scissors')
    p.press('next')
    # bad answers: said so, and asked again; nothing laid: said so, and asked again
    e = expect(p, 'lay_item')
    p.press('next')
    again = expect(p, 'lay_item')
    demand(again['id'] == e['id'] and again['reason'] == 'nothing_changed', 'nothing was laid, and it says %s' % again)
    lay(bench, *KIT[2][:2])
    e = expect(p, 'name')
    p.press('name ')
    demand(expect(p, 'name').get('reason') == 'range', 'an empty name is taken')
    p.press('name ' + KIT[2][2])
    expect(p, 'height')
    p.press('height tall')
    demand(expect(p, 'height').get('reason') == 'range', 'a height that is no number is taken')
    p.press('height 12')
    expect(p, 'count')
    p.press('count 7')
    demand(expect(p, 'count').get('reason') == 'range', 'seven of one are taken')
    p.press('count 1')
    expect(p, 'lay_again')
    # once more, a little different
    bench.do('take toothbrush_green')
    time.sleep(1)
    bench.do('put toothbrush_green %.2f %.2f %.2f' % bench.at('toothbrush-green', 3.0, 0.5, 1.0))
    e = expect(p, 'lay_again')
    while e.get('layings') != 2:
        demand(e.get('reason') != 'not_kept', 'the second laying was not kept: %s' % e)
        e = expect(p, 'lay_again')
    p.press('next')
    expect(p, 'lay_item')
    # the camera goes and comes back: the question is put again
    bench.do('fault unplugged')
    demand(p.wait(lambda e: e['event'] == 'device' and e['phase'] == 'lost', 60), 'the lost camera is not told')
    bench.do('fault none')
    e = expect(p, 'lay_item')
    demand(e.get('reason') == 'camera_back', 'the camera is back, and it says %s' % e)
    lay(bench, *KIT[3][:2])
    answer(p, KIT[3][2], KIT[3][3], 1)
    show(bench, p, 4, 5)
    # power cut in the middle of a thing
    expect(p, 'lay_item')
    lay(bench, *KIT[5][:2])
    expect(p, 'name')
    p.kill()
    q = Program(bench, ['teach', folder], 'teach-2')
    e = expect(q, 'case_empty')
    demand(e.get('half_packed'), 'it does not go on with what was taught')
    bench.put_case()
    for kind, slots, _, _ in KIT[:5]:
        lay(bench, kind, slots)
    q.press('next')
    show(bench, q, 5, len(KIT))
    expect(q, 'lay_item')
    q.press('done')
    code = q.end()
    demand(code == 0, 'teach ended with %d' % code)


def check_text(bench, folder):
    out = subprocess.run([bench.program, 'validate', folder], capture_output=True, text=True)
    demand(out.returncode == 0, 'validate: ' + out.stderr)
    print('validate:', (out.stdout + out.stderr).strip() or 'nothing to say')
    with open(os.path.join(folder, 'workflow.cfg')) as f:
        text = f.read()
    for _, slots, name, _ in KIT:
        demand('"%s"' % name in text, '%s is not in the workflow' % name)
    demand('wrong one' not in text, 'what was taken back is in the workflow')


def rehearse(bench, folder):
    """Two layings of the first thing, one of them a wrong one; then it is enough."""
    p = Program(bench, ['rehearse', folder, '--format', 'json'])
    expect(p, 'case_empty')
    bench.put_case()
    p.press('next')
    tries = [('toothpaste', 'next'), ('scissors', 'name scissors'), ('pen', 'no')]
    for i, (kind, said) in enumerate(tries):
        e = expect(p, 'lay_again' if i else 'lay_item')
        bench.put(kind, 'toothpaste')
        p.press('next')
        e = p.ask()
        while e and e['what'] in ('lay_item', 'lay_again'):
            p.press('next')
            e = p.ask()
        demand(e['what'] == 'name', 'asked %s, not what it was' % e)
        print('  rehearse: %s in the place of the toothpaste: %s %s' % (kind, e['result'], e['verdict_reason']))
        p.press(said)
        e = p.ask()
        if e['what'] == 'confirm':
            p.press('no')
            e = p.ask()
        demand(e['what'] == 'remove', 'asked %s' % e)
        bench.do('take ' + kind)
        p.press('again' if i + 1 < len(tries) else 'done')
    code = p.end()
    with open(os.path.join(bench.work, 'rehearse.log')) as f:
        text = f.read()
    report = json.loads(text[text.index('{'):])
    first = report['items'][0]
    demand(code == 1 and not report['sure'], 'things that nobody laid are taken for sure')
    demand(first['right'] == 1 and first['wrong'] == 2 and first['wrong_accepted'] == 0, 'the report says %s' % first)
    print('  rehearse:', {k: v for k, v in first.items() if k != 'name'})


def release(folder):
    path = os.path.join(folder, 'workflow.cfg')
    with open(path) as f:
        text = f.read()
    with open(path, 'w') as f:
        f.write(re.sub(r'state = "draft"', 'state = "released"', text))


def places():
    return [(kind, slot, name) for kind, slots, name, _ in KIT for slot in slots]


# before a step is done right: what is laid instead (kind, turned by), and the reasons that are right
MISTAKES = {2: ('toothbrush_blue', 0, {'other_item'}), 3: ('pen', 0, {'unknown'}), 6: ('probe', 0, {'other_item', 'unknown'}),
            8: ('scaler', 0, None), 10: ('cup', 0, {'unknown', 'other_item'})}


def verdict(p, step):
    """On what lies there now; a person presses next when nothing happens."""
    mine = lambda e: e['event'] == 'verdict' and e['result'] != 'cannot_tell' and e.get('step') == step
    for _ in range(6):
        e = p.wait(mine, 4)
        if e:
            return e
        p.press('next')
    return None


def pack(bench, folder):
    p = Program(bench, ['run', folder, '--kits', '1', '--kit', 'K1'])
    expect(p, 'case_empty')
    bench.put_case(585.0, 290.0, 1.0)
    p.press('next')
    counts = {'right': 0, 'accepted': 0, 'confirm': 0, 'refused': 0, 'wrong': 0, 'caught': 0, 'reason': 0, 'false accepts': 0}
    for i, (kind, slot, name) in enumerate(places()):
        begun = p.wait(lambda e: e['event'] == 'step' and e['phase'] in ('take', 'place'), 60)
        demand(begun, 'step %d did not begin' % i)
        step = begun['step']
        if i in MISTAKES:
            wrong, turned, reasons = MISTAKES[i]
            counts['wrong'] += 1
            bench.put(wrong, slot, turned=turned)
            e = verdict(p, step)
            print('  %-18s wrong: %-16s -> %s %s' % (name, wrong, e and e['result'], e and e.get('reason')))
            if wrong != kind:
                counts['false accepts'] += bool(e and e['result'] == 'accept')
                counts['caught'] += bool(e and e['result'] == 'refuse')
                counts['reason'] += bool(e and reasons and e.get('reason') in reasons)
            if e and e['result'] == 'confirm':
                p.press('no')
            if wrong != kind:
                bench.do('take %s' % wrong)
                time.sleep(0.5)
        if not (i in MISTAKES and MISTAKES[i][0] == kind):
            bench.put(kind, slot)
        counts['right'] += 1
        for tries in range(3):
            e = verdict(p, step)
            print('  %-18s right -> %s %s' % (name, e and e['result'], e and e.get('reason')))
            if not e or e['result'] in ('accept', 'confirm'):
                break
            counts['refused'] += tries == 0
            p.press('again')
        counts['accepted'] += bool(e and e['result'] == 'accept')
        counts['confirm'] += bool(e and e['result'] == 'confirm')
        if e and e['result'] == 'confirm':
            p.press('yes')
        elif not e or e['result'] == 'refuse':
            p.press('override lies right')
    code = p.end(60)
    print('run: ended with %d; %s' % (code, counts))
    return code, counts


def main():
    program, source = sys.argv[1:3]
    work = tempfile.mkdtemp()
    folder = os.path.join(work, 'new-kit')
    try:
        bench = Bench(program, source, work)
        began = time.monotonic()
        teach_all(bench, folder)
        print('taught in %.0f s' % (time.monotonic() - began))
        check_text(bench, folder)
        rehearse(bench, folder)
        release(folder)
        code, counts = pack(bench, folder)
        demand(code == 0, 'run ended with %d' % code)
        demand(counts['false accepts'] == 0, 'a wrong one was accepted')
    except Failed as why:
        print('FAILED:', why)
        for log in sorted(os.listdir(work)):
            if log.endswith('.log'):
                with open(os.path.join(work, log)) as f:
                    print('--', log, *f.readlines()[-12:], sep='\n')
        sys.exit(1)
    finally:
        if os.environ.get('LICHTWIJZER_KEEP'):
            shutil.copytree(work, os.path.join(os.environ['LICHTWIJZER_KEEP'], 'teach'), symlinks=True, dirs_exist_ok=True,
                            ignore=lambda d, names: [n for n in names if n == 'commands'])
        shutil.rmtree(work)


main()
