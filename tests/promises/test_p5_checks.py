"""Answers stay in the frame: nothing of them leaves, by no way out that a page has; and they are nowhere afterwards."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from threading import Thread

import pytest
from playwright.async_api import BrowserContext, Frame, Locator, Page, Playwright, async_playwright

from tests.browser.visitor import QUIET
from tests.promises.recorded import Care
from tests.promises.scan import Needles, shapes
from tests.promises.twins import Caught

WAYS = (Path(__file__).parent / "ways_out.mjs").read_text("utf-8").replace("export const", "const")
STAY = re.findall(r"^  '?([\w -]+?)'?: (?:async )?\(", WAYS.partition("const GO")[0].partition("const STAY")[2], re.MULTILINE)
GO = re.findall(r"^  (\w+): \(", WAYS.partition("const GO")[2].partition("const attempt")[0], re.MULTILINE)
OPEN = ("webrtc", "webrtc of another window", "popup", "service worker")  # of a page with a name: docs/decisions/030
PHRASE = "seven slow grey herons"
MARK = "what-somebody-answered-3120"
ANSWERED = "3332" + "3120312" + "31203" + "1" + "11101" + "43210432104321043210"  # as pressed, question by question
SENT = re.compile(r'"line":"\w+ ([^" ]*via=([\w-]+)[^" ]*)')  # what went over a wire, as the browser's own log has it
AHEAD = ("dns-prefetch", "preconnect")  # names looked up before anybody goes there: no browser has a policy for it (decision 030)
LOOKED_UP = re.compile(r"via-([\w-]+)\.leak\.example")
KEPT = """async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.title,
  (await indexedDB.databases()).map(({ name }) => name), (await caches.keys()).filter((name) => !name.startsWith('notes-'))])"""


class Elsewhere:
    """Another origin, which notes what reaches it; and a port for calls without a connection."""

    def __init__(self) -> None:
        heard = self.heard = list[str]()

        class Note(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_HEAD = do_OPTIONS = do_GET  # the library's names

            def log_message(self, format: str, *given: object) -> None:
                return None

        self._web = ThreadingHTTPServer(("127.0.0.1", 0), Note)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._udp.setblocking(False)
        self.url = f"http://127.0.0.1:{self._web.server_address[1]}"
        self.stun = f"127.0.0.1:{self._udp.getsockname()[1]}"
        Thread(target=self._web.serve_forever, daemon=True).start()

    def called(self) -> bool:
        """Whether a packet came since the last look."""
        try:
            return bool(self._udp.recv(2048))
        except BlockingIOError:
            return False

    def close(self) -> None:
        self._web.shutdown()
        self._web.server_close()
        self._udp.close()


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    there = Elsewhere()
    try:
        yield there
    finally:
        there.close()


@dataclass
class Seen:
    """What one browser and one care half have shown."""

    found: list[str] = field(default_factory=list)  # broken promises, each named
    tried: int = 0
    results: list[str] = field(default_factory=list)
    kept: str = ""


async def _questions(page: Page, care: str) -> Frame:
    await page.goto(f"{care}/check?lang=en")
    await page.locator("html[data-live]").wait_for()
    (inner,) = (frame for frame in page.frames if frame != page.main_frame)
    await inner.locator("[data-days]").first.wait_for()
    return inner


async def _attempt(where: Page | Frame, ways: str, names: list[str], base: str, stun: str) -> None:
    given = {"base": base, "stun": stun, "mark": MARK}
    await where.evaluate(f"([names, given]) => {{ {WAYS}\nreturn attempt({ways}, names, given); }}", [names, given])


async def _press(button: Locator) -> None:
    """By the page's own means: a key goes to whichever frame has the eye, and now and then that is the other one."""
    await button.evaluate("(button) => button.click()")


async def _answer_all(page: Page, care: str, seen: Seen) -> None:
    """Every set of questions there is, each answered; the page around asks nothing of anybody meanwhile."""
    inner = await _questions(page, care)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    before, asked = await page.evaluate(KEPT), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    await _press(inner.locator("[data-days='0']"))
    await _press(inner.locator("[data-colour='3']"))
    await _press(page.locator("#again"))
    await _press(inner.locator("#stop"))
    await _press(inner.locator("[data-days='30']"))
    for part in ("3332", "3120312", "31203", "1" + "11101", "43210432104321043210"):
        if part != "3332":
            await _press(inner.locator("#on"))
        for n, value in enumerate(part):
            await _press(inner.locator("#options button").nth(int(value)))
            if part == "3120312" and n == 6:  # the ninth of the PHQ-9
                await _press(page.locator("#again"))
                await _press(inner.locator("#further"))
    await _press(inner.locator("#figures summary"))
    seen.results = await inner.locator("#figures li").all_inner_texts()
    seen.found += [f"asked while answering: {url}" for url in asked]
    if (after := await page.evaluate(KEPT)) != before:
        seen.found.append(f"kept by the page while answering: {after}")
    await _keep(page, inner, seen)
    seen.found += [f"asked while keeping: {url}" for url in asked]


async def _keep(page: Page, inner: Frame, seen: Seen) -> None:
    """The figures are kept, by a press, under a phrase: as one block, whatever it holds."""
    await _press(inner.locator("#keep"))
    await inner.locator("#phrase-in").fill(PHRASE)
    await inner.locator("#again-in").fill(PHRASE)
    await _press(inner.locator("#open"))
    await inner.locator("#rows li").wait_for()
    seen.kept = await page.evaluate("localStorage.getItem('ac1.checks') ?? ''")


async def _try_to_leave(context: BrowserContext, care: str, there: Elsewhere, seen: Seen) -> None:
    """From within the frame, to the care half's own address and to another."""
    for base in (care, there.url):
        for ways, names in (("STAY", STAY), *(("GO", [name]) for name in GO)):
            page = await context.new_page()
            inner = await _questions(page, care)
            before = await page.evaluate(KEPT)
            await _attempt(inner, ways, names, base, there.stun)
            if (after := await page.evaluate(KEPT)) != before:
                seen.found.append(f"kept by the page: {after}")
            if not page.url.startswith(f"{care}/check"):
                seen.found.append(f"the page was led away by {names}: {page.url}")
            await page.close()
    seen.tried = len(STAY) + len(GO)
    await asyncio.sleep(0.3)  # a packet needs no answer, so nothing tells that none will come
    seen.found += ["a packet left the frame by a call"] if there.called() else []


async def _try_from_the_start_page(context: BrowserContext, care: str, there: Elsewhere, seen: Seen) -> None:
    """Where one talks, by every way that a policy closes: to lead the page itself elsewhere, which is seen, is not one."""
    silent = [name for name in STAY if name not in OPEN]
    for ways, names in (("STAY", silent), ("GO", ["form"]), ("GO", ["ping"])):
        page = await context.new_page()
        await page.goto(f"{care}/?lang=en")
        await page.locator("html[data-live]").wait_for()
        await _attempt(page, ways, names, there.url, there.stun)
        await page.close()


@asynccontextmanager
async def _browser(playwright: Playwright, profile: Path, log: Path) -> AsyncIterator[BrowserContext]:
    """One with its files in `profile`, and all it did on the network in `log` once it has ended."""
    context = await playwright.chromium.launch_persistent_context(
        profile,
        executable_path=which("chromium") or "/usr/bin/chromium",
        args=[*(f"--{arg}" for arg in QUIET.split()), f"--log-net-log={log}", "--net-log-capture-mode=IncludeSensitive"],
        viewport={"width": 360, "height": 640},
        reduced_motion="reduce",
    )
    try:
        yield context
    finally:
        await context.close()


async def look(folder: Path, leak: str = "") -> Seen:
    seen, profile = Seen(), folder / "profile"
    with elsewhere() as there:
        async with Care(folder, leak) as t, async_playwright() as playwright:
            async with _browser(playwright, profile, folder / "questions.json") as context:
                await _answer_all(await context.new_page(), t.outside_url, seen)
                if leak != UNSEALED:
                    await _try_to_leave(context, t.outside_url, there, seen)
            if not leak:
                async with _browser(playwright, folder / "other profile", folder / "start.json") as context:
                    await _try_from_the_start_page(context, t.outside_url, there, seen)
        seen.found += [f"reached another origin: {line}" for line in there.heard]
    seen.found += _went_out(folder, seen.tried > 0)
    seen.found += _written(profile, folder / "outside")
    return seen


def _went_out(folder: Path, tried: bool) -> list[str]:
    """By the browsers' own logs of the network: what they sent, and whose name they looked up."""
    found = list[str]()
    for log in folder.glob("*.json"):
        if log.stem not in ("questions", "start"):
            continue
        network = log.read_text("utf-8", "replace").replace("\\/", "/")
        assert '"line":"GET /phone/' in network, "the browser's own log of the network is not there"
        found += [f"out by {way}: {line[:60]} ({log.stem})" for line, way in sorted(set(SENT.findall(network)))]
        names = set(LOOKED_UP.findall(network))
        assert not tried or names >= set(AHEAD), (
            "closed at last: say so in docs/decisions/030 and docs/promises.md, and take this list away"
        )
        found += [f"out by {way}: its name was looked up ({log.stem})" for way in sorted(names - set(AHEAD))]
    return found


def _written(*folders: Path) -> list[str]:
    """Where the answers stand in the browser's own files, or the care half's."""
    needles = Needles()
    for how, between in (("in a row", ""), ("a list", ","), ("a spaced list", ", "), ("a list of words", '","')):
        for part, text in (
            ("what was answered", between.join(ANSWERED)),
            ("the answers of the last set", between.join(ANSWERED[-20:])),
        ):
            needles.add(f"{part}, {how}", shapes(text.encode()))
    needles.add("the phrase", shapes(PHRASE.encode()))
    needles.add("the figures", shapes(b'["PHQ-9",17,27],["GAD-7",15,21],["PC-PTSD-5",4,5]'))
    tried = Needles()
    tried.add("what a way out carried", shapes(MARK.encode()))
    left = [str(one) for one in tried.look_in(*folders)]
    # a browser notes for itself to which address a page was led, also where it was refused: on this phone, and not by us
    return [f"written: {one}" for one in (*needles.look_in(*folders), *(one for one in left if "/Sessions/" not in one))]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return asyncio.run(look(tmp_path_factory.mktemp("checked")))


def test_no_answer_leaves_the_frame_and_none_is_kept(seen: Seen) -> None:
    assert seen.found == []
    assert seen.tried > 40


def test_they_were_answers(seen: Seen) -> None:
    assert seen.results == ["PHQ-4: 11 of 12", "PHQ-9: 17 of 27", "GAD-7: 15 of 21", "PC-PTSD-5: 4 of 5", "PCL-5: 40 of 80"]


def test_what_somebody_chose_to_keep_is_there_and_is_sealed(seen: Seen) -> None:
    assert re.fullmatch(r'"[\w+/]{5520}"', seen.kept)


UNSEALED = "what is kept of the checks is not sealed"
TWINS = {
    UNSEALED: ("written: the figures",),
    "the questions may connect": ("out by fetch",),
    "the page keeps what is answered": (
        "kept by the page while answering",
        "written: what was answered, in a row",
        "kept by the page: ",
    ),
}


@pytest.mark.parametrize("leak", TWINS)
def test_a_planted_leak_is_caught_and_named(leak: str, tmp_path: Path, caught: Caught) -> None:
    found = asyncio.run(look(tmp_path, leak)).found
    named = [line for line in found for words in TWINS[leak] if line.startswith(words)]
    caught("P5", leak, next(iter(named), ""))
    assert {words for words in TWINS[leak] if any(line.startswith(words) for line in found)} == set(TWINS[leak]), found[:20]
