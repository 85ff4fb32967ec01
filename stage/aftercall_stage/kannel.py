"""Kannel's own two programs and its fake line, on this machine: a real gateway between a half and its phones.

async with Kannel(folder, care_port, secret, duty) as kannel:
    ... kannel.settings; await kannel.text("+254700000001", "TALK"); await kannel.until("+254700000001", texts=1)
"""

import asyncio
import contextlib
import re
import secrets
import shutil
import signal
from pathlib import Path
from typing import IO
from urllib.parse import unquote_to_bytes

from aftercall_stage.handset import Handset
from aftercall_stage.troupe import free_ports, open_port, until

FAKE_LINE = "/usr/lib/kannel/test/fakesmsc"
GOT = re.compile(rb"Got message \d+: <(\S+) (\S+) (text|ucs-2) (.*)>")
PATIENCE = 30.0


class NoKannel(Exception):
    """A part of Kannel is missing or did not start: says which, and what to do."""


class Kannel:
    """`config` is the shipped file (docs/kannel/care.conf); its capitals are filled in. It may write to `folder` alone."""

    def __init__(self, folder: Path, config: Path, answers: str, number: str = "22384", duty: str = "+254711000000") -> None:
        self.folder, self._config, self._answers, self.number, self._duty = folder, config, answers, number, duty
        self.admin_port, self._box_port, self._line_port, self._send_port = free_ports(4)
        self.url = f"http://127.0.0.1:{self._send_port}/cgi-bin/sendsms"
        self.user, self.password = "care", secrets.token_hex(16)
        self.handsets: dict[str, Handset] = {}
        self.taken = asyncio.Condition()  # told of each message
        self._children: list[asyncio.subprocess.Process] = []
        self._line: asyncio.subprocess.Process | None = None
        self._open: list[IO[bytes]] = []

    def handset(self, number: str) -> Handset:
        return self.handsets.setdefault(number, Handset(number))

    @property
    def settings(self) -> dict[str, object]:
        """What a half has to be told to send through this."""
        told = {"url": self.url, "user": self.user, "password": self.password, "sender": self.number}
        return {f"kannel_{name}": value for name, value in told.items()}

    def _filled(self) -> str:
        """The shipped configuration, filled in."""
        text = self._config.read_text("utf-8")
        text = re.sub(r'post-url = ".*"', f'post-url = "{self._answers}"', text)
        filled = {
            "ADMIN_PORT": self.admin_port, "ADMIN_PASSWORD": secrets.token_hex(8), "SMSBOX_PORT": self._box_port, "USER": self.user,
            "LINE_PORT": self._line_port, "SENDSMS_PORT": self._send_port, "PASSWORD": self.password, "DUTY_NUMBER": self._duty,
        }  # fmt: skip
        return re.sub(r"\b[A-Z]+(?:_[A-Z]+)*\b", lambda m: str(filled.get(m[0], m[0])), text)

    async def __aenter__(self) -> "Kannel":
        for program in ("bearerbox", "smsbox", FAKE_LINE):
            if not shutil.which(program):
                raise NoKannel(f"{program} is missing; `make .apt` installs Debian's kannel and kannel-extras")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "care.conf").write_text(self._filled(), "utf-8")
        try:
            await self._start("bearerbox", "-v", "4", "care.conf", port=self._box_port)
            await self._start("smsbox", "-v", "4", "care.conf", port=self._send_port)
            await self.plug_in()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _start(self, *command: str, port: int) -> None:
        log = (self.folder / f"{command[0]}.out").open("ab")
        self._open.append(log)
        nothing = asyncio.subprocess.DEVNULL
        child = await asyncio.create_subprocess_exec(*command, cwd=self.folder, stdin=nothing, stdout=log, stderr=log)
        self._children.append(child)
        await until(lambda: open_port(port), f"{command[0]} answers", PATIENCE)

    # the line ----------------------------------------------------------------------------------------------------------------

    async def plug_in(self) -> None:
        """The line to the telephone company, with the phones behind it."""
        pipe = asyncio.subprocess.PIPE
        where = ("-H", "127.0.0.1", "-r", str(self._line_port))
        self._line = await asyncio.create_subprocess_exec(
            FAKE_LINE, *where, stdin=pipe, stdout=asyncio.subprocess.DEVNULL, stderr=pipe, limit=1 << 20
        )
        assert self._line.stderr
        while b"Connecting to" not in await asyncio.wait_for(self._line.stderr.readline(), PATIENCE):
            pass
        await asyncio.sleep(0.3)  # it says so before it has, and the other end notices a little later
        self._reading = asyncio.create_task(self._read(self._line.stderr))

    async def cut(self) -> None:
        """The line is gone."""
        if self._line and self._line.returncode is None:
            self._line.kill()
            await self._line.wait()
            await self._reading
            await asyncio.sleep(0.3)
        self._line = None

    async def text(self, sender: str, text: str) -> None:
        """Somebody sends a text to this number."""
        assert self._line
        assert self._line.stdin
        self._line.stdin.write(f"{sender} {self.number} text {text}\n".encode())
        await self._line.stdin.drain()

    async def _read(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            if found := GOT.search(line):
                _, to, kind, text = found.groups()
                body = unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-16-be") if kind == b"ucs-2" else text.decode()
                self.handset(to.decode()).got(body)
                async with self.taken:
                    self.taken.notify_all()

    async def until(self, number: str, texts: int) -> list[str]:
        """Until that phone has so many texts."""
        async with asyncio.timeout(PATIENCE), self.taken:
            await self.taken.wait_for(lambda: len(self.handset(number).texts) >= texts)
        return self.handset(number).texts

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        for child in reversed(self._children):
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGKILL)  # its own goodbye takes ten seconds, and it holds nothing
            await child.wait()
        for file in self._open:
            file.close()
