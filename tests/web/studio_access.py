"""WCAG 2.2 AA beyond what axe sees: the keyboard alone from the address to the saved file, focus that is seen, targets that a
finger hits, reflow at 200 % and at 320 px, reduced motion, touch."""
import json
import time

CTRL, ALT, SHIFT, TAB, ENTER, RIGHT, DOWN = "\ue009", "\ue00a", "\ue008", "\ue004", "\ue007", "\ue014", "\ue015"
TABS_MAX = 200
TARGET_PX = 24
# What has the focus: its name as a screen reader tells it (roughly), and whether its focus is drawn.
FOCUSED = """const e = document.activeElement, s = getComputedStyle(e), inner = e.querySelector?.('.under, .line');
    const own = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, svg = inner && parseFloat(getComputedStyle(inner).strokeWidth) >= 4;
    const label = e.closest('label')?.classList.contains('file') && getComputedStyle(e.closest('label')).outlineStyle !== 'none';
    return { tag: e.tagName, key: e.dataset?.step ?? e.dataset?.path ?? e.dataset?.list ?? e.id, seen: Boolean(own || svg || label),
      name: e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || e.getAttribute('aria-labelledby') || '' };"""
SMALL = """const seen = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !e.closest('.hear') && !e.classList.contains('hear');
    const small = (e) => { const box = (e.type === 'checkbox' ? e.closest('label') ?? e : e).getBoundingClientRect();
      return box.width > 0 && (box.width < arguments[0] || box.height < arguments[0]); };
    return [...document.querySelectorAll('a[href], button, input, select, summary, [role=button], .grip')]
      .filter((e) => seen(e) && !e.closest('svg') && !e.classList.contains('skip') && small(e)).map((e) => e.outerHTML.slice(0, 120));"""


def tab_to(b, key, what):
    """Tab after Tab until the focus is there; each stop on the way must have a name and a focus that is seen."""
    for _ in range(TABS_MAX):
        at = b.js(FOCUSED)
        if at["tag"] != "BODY":
            assert at["seen"], ("the focus is not seen", at)
            assert at["name"].strip(), ("it has no name", at)
        if at["key"] == key:
            return
        b.keys(TAB)
    raise AssertionError(f"Tab never comes to {what}")


def keyboard_from_the_address(b, url, text_of):
    """A place moved, a step put elsewhere, saved: not one script between, only keys."""
    b.go(url + "edit/kit")
    b.wait("document.querySelectorAll('#overlay g.place').length > 5 && document.querySelectorAll('#steps ol .pick').length > 1", "the studio")
    before = text_of()
    first, second = b.js("return [...document.querySelectorAll('#steps ol .pick')].map((p) => p.dataset.step)")[:2]
    tab_to(b, first, "the first step")
    b.keys((ALT, DOWN))
    b.wait(f"document.querySelectorAll('#steps ol .pick')[1]?.dataset.step === {json.dumps(first)}", "the step to move down")
    b.wait("document.activeElement?.dataset?.step", "the focus to stay in the steps")
    selected = b.js("return document.querySelector('#overlay g.place[tabindex=\"0\"], #overlay g[tabindex=\"0\"]').dataset.path")
    tab_to(b, selected, "the bench")
    b.keys(RIGHT, RIGHT, (SHIFT, RIGHT), "[")
    b.wait("document.getElementById('saved').classList.contains('dirty')", "the moved place")
    b.keys((CTRL, "s"))
    b.wait("document.getElementById('save').disabled && !document.getElementById('saved').classList.contains('dirty')", "saving")
    after = text_of()
    assert before != after and "# The camera can't see whether the lid is shut." in after
    steps = after[after.index("sections = ("):]
    assert steps.index(second.split("[")[-1][:-1]) < steps.index(first.split("[")[-1][:-1]), steps
    for _ in range(2):  # as it was, for those that come after
        b.keys((CTRL, "z"))
    return before


def targets(b, what):
    small = b.js(SMALL, TARGET_PX)
    assert not small, (what, small)


def no_sideways(b, what):
    wide = b.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide[0] <= wide[1] + 1, (what, wide)


def reflow(b, url, size, what, keep):
    """Nothing is cut off sideways, all can be reached, at a window so narrow."""
    b.go(url + "edit/kit")
    b.wait("document.querySelectorAll('#overlay g.place').length > 5", "the studio")
    b.click("#steps ol li:first-child .pick")
    no_sideways(b, what)
    targets(b, what)
    keep(f"studio-{what}")
    for page in ("", "report", "login"):
        b.go(url + page)
        time.sleep(0.4)
        no_sideways(b, (page, what, size))
        targets(b, (page, what))
        keep(f"{page or 'list'}-{what}")


def nothing_moves(b):
    """With reduced motion asked for."""
    moving = b.js("""return [...document.querySelectorAll('*')].filter((e) => { const s = getComputedStyle(e);
        return s.animationName !== 'none' || s.transitionDuration.split(',').some((d) => parseFloat(d) > 0); }).map((e) => e.tagName + '.' + e.className);""")
    assert not moving, moving


def touch(b, middle_of):
    """A finger: taps a step, drags its place, drags the step."""
    b.wait("document.querySelectorAll('#overlay g.place').length > 5", "the studio")
    b.js("window.scrollTo(0, 0)")
    x, y = middle_of(b, "places[card]")
    b.drag((x, y), (x + 30, y + 20), "touch")
    b.wait("document.getElementById('saved').classList.contains('dirty')", "the finger's drag to count")
    b.click("#undo")
    b.wait("!document.getElementById('saved').classList.contains('dirty')", "undo")
    b.js("document.querySelector('#steps').scrollIntoView({ block: 'center' })")
    first = b.js("return document.querySelector('#steps ol .words').textContent")
    grips = b.js("return [...document.querySelectorAll('#steps ol .grip')].map((g) => { const r = g.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })")
    b.drag(grips[0], (grips[1][0], grips[1][1] + 30), "touch")
    b.wait(f"document.querySelectorAll('#steps ol .words')[1]?.textContent === {json.dumps(first)}", "the step to be dragged by a finger")
    b.click("#undo")
    b.wait(f"document.querySelector('#steps ol .words')?.textContent === {json.dumps(first)}", "undo")
