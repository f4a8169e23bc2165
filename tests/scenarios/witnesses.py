#!/usr/bin/python3
"""witnesses.py PROGRAM SOURCE [STEP…]: packs workflows/_witnesses on the pretend bench: each kind of witness agrees with what is
right, and refuses or leaves to a person what is not. A script plays the person."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import taught_bench  # noqa: E402
from taught_bench import Bench, Failed, Program, demand  # noqa: E402

HOME = (322.0, 168.0, 2.0)
taught_bench.SLOTS.update({'vitamin': (-62.0, 46.0, 0.0), 'mineral': (62.0, 46.0, 0.0), 'leaflet': (-80.0, -32.0, 0.0),
                           'swab': (14.0, -14.0, 0.0), 'sterile': (14.0, -48.0, 0.0), 'screw': (96.0, -34.0, 0.0)})
BINS = {'vitamin': (74, 190), 'mineral': (74, 280), 'leaflet': (566, 190), 'swab': (230, 366), 'sterile': (410, 366)}


def reach(bench, name):
    """A hand goes into a bin and comes back."""
    x, y = BINS[name]
    for i in range(14):  # never still: the station would look, and see a hand
        bench.do('hand %.1f %.1f 70' % (x + 3 * (i % 2), y - 12 * abs(i - 7)))
        time.sleep(0.06)
    bench.do('hand away')
    time.sleep(0.3)


def shown(p, step):
    e = p.wait(lambda e: e['event'] == 'end' or (e['event'] == 'step' and e.get('step') == step and e.get('phase') in ('take', 'place')))
    demand(e and e['event'] == 'step', '%s is not shown: %s' % (step, e))
    time.sleep(0.2)


def verdict(p, step, result, reason=None, seen=None):
    e = p.wait(lambda e: e['event'] in ('verdict', 'end') and e.get('result') != 'cannot_tell')
    demand(e and e['event'] == 'verdict' and e.get('step') == step and e.get('result') == result and
           (not reason or e.get('reason') == reason) and (not seen or e.get('seen') == seen),
           '%s: wanted %s %s %s, got %s' % (step, result, reason, seen, e))
    return e


def said(e, kind):
    for w in e.get('witness', []):
        if w['kind'] == kind:
            return w['says']
    return None


def lay(bench, kind, slot):
    bench.put(kind, slot, jitter=(1.0, 2.0))


def marker(bench, p):
    """Two sachets that the camera alone can't tell apart."""
    shown(p, 'vitamin')
    lay(bench, 'mineral', 'vitamin')
    e = verdict(p, 'vitamin', 'refuse', 'other_item', 'mineral')
    bench.do('take mineral')
    time.sleep(1.0)
    lay(bench, 'vitamin', 'vitamin')
    e = verdict(p, 'vitamin', 'accept')
    demand(said(e, 'marker') == 'agrees', 'accepted without its tag: %s' % e)
    shown(p, 'mineral')
    lay(bench, 'mineral', 'mineral')
    verdict(p, 'mineral', 'accept')


def code(bench, p):
    shown(p, 'leaflet')
    lay(bench, 'leaflet_old', 'leaflet')
    e = verdict(p, 'leaflet', 'refuse')
    bench.do('take leaflet_old')
    time.sleep(1.0)
    lay(bench, 'leaflet', 'leaflet')
    e = verdict(p, 'leaflet', 'accept')
    demand(said(e, 'code') == 'agrees', 'accepted without its code: %s' % e)


def bins(bench, p):
    """Two swabs that nothing tells apart but where they are taken from."""
    shown(p, 'swab')
    reach(bench, 'sterile')
    lay(bench, 'sterile', 'swab')
    verdict(p, 'swab', 'refuse', 'other_item', 'sterile')
    bench.do('take sterile')
    time.sleep(1.0)
    reach(bench, 'swab')
    lay(bench, 'swab', 'swab')
    e = verdict(p, 'swab', 'accept')
    demand(said(e, 'bin') == 'agrees', 'accepted without its bin: %s' % e)


def confirm(bench, p):
    shown(p, 'sterile')
    reach(bench, 'sterile')
    lay(bench, 'sterile', 'sterile')
    e = verdict(p, 'sterile', 'confirm')
    demand(said(e, 'bin') == 'agrees', 'the bin was right: %s' % e)
    p.press('yes')


def region(bench, p):
    shown(p, 'screw-in')
    p.press('next')  # not yet: said so
    verdict(p, 'screw-in', 'refuse', 'missing')
    lay(bench, 'washer', 'screw')
    verdict(p, 'screw-in', 'refuse', 'unknown')
    bench.do('take washer')
    time.sleep(1.0)
    lay(bench, 'screw', 'screw')
    e = verdict(p, 'screw-in', 'accept')
    demand(said(e, 'region') == 'agrees', 'accepted without the region: %s' % e)


def again(bench):
    """Each kept look is judged again by the same code, and says the same."""
    out = subprocess.run([bench.program, 'replay', os.path.join(bench.work, 'data/explain')], stdout=subprocess.PIPE, check=True)
    looks = [json.loads(line) for line in out.stdout.decode().splitlines()]
    demand(len(looks) >= 8, 'only %d looks were kept' % len(looks))
    for look in looks:
        demand(look['result'] == look['result_then'] and look.get('reason') == look.get('reason_then'), 'judged otherwise: %s' % look)
    print(len(looks), 'kept looks judged again')


def main():
    program, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    work = tempfile.mkdtemp()
    kept = os.environ.get('LICHTWIJZER_KEEP')
    p = None
    try:
        bench = Bench(program, source, work, kit='_witnesses', size=(640.0, 420.0))
        with open(bench.station, 'a') as f:
            f.write('explain = "case";\n')
        bench.put_case(*HOME)
        p = Program(bench, ['run', os.path.join(source, 'workflows/_witnesses'), '--kits', '1', '--kit', 'w'], fast=False)
        for part in (marker, code, bins, confirm, region):
            part(bench, p)
            print(part.__name__, 'good', flush=True)
        e = p.wait(lambda e: e['event'] in ('end',) or (e['event'] == 'kit' and e.get('phase') == 'ended'))
        demand(e, 'the kit did not end')
        p.end()
        again(bench)
    except Failed as f:
        print('FAILED:', f)
        return 1
    finally:
        if p:
            p.kill()
        if kept:
            shutil.copytree(work, kept, dirs_exist_ok=True, ignore=lambda d, names: [n for n in names if n == 'commands'])
        shutil.rmtree(work, ignore_errors=True)
    return 0


sys.exit(main())
