"""Drives a real Chromium over WebDriver, with the standard library alone."""
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]


def available():
    """What is missing, or ''."""
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            return f"{program} is not installed (Debian: chromium chromium-driver)"
    return ""


class Browser:
    def __init__(self, folder, width, height, touch=False, still=False):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{self.port}"
        for _ in range(200):
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        options = {"binary": shutil.which("chromium"),
                   "args": FLAGS + (["--force-prefers-reduced-motion"] if still else []) + [f"--window-size={width},{height}", f"--user-data-dir={folder}"]}
        if touch:
            options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1, "touch": True}}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += "/session/" + session["sessionId"]

    def call(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def close(self):
        try:
            self.call("DELETE", "")
        except (AssertionError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait(10)

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def js(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def js_async(self, script, *arguments):
        return self.call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def wait(self, script, what, seconds=20):
        """Until the script gives something true; returns it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            value = self.js("return " + script)
            if value:
                return value
            time.sleep(0.03)
        raise AssertionError(f"waited in vain for {what}; status: {self.js('return document.getElementById(`status`)?.textContent')}")

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def on(self, css, what, body=None):
        """Once more when the page was drawn anew just then."""
        for left in (3, 2, 1, 0):
            try:
                return self.call("POST", f"/element/{self.find(css)}/{what}", body)
            except AssertionError as error:
                if "stale" not in str(error) or not left:
                    raise
                time.sleep(0.1)

    def click(self, css):
        self.on(css, "click")

    def type(self, css, keys):
        self.on(css, "value", {"text": keys})

    def clear(self, css):
        """As a person does it: all is chosen and removed."""
        self.click(css)
        self.keys(("\ue009", "a"), "\ue003")

    def keys(self, *keys):
        """Presses keys one after the other on what has the focus; a tuple is pressed together."""
        actions = []
        for key in keys:
            together = key if isinstance(key, tuple) else (key,)
            actions += [{"type": "keyDown", "value": k} for k in together] + [{"type": "keyUp", "value": k} for k in reversed(together)]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def drag(self, start, end, pointer="mouse"):
        move = lambda p, ms: {"type": "pointerMove", "x": round(p[0]), "y": round(p[1]), "duration": ms}
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "finger" if pointer == "touch" else "mouse",
            "parameters": {"pointerType": pointer}, "actions": [move(start, 0), {"type": "pointerDown", "button": 0},
            move(middle, 60), move(end, 60), {"type": "pointerUp", "button": 0}]}]})

    def size(self, width, height):
        self.call("POST", "/window/rect", {"width": width, "height": height})

    def picture(self, path):
        import base64
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def troubles(self):
        """What the page complained of in its console."""
        return [e["message"] for e in self.call("POST", "/se/log", {"type": "browser"}) if e["level"] == "SEVERE"]


def axe_source(folder):
    """axe-core's script from npm (never kept in the tree), or None and why."""
    path = os.path.join(folder, "node_modules/axe-core/axe.min.js")
    if not os.path.exists(path):
        if not shutil.which("npm"):
            return None, "npm is not installed"
        os.makedirs(folder, exist_ok=True)
        try:
            subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", "axe-core@4"],
                           check=True, capture_output=True, timeout=60)
        except (subprocess.SubprocessError, OSError):
            return None, "axe-core could not be fetched from npm"
    with open(path, encoding="utf-8") as file:
        return file.read(), ""
