"""What a coach makes in the studio from nothing, by keyboard alone: a workflow with a bin, a case, a thing, its place, a
variant, an animation and a second section."""
import os
import subprocess

CTRL, TAB, SPACE, ENTER, ESCAPE, RIGHT, UP, PLUS = "\ue009", "\ue004", " ", "\ue007", "\ue00c", "\ue014", "\ue013", "+"


def press(b, css, what):
    """Goes to a button with the keyboard's own means and presses it."""
    b.wait(f"document.querySelector({css!r})", what)
    b.js("document.querySelector(arguments[0]).focus()", css)
    b.keys(ENTER)


def name(b, *words):
    """Fills the open dialog: each field, then Enter."""
    b.wait("document.getElementById('dialog').open && document.activeElement.tagName === 'INPUT'", "the question for a name")
    for i, word in enumerate(words):
        if i:
            b.keys(TAB)
        b.keys(*word)
    b.keys(ENTER)


def unfold(b, kind):
    b.js("document.querySelector(`[data-list='${arguments[0]}']`).focus()", kind)
    b.keys(ENTER)
    b.wait(f"document.querySelector(\"[data-list='{kind} add']\").offsetHeight > 0", kind)


def drawn(b, *keys):
    b.wait("document.querySelector('#drawing') && document.activeElement.closest('g.new')", "the drawing to begin")
    b.keys(*keys, ENTER)
    b.wait("!document.querySelector('#drawing')", "the drawing to end")


def selected(b, path):
    b.wait(f"document.querySelector('#panel [data-key^=\"{path}\"]')", path)


def make_it(b, url, home, program):
    b.go(url)
    b.wait("document.querySelector('.card')", "the list")
    press(b, "#new button", "new workflow")
    name(b, "Zelf gemaakt")
    b.wait("location.pathname === '/edit/zelf-gemaakt' && document.getElementById('lists')?.children.length === 4", "the new workflow")
    unfold(b, "bins")
    press(b, "[data-list='bins add']", "add a bin")
    name(b, "Left bin", "Linkerbak")
    drawn(b, *[(("\ue008"), "\ue012")] * 30, PLUS, PLUS)
    selected(b, "bins[left-bin]")
    unfold(b, "carriers")
    press(b, "[data-list='carriers add']", "add a case")
    name(b, "Tray", "Blad")
    drawn(b, *[PLUS] * 30)
    selected(b, "carriers[tray]")
    unfold(b, "items")
    press(b, "[data-list='items add']", "add a thing")
    name(b, "Red cup", "Rode beker")
    selected(b, "items[red-cup]")
    press(b, "[data-key='place for it']", "add a place")
    drawn(b, RIGHT, RIGHT, UP)
    b.wait("document.querySelectorAll('#overlay g.place').length === 1", "the place on the bench")
    unfold(b, "variants")
    press(b, "[data-list='variants add']", "add a variant")
    name(b, "Child", "Kind")
    selected(b, "variants[child]")
    press(b, "#steps ol .pick", "the step")
    selected(b, "sections[whole].steps[red-cup]")
    when = "sections[whole].steps[red-cup].when"
    b.type(f"#panel [data-key='{when}']", "not")
    b.wait("document.querySelector('#panel .problems .error')", "the checker to say that the condition is not whole")
    b.type(f"#panel [data-key='{when}']", " child")
    b.wait("!document.querySelector('#panel .problems .error')", "the condition to be good")
    press(b, "#add-section", "add a section")
    name(b, "At the end", "Aan het einde")
    b.wait("document.querySelectorAll('#steps .section').length === 2", "the section")
    press(b, "#steps .section:last-child .add button", "add a step")
    b.wait("document.activeElement.id === 'confirm-words'", "the question for a step")
    b.keys(*"All in?", ENTER)
    b.wait("document.querySelectorAll('#steps .section:last-child ol .pick').length === 1", "the step")
    b.keys((CTRL, "s"))
    b.wait("document.getElementById('save').disabled && !document.getElementById('saved').classList.contains('dirty')", "saving")
    with open(os.path.join(home, "workflows/zelf-gemaakt/workflow.cfg"), encoding="utf-8") as file:
        text = file.read()
    for part in ('name = { nl = "Linkerbak"; en = "Left bin"; }', 'when = "not child"', '# Where each thing belongs.', 'carrier = "tray"; item = "red-cup"',
                 '{ kind = "confirm"; id = "all-in"; text = { en = "All in?"; }; }'):
        assert part in text, (part, text)
    done = subprocess.run([program, "validate", "--quick", os.path.join(home, "workflows/zelf-gemaakt")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def an_animation(b, url):
    """Pictures one after the other, in their order; and the language of the reader, kept."""
    b.go(url + "edit/kit")
    b.wait("document.querySelectorAll('#overlay g.place').length > 5", "the places")
    unfold(b, "items")
    press(b, "[data-list='items[card]']", "the card")
    selected(b, "items[card]")
    b.js("document.querySelector('#panel details.more').open = true")
    for picture in ("card.jpg", "cup.jpg"):
        press(b, "[data-key='items[card].frames add']", "add a picture")
        press(b, f"#dialog [aria-label='pictures/{picture}']", picture)
        b.wait(f"[...document.querySelectorAll('.frames .words')].at(-1)?.textContent === '{picture}'", picture)
    press(b, "[data-key^='items[card].frames Earlier'][data-key$=' 1']", "earlier")
    b.wait("[...document.querySelectorAll('.frames .words')].map((w) => w.textContent).join() === 'cup.jpg,card.jpg'", "the other order")
    while b.js("return !document.getElementById('undo').disabled"):
        b.click("#undo")


def language_is_kept(b, url):
    b.go(url)
    b.wait("document.getElementById('language')", "the choice of language")
    b.js("const s = document.getElementById('language'); s.value = 'nl'; s.dispatchEvent(new Event('change'))")
    b.wait("document.documentElement.lang === 'nl' && document.querySelector('.card')", "Dutch")
    b.go(url + "report")
    b.wait("document.querySelector('h1')?.textContent === 'Tellingen'", "Dutch on the next page")
    b.wait("document.getElementById('language')", "the choice of language")
    b.js("const s = document.getElementById('language'); s.value = 'en'; s.dispatchEvent(new Event('change'))")
    b.wait("document.querySelector('h1')?.textContent === 'Counts'", "English again")
