"""What the phone's pages weigh and when they paint: 2G, GPRS and a bad line, a processor slowed sixfold, beside other pages.

`make bench-pages`, or `python bench/pages.py / /five` for some of them. Bytes must hold; times are told (DECISIONS 36, 40).
"""

import asyncio
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Error, Page, sync_playwright

from aftercall.outside.doors.shelf import PAGES
from tests.browser.shelf import shelf
from tests.browser.visitor import chromium

SLOWER = 6
LOSS = 0.05
RUNS, BAD_RUNS = 3, 7
FIRST_PAGE = 14 * 1024


@dataclass(frozen=True)
class Line:
    """A network: bits a second, and milliseconds before each answer begins."""

    name: str
    bits: int
    wait: int
    target: float
    loses: bool = False


LINES = (
    Line("2G", 250_000, 300, 1.5),
    Line("GPRS", 50_000, 500, 3.0),
    Line("bad", 50_000, 800, 5.0, loses=True),
)
# MEASURED 2h, measured in the same way on this kind of machine: kB, requests, first paint at 2G and GPRS in seconds
OTHERS = (
    ("healthchecks, sign-in", 45.3, 5, "1.8", "8.4"),
    ("Hush Line, sign-in", 222.0, 12, "5.1", "24.6"),
    ("Hush Line, directory", 828.0, 16, "10.4", "46"),
    ("GoAlert, shell", 1042.0, 13, "38.6 (largest)", "not run"),
)
LIGHTEST = min(kb for _, kb, *_ in OTHERS)


class Cutter:
    """A proxy on this machine that hangs up on one request in twenty, without a word. A request is what begins with GET."""

    def __init__(self, to: str) -> None:
        self._to = urlsplit(to)
        self._chance = random.Random(40)  # the same cuts each time

    async def __call__(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        far, ask = await asyncio.open_connection(self._to.hostname, self._to.port)
        back = asyncio.create_task(_pour(far, answer))
        while data := await near.read(65536):
            if data.startswith(b"GET ") and self._chance.random() < LOSS:
                break
            ask.write(data)
            await ask.drain()
        back.cancel()
        for end in (ask, answer):
            end.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()


@contextmanager
def cutting(address: str) -> Iterator[str]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(Cutter(address), "127.0.0.1", 0), loop).result(10)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@dataclass(frozen=True)
class Visit:
    """One first visit: when something was first seen, what had come by then, what came in all, and how often it was tried."""

    paint: float
    before: int
    asked_before: int
    whole: int
    asked: int
    tries: int


def visit(browser: Browser, url: str, line: Line) -> Visit:
    """Raises Error when it doesn't open in five tries."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, service_workers="block", locale="en")
    page = context.new_page()
    wire = context.new_cdp_session(page)
    ended: list[tuple[float, int]] = []
    wire.on("Network.loadingFinished", lambda event: ended.append((event["timestamp"], int(event["encodedDataLength"]))))
    wire.send("Network.enable")
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    speed = line.bits / 8
    wire.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": line.wait, "downloadThroughput": speed, "uploadThroughput": speed},
    )
    spent = 0.0
    for tries in range(1, 6):
        ended.clear()
        began = time.monotonic()
        try:
            page.goto(url, wait_until="load", timeout=90_000)
            break
        except Error:
            spent += time.monotonic() - began  # a person presses again
            if tries == 5:
                raise
    page.wait_for_timeout(8 * line.wait)  # what comes after the page itself: the part that asks
    paint, start = _painted(page)
    context.close()
    by_then = [size for at, size in ended if at <= ended[0][0] + max(0.0, paint - start)]
    return Visit(spent + paint, sum(by_then), len(by_then), sum(size for _, size in ended), len(ended), tries)


def _painted(page: Page) -> tuple[float, float]:
    """First contentful paint, and the end of the page's own bytes, both in seconds from the press."""
    seen = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    times = page.evaluate(f"[{seen}, performance.getEntriesByType('navigation')[0].responseEnd]")
    return times[0] / 1000, times[1] / 1000


def main(paths: list[str]) -> int:
    wrong = []
    with shelf() as care, cutting(care) as shaky, sync_playwright() as playwright:
        browser = chromium(playwright)
        print(
            "| page | kB to first paint | requests | kB in all | requests | "
            + " | ".join(f"{ln.name} s" for ln in LINES)
            + " | opened at first try (bad) |"
        )
        print("| --- " * (6 + len(LINES)) + "|")
        for path in paths:
            runs = {
                line: [
                    visit(browser, (shaky if line.loses else care) + path, line) for _ in range(BAD_RUNS if line.loses else RUNS)
                ]
                for line in LINES
            }
            light = runs[LINES[0]][0]
            times = [f"{median(v.paint for v in runs[line]):.1f} (at most {line.target})" for line in LINES]
            first = sum(v.tries == 1 for v in runs[LINES[2]])
            kept = f"{light.before / 1000:.1f} | {light.asked_before} | {light.whole / 1000:.1f} | {light.asked}"
            print(f"| {path} | {kept} | {' | '.join(times)} | {first} of {BAD_RUNS} |", flush=True)
            if light.before > FIRST_PAGE:
                wrong.append(f"{path}: {light.before} bytes to first paint, more than {FIRST_PAGE}")
            if light.before * 3 > LIGHTEST * 1000:
                wrong.append(f"{path}: not three times lighter than the lightest of the others")
            wrong += [
                f"{path}: late at {ln.name} (told, not failed)"
                for ln, s in zip(LINES, runs.values(), strict=True)
                if median(v.paint for v in s) > ln.target
            ]
        for name, kb, requests, two, gprs in OTHERS:
            print(f"| {name} (MEASURED 2h) | {kb} | {requests} | | | {two} | {gprs} | | |")
        browser.close()
    print("\n".join(wrong))
    return 1 if any("told" not in text for text in wrong) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(PAGES)))
