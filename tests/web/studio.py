#!/usr/bin/env python3
"""A coach at the studio, in real Chromium: drags a place, renames a step in Dutch, saves, and the result is packed on the
pretend bench. LICHTWIJZER_KEEP=DIR keeps screenshots of each page in each language and size. Exit code 77: skipped."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser as web  # noqa: E402
import studio_access as access  # noqa: E402
import studio_new as new  # noqa: E402

SOURCE = os.environ.get("LICHTWIJZER_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("LICHTWIJZER_BUILD", os.path.join(SOURCE, "build"))
KEEP = os.environ.get("LICHTWIJZER_KEEP", "")
PROGRAM = os.path.join(BUILD, "station/lichtwijzer")
SIZES = {"desktop": (1440, 900), "tablet": (820, 1180)}
CTRL, ALT, SHIFT, UP, DOWN, LEFT, RIGHT, PAGE_DOWN, ENTER, ESCAPE = (
    "\ue009", "\ue00a", "\ue008", "\ue013", "\ue015", "\ue012", "\ue014", "\ue00f", "\ue007", "\ue00c")
# Things and places of the dental kit, but few steps: enough to be packed in a test.
STEPS = """        { id = "lay-card"; place = "card"; text = { nl = "Leg de kaart."; en = "Lay the card."; }; },
        # The camera can't see whether the lid is shut.
        { kind = "confirm"; id = "shut"; text = { nl = "Is alles klaar?"; en = "All ready?"; }; }
"""


def make_kit(folder):
    shutil.copytree(os.path.join(SOURCE, "workflows/dental-kit"), folder)
    path = os.path.join(folder, "workflow.cfg")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text[:text.index("sections = (")] + ('sections = (\n    { id = "all"; name = { nl = "Alles"; en = "All"; };\n      steps = (\n'
                                                + STEPS + "      ); }\n);\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace('state = "released"', 'state = "draft"'))


class Station:
    def __init__(self, home, language, scene=f"{SOURCE}/workflows/dental-kit/pretend.cfg"):
        self.home = home
        self.cfg = os.path.join(home, f"station-{language}.cfg")
        with open(self.cfg, "w", encoding="utf-8") as file:
            file.write(f'data = "{home}/data"; language = "{language}";\n'
                       'camera = { source = "pretend"; width = 1280; height = 720; fps = 15.0; };\n'
                       f'pretend = {{ scene = "{scene}"; }};\n')

    def verb(self, *arguments):
        done = subprocess.run([PROGRAM, *arguments, "--station", self.cfg], capture_output=True, text=True, timeout=170, check=False)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-500:]} {done.stderr[-800:]}"
        return done.stdout

    def serve(self):
        self.process = subprocess.Popen([PROGRAM, "serve", "127.0.0.1:0", os.path.join(self.home, "workflows"), "--station", self.cfg],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening http://127.0.0.1:"), line
        return line.split()[1]

    def end(self):
        if getattr(self, "process", None):
            self.process.terminate()
            self.process.wait(20)
            self.process.stdout.close()


def middle_of(b, path):
    """Where a thing lies in the window."""
    return b.js("""const r = document.querySelector(`[data-path="${arguments[0]}"] .line`).getBoundingClientRect();
                   return [r.x + r.width / 2, r.y + r.height / 2];""", path)


def open_kit(b, url):
    begun = time.monotonic()
    b.go(url + "edit/kit")
    b.wait("document.querySelectorAll('#overlay g.place').length > 5", "the places on the bench")
    return time.monotonic() - begun


def text_of(home):
    with open(os.path.join(home, "workflows/kit/workflow.cfg"), encoding="utf-8") as file:
        return file.read()


def other_person(url, edits):
    """Somebody else's browser, as plain requests."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.open(url).read()
    token = json.load(opener.open(url + "api/state"))["token"]
    base = json.load(opener.open(url + "api/version/kit"))["hash"]
    request = urllib.request.Request(url + "api/save/kit", json.dumps({"base": base, "edits": edits}).encode(),
                                     {"X-Lichtwijzer-Token": token, "Content-Type": "application/json"})
    assert opener.open(request).status == 200


def saved(b):
    b.wait("!document.getElementById('saved').classList.contains('dirty') && document.getElementById('save').disabled", "saving")


# ---- what a coach does ----

def drag_rename_save(b, url, home):
    before = text_of(home)
    seconds = open_kit(b, url)
    print(f"the studio opened in {seconds * 1000:.0f} ms")
    b.wait("document.getElementById('live').width > 300", "the live picture")
    x, y = middle_of(b, "places[card]")
    b.drag((x, y), (x + 12, y + 9))
    b.wait("document.getElementById('saved').classList.contains('dirty')", "the drag to count as a change")
    b.click("#steps ol li:first-child .pick")
    b.clear("#panel input[data-key$='.text.nl']")
    b.type("#panel input[data-key$='.text.nl']", "Leg de \"kaart\" hier")
    b.keys((CTRL, "s"))
    saved(b)
    after = text_of(home)
    changed = [(o, n) for o, n in zip(before.split("\n"), after.split("\n")) if o != n]
    assert len(before.split("\n")) == len(after.split("\n")) and len(changed) == 2, changed
    assert 'nl = "Leg de \\"kaart\\" hier"; en = "Lay the card.";' in changed[1][1], changed
    old, new = (float(re.search(r"x_mm = ([-\d.]+)", c).group(1)) for c in changed[0])
    assert 5 < new - old < 40, (old, new)
    assert "# The camera can't see whether the lid is shut." in after


def live_pictures(b):
    rate = b.js_async("""const done = arguments[0]; let after = 0, n = 0; const until = performance.now() + 3000;
        (async () => { while (performance.now() < until) { const r = await fetch('/api/bench.jpg?after=' + after);
        if (r.status === 200) { after = r.headers.get('X-Sequence'); await r.blob(); n++; } } done(n / 3); })();""")
    print(f"{rate:.1f} pictures of the bench a second")
    return rate


def keyboard_alone(b):
    b.js("document.querySelector('[data-path=\"places[card]\"]').focus()")
    read = "[...document.querySelectorAll('#panel input[data-key=\"places[card].x_mm\"], #panel input[data-key=\"places[card].angle_deg\"]')].map((i) => Number(i.value))"
    x, angle = b.wait(read, "the fields of the place")
    b.keys(RIGHT, RIGHT, (SHIFT, RIGHT), LEFT, "[", "[", "]")
    b.wait(f"JSON.stringify({read}) === '{json.dumps([x + 11, angle + 1], separators=(',', ':'))}'.replaceAll('.0', '')", "the keys to move it")
    b.keys((CTRL, "z"))
    b.keys((CTRL, "z"))
    b.wait("!document.getElementById('saved').classList.contains('dirty')", "undo to take all back")
    b.js("document.querySelector('#steps ol .pick').focus()")
    first = b.js("return document.querySelector('#steps ol .words').textContent")
    b.keys((ALT, DOWN))
    b.wait(f"document.querySelectorAll('#steps ol .words')[1]?.textContent === {json.dumps(first)}", "the step to move down")
    b.click("#undo")
    b.wait(f"document.querySelector('#steps ol .words')?.textContent === {json.dumps(first)}", "undo")
    b.click("#redo")
    b.wait(f"document.querySelectorAll('#steps ol .words')[1]?.textContent === {json.dumps(first)}", "redo")
    b.click("#undo")
    b.wait(f"document.querySelector('#steps ol .words')?.textContent === {json.dumps(first)}", "undo")


def snaps(b):
    """Onto the grid, and onto a neighbour's line."""
    at = "((g) => g.getAttribute('aria-label').match(/x ([-.0-9]+), y ([-.0-9]+)/).slice(1).map(Number))"
    card = f"return {at}(document.querySelector('[data-path=\"places[card]\"]'))"
    others = f"return [...document.querySelectorAll('#overlay g.place')].filter((g) => g.dataset.path !== 'places[card]').map({at})"
    settings = """const g = document.getElementById('grid'), n = document.getElementById('neighbours'); g.value = arguments[0]; n.checked = arguments[1];
        g.dispatchEvent(new Event('change')); n.dispatchEvent(new Event('change'));"""
    b.js(settings, "10", False)
    x, y = middle_of(b, "places[card]")
    b.drag((x, y), (x + 23, y + 17))
    on_grid = b.js(card)
    assert on_grid[0] % 10 == 0 and on_grid[1] % 10 == 0, on_grid
    b.js(settings, "0", True)
    px_per_mm = b.js("const o = document.getElementById('overlay'); return o.clientWidth / o.viewBox.baseVal.width;")
    x, y = middle_of(b, "places[card]")
    b.drag((x, y), (x, y - round((b.js(others)[0][1] - on_grid[1]) * px_per_mm) + 1))
    in_line = b.js(card)
    assert in_line[1] != on_grid[1] and in_line[1] in [o[1] for o in b.js(others)], (in_line, on_grid)
    b.js(settings, "1", True)
    while b.js("return !document.getElementById('undo').disabled"):
        b.click("#undo")


def drag_a_step(b):
    first = b.js("return document.querySelector('#steps ol .words').textContent")
    at = b.js("return [...document.querySelectorAll('#steps ol .grip')].map((g) => { const r = g.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })")
    b.drag(at[0], (at[1][0], at[1][1] + 30))
    b.wait(f"document.querySelectorAll('#steps ol .words')[1]?.textContent === {json.dumps(first)}", "the step to be dragged down")
    b.click("#undo")
    b.wait(f"document.querySelector('#steps ol .words')?.textContent === {json.dumps(first)}", "undo")


def warnings_live(b):
    b.click("#steps ol li:nth-child(2) .pick")
    b.clear("#panel input[data-key$='.text.nl']")
    b.wait("[...document.querySelectorAll('#problems .warning')].some((li) => li.textContent.includes('\"shut\"'))", "the checker to say what is missing")
    b.wait("document.querySelector('#steps ol li:nth-child(2) .mark.warning')", "the mark on the step")
    while b.js("return !document.getElementById('undo').disabled"):
        b.click("#undo")
    b.wait("!document.querySelector('#steps ol li:nth-child(2) .mark')", "the warning to go with undo")


def nothing_is_lost(b, url):
    open_kit(b, url)
    b.click("#steps ol li:first-child .pick")
    b.type("#panel input[data-key$='.text.en']", " Now")
    b.wait("document.getElementById('saved').classList.contains('dirty')", "the change")
    b.js("window.onbeforeunload = null; location.replace('/login')")
    open_kit(b, url)
    b.wait("document.getElementById('saved').classList.contains('dirty')", "what was not saved to be there again")


def two_people(b, url, home):
    other_person(url, [{"words": "items[card].name", "language": "en", "to": "Paper card"}])
    b.wait("document.getElementById('dialog').open", "the other person to be noticed")
    assert "Paper card" in b.js("return document.getElementById('dialog').textContent")
    b.click("#dialog .primary")
    b.wait("!document.getElementById('dialog').open", "the question to close")
    b.wait("!document.getElementById('save').disabled", "my change on top of theirs")
    b.click("#save")
    saved(b)
    text = text_of(home)
    assert 'en = "Paper card"' in text and "Lay the card. Now" in text


def on_the_bench(b):
    b.click("#steps ol li:first-child .pick")
    b.click("#project")
    b.wait("document.getElementById('project').checked", "the projection")
    time.sleep(1)
    assert not b.js("return document.getElementById('status').classList.contains('error')")
    b.click("#project")


# ---- each page, looked at ----

def check_axe(b, axe, what):
    if not axe:
        return
    b.js(axe)
    found = b.js_async("""const done = arguments[0]; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
        .then((r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).slice(0, 3).join(' '))));""")
    assert not found, f"{what}: {found}"


def look(b, axe, name):
    check_axe(b, axe, name)
    access.targets(b, name)
    if KEEP:
        os.makedirs(KEEP, exist_ok=True)
        b.picture(os.path.join(KEEP, name + ".png"))


def every_page(b, url, axe, tag):
    b.go(url)
    b.wait("document.querySelector('.card')", "the list")
    look(b, axe, "list-" + tag)
    open_kit(b, url)
    b.wait("document.getElementById('live').width > 300", "the live picture")
    time.sleep(1.5)
    look(b, axe, "studio-" + tag)
    b.click("#steps ol li:first-child .pick")
    b.js("document.getElementById('look').value = 'case'; document.getElementById('look').dispatchEvent(new Event('change'))")
    time.sleep(0.5)
    look(b, axe, "step-" + tag)
    for button, name in (("#panel .picture button", "pictures"), ("#diff", "changes"), (".add button", "add")):
        b.click(button)
        b.wait("document.getElementById('dialog').open", name)
        look(b, axe, f"{name}-{tag}")
        b.click("#dialog .dialog-head button")
    b.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    look(b, axe, "everything-" + tag)
    b.js("document.querySelector(\"[data-list='items add']\").click()")
    b.wait("document.getElementById('dialog').open", "the question for a thing")
    look(b, axe, "new-thing-" + tag)
    b.click("#dialog .dialog-head button")
    b.js("document.querySelector(\"[data-list='items[card]']\").click()")
    b.wait("document.querySelector(\"#panel [data-key='place for it']\")", "the thing")
    b.js("document.querySelector(\"#panel [data-key='place for it']\").click()")
    b.wait("document.getElementById('drawing')", "the drawing")
    look(b, axe, "drawing-" + tag)
    b.click("#drawing button:last-child")
    for page in ("report", "login"):
        b.go(url + page)
        time.sleep(0.4)
        look(b, axe, f"{page}-{tag}")


def work(home, axe):
    station = Station(home, "en")
    station.verb("calibrate", "--auto", "--fast", "--raised", "100")
    b = None
    try:
        url = station.serve()
        b = web.Browser(os.path.join(home, "profile"), *SIZES["desktop"])
        b.go(url)
        b.wait("document.querySelector('.card')", "the list of workflows")
        drag_rename_save(b, url, home)
        live_pictures(b)
        keyboard_alone(b)
        snaps(b)
        drag_a_step(b)
        warnings_live(b)
        on_the_bench(b)
        nothing_is_lost(b, url)
        two_people(b, url, home)
        new.an_animation(b, url)
        new.make_it(b, url, home, PROGRAM)
        new.language_is_kept(b, url)
        kept = access.keyboard_from_the_address(b, url, lambda: text_of(home))
        with open(os.path.join(home, "workflows/kit/workflow.cfg"), "w", encoding="utf-8") as file:
            file.write(kept)
        troubles = [x for x in b.troubles() if "409" not in x]  # that somebody else saved is said so
        assert not troubles, troubles
        every_page(b, url, axe, "en-desktop")
        b.close()
        b = web.Browser(os.path.join(home, "profile-tablet"), *SIZES["tablet"], touch=True)
        open_kit(b, url)
        access.touch(b, middle_of)
        every_page(b, url, axe, "en-tablet")
        for width, height, what in ((720, 450, "zoom-200"), (320, 640, "zoom-400")):
            b.close()
            b = web.Browser(os.path.join(home, "profile-" + what), width, height, touch=True, still=True)
            access.reflow(b, url, (width, height), what, lambda name: look(b, axe, name))
            access.nothing_moves(b)
    except AssertionError:
        if b and KEEP:
            os.makedirs(KEEP, exist_ok=True)
            b.picture(os.path.join(KEEP, "failed.png"))
        raise
    finally:
        if b:
            b.close()
        station.end()


def in_dutch(home, axe):
    station = Station(home, "nl")
    b = None
    try:
        url = station.serve()
        for size, (width, height) in SIZES.items():
            b = web.Browser(os.path.join(home, "profile-nl-" + size), width, height, touch=size == "tablet")
            every_page(b, url, axe, "nl-" + size)
            b.go(url)
            assert b.wait("document.querySelector('h1')?.textContent", "the head") == "Workflows"
            assert b.js("return document.documentElement.lang") == "nl"
            b.close()
            b = None
    finally:
        if b:
            b.close()
        station.end()


def moved_scene(home):
    """The pretend person lays things where the scene says: the card goes where the coach dragged its place."""
    at = re.search(r'id = "card"; item = "card"; x_mm = ([-\d.]+); y_mm = ([-\d.]+);', text_of(home))
    with open(os.path.join(SOURCE, "workflows/dental-kit/pretend.cfg"), encoding="utf-8") as file:
        scene, count = re.subn(r'id = "card"; x_mm = [-\d.]+; y_mm = [-\d.]+;',
                               f'id = "card"; x_mm = {float(at[1])}; y_mm = {float(at[2])};', file.read())
    assert count == 1
    path = os.path.join(home, "pretend.cfg")
    with open(path, "w", encoding="utf-8") as file:
        file.write(scene)
    return path


def pack_it(home):
    station = Station(home, "nl", moved_scene(home))
    station.verb("validate", os.path.join(home, "workflows/kit"))
    out = station.verb("run", os.path.join(home, "workflows/kit"), "--kits", "1", "--fast", "--events", "-")
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert any(e["event"] == "verdict" and e.get("result") == "accept" and e.get("place") == "card" for e in events)
    assert events[-1]["event"] == "end" and events[-1]["result"] == "complete", events[-1]
    print("the saved workflow was packed on the pretend bench")


def main():
    missing = web.available()
    if missing:
        print("skipped: " + missing)
        return 77
    axe, why = web.axe_source(os.path.join(BUILD, "axe"))
    if why:
        print("without axe: " + why)
    with tempfile.TemporaryDirectory(prefix="lichtwijzer-studio-", ignore_cleanup_errors=True) as home:
        make_kit(os.path.join(home, "workflows/kit"))
        work(home, axe)
        in_dutch(home, axe)
        pack_it(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
