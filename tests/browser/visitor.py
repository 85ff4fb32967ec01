"""Somebody with a real Chromium: how it is started, what it may never do, and the demo or the care half it looks at."""

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from aftercall_stage.troupe import Troupe
from playwright.sync_api import Browser, Page, Playwright

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
QUIET = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
Scheme = Literal["dark", "light"]
SCHEMES: tuple[Scheme, ...] = ("dark", "light")


def chromium(playwright: Playwright, *more: str) -> Browser:
    """Fails when there is none: a story nobody could watch has not been told. `more`: what it is told beside."""
    path = which("chromium") or "/usr/bin/chromium"
    assert Path(path).exists(), "Chromium is missing; on Debian `apt-get install chromium`"
    return playwright.chromium.launch(executable_path=path, args=[f"--{arg}" for arg in (*QUIET.split(), *more)])


class Watch:
    """Everything a page did that it may not do: errors, refused policies, calls to another origin than it may."""

    def __init__(self, page: Page, hosts: tuple[str, ...]) -> None:
        self.wrong: list[str] = []
        self.sizes: dict[str, int] = {}
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", lambda said: self._console(said.type, said.text))
        page.on("request", lambda request: self._request(request.url, hosts))

    def _console(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text or "violates" in text:
            self.wrong.append(f"{kind}: {text}")

    def _request(self, url: str, hosts: tuple[str, ...]) -> None:
        where = urlsplit(url)
        if where.scheme not in ("data", "blob", "about") and (where.netloc not in hosts and where.hostname not in hosts):
            self.wrong.append(f"call to {url}")


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """`python -m aftercall_stage demo`, as anybody starts it. Gives its address."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "stage")))
    command = [sys.executable, "-m", "aftercall_stage", "demo", "--port", "0", "--folder", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}) as child:
        assert child.stdout
        try:
            yield next(found[0] for line in child.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            child.terminate()
            assert child.wait(30) == 0


class Backstage:
    """A troupe in a thread of its own, for tests that are not asynchronous. `do` runs a part of the story there."""

    def __init__(self, folder: Path, outside: Mapping[str, object] | None = None) -> None:
        self._outside = outside
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.troupe = self.do(self._begin, folder)

    async def _begin(self, folder: Path) -> Troupe:
        return await Troupe(folder, outside=self._outside).__aenter__()

    def do(self, part: Callable[..., Awaitable[T]], *given: Any, **more: Any) -> T:
        async def whole() -> T:
            return await part(*given, **more)

        return asyncio.run_coroutine_threadsafe(whole(), self._loop).result(60)

    def close(self) -> None:
        self.do(self.troupe.__aexit__)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def backstage(folder: Path, outside: Mapping[str, object] | None = None) -> Iterator[Backstage]:
    """Both halves, with nine colleagues on duty whose phones are played here. `outside`: settings of the care half that differ."""
    this = Backstage(folder, outside)
    try:
        this.do(this.troupe.on_duty)
        yield this
    finally:
        this.close()
