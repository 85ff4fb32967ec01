"""One night after the other: both halves, seven colleagues who never answer, five phones, and what the page is told of it all."""

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aftercall.words import Moment
from aftercall_stage import wire
from aftercall_stage.cards import CARDS
from aftercall_stage.night import PROGRAMME, ZONE, amina, death, juma
from aftercall_stage.provider import Provider
from aftercall_stage.troupe import HALVES, Stuck, Troupe, until

PHRASE = "quiet lamp in the hall"
SENDERS = {"inside": "NOTE", "outside": "PEERS"}  # as the two halves' settings have them
LEAD = "+254711000047"  # of whoever leads the shift in Resus tonight: nobody's own
SETTING = "Setting the stage: two halves start, seven colleagues come on duty."


@dataclass(frozen=True)
class Who:
    """Somebody with a phone on this page. A peer has a card."""

    key: str
    name: str
    role: str
    tel: str
    card: dict[str, Any] = field(default_factory=dict)


CAST = (
    Who("juma", "Juma", "paramedic, brought him in", juma().phone),
    Who("amina", "Amina", "registrar in Resus", amina().phone),
    Who("grace", "Grace", "peer on duty, ICU nurse", CARDS[0]["tel"], CARDS[0]),
    Who("peter", "Peter", "peer on duty, paramedic", CARDS[1]["tel"], CARDS[1]),
    Who("unit", "Resus", "the unit’s own phone", LEAD),
)


class Shelf:
    """The texts of one provider in the order they came, with the night's time and the wall's."""

    def __init__(self, provider: Provider, sender: str) -> None:
        self._log, self._sender, self._read = provider.log, sender, 0
        self.texts: list[dict[str, Any]] = []

    def look(self, ahead: timedelta) -> None:
        lines = self._log.read_text("utf-8").splitlines() if self._log.exists() else []
        for line in lines[self._read :]:
            one = json.loads(line)
            if not one["again"]:
                at = datetime.fromtimestamp(one["at"], UTC) + ahead
                self.texts.append({**one, "wall": one["at"], "at": at.isoformat(), "from": self._sender})
        self._read = len(lines)

    def first_after(self, wall: float) -> float | None:
        return next((one["wall"] for one in self.texts if one["wall"] >= wall), None)


class Shift:
    """The night that is being played. `work` plays until `end`; `again` drops the curtain and starts a new one."""

    def __init__(self, folder: Path, windows: dict[str, str]) -> None:
        self._folder, self._windows = folder, windows
        self._troupe: Troupe | None = None
        self._story, self._say, self._ended, self._over = "", SETTING, False, asyncio.Event()
        self._told: wire.Told | None = None
        self._pids: dict[str, str] = {}
        self._shelves: dict[str, Shelf] = {}

    async def work(self) -> None:
        while not self._ended:
            self._over.clear()
            self._story, self._say, self._told, self._pids = secrets.token_hex(4), SETTING, None, {}
            folder = self._folder / f"{datetime.now(UTC):%H%M%S}-{self._story}"
            try:
                async with self._cast(folder) as troupe:
                    await troupe.on_duty()
                    self._shelves = {half: Shelf(troupe.providers[half], SENDERS[half]) for half in HALVES}
                    self._troupe = troupe
                    await self._over.wait()
                    self._troupe = None
            except Stuck as problem:
                self._troupe, self._say = None, f"The stage could not be set: {problem}"
                await self._over.wait()

    def _cast(self, folder: Path) -> Troupe:
        cover = {"cover": f"{self._windows['unit']}/stage/cover"}
        return Troupe(folder, evening(datetime.now(UTC)), cards=CARDS[2:], outside=cover, inside=cover, lead=LEAD)

    def again(self) -> None:
        self._troupe = None
        self._say = "Everything of that night is thrown away; a new one is being set."
        self._over.set()

    def end(self) -> None:
        self._ended = True
        self._over.set()

    # what the windows ask ----------------------------------------------------------------------------------------------------

    @property
    def care(self) -> str:
        return self._troupe.outside_url if self._troupe else ""

    @property
    def ahead(self) -> timedelta:
        """How far the night's clock is ahead of the wall's."""
        return self._troupe.now() - datetime.now(UTC) if self._troupe else timedelta(0)

    def card(self, key: str) -> dict[str, Any]:
        """What the helping hand needs to enrol a peer on their own phone."""
        who = next(who for who in CAST if who.key == key)
        return {"story": self._story, "phrase": PHRASE, "programme": PROGRAMME, "card": who.card, "pid": self._pids.get(key, "")}

    async def certify(self, key: str, request: dict[str, Any]) -> None:
        """The coordinator certifies; returns when the care half has the new colleague in its directory. Raises Forged, Stuck."""
        troupe = self._there()
        pid = troupe.certify(request).pid

        async def known() -> bool:
            await troupe.control("outside").ask({"do": "wake"})
            table = (await troupe.control("outside").ask({"do": "rows"}))["tables"]["peer"]
            return pid in [row[table["columns"].index("pid")] for row in table["rows"]]

        await until(known, "the care half knows the new colleague")
        self._pids[key] = pid

    # what the page asks ------------------------------------------------------------------------------------------------------

    async def now(self) -> dict[str, Any]:
        """How everything stands."""
        troupe = self._troupe
        if troupe is None:
            return {"state": "setting", "say": self._say, "zone": str(ZONE)}
        try:
            halves = await asyncio.gather(*(troupe.control(half).ask({"do": "rows"}) for half in HALVES))
        except (OSError, TimeoutError, json.JSONDecodeError):
            gone = [half for half in HALVES if not troupe.alive(half)]
            return {"state": "setting", "say": f"No answer from {' and '.join(gone) or 'a half'}. Start over.", "zone": str(ZONE)}
        for shelf in self._shelves.values():
            shelf.look(self.ahead)
        return {
            "state": "ready",
            "story": self._story,
            "zone": str(ZONE),
            "now": troupe.now().isoformat(),
            "phones": [self._phone(who) for who in CAST],
            "told": self._message(),
            **dict(zip(HALVES, halves, strict=True)),
        }

    async def tell(self) -> None:
        """22:47: the hospital's own record system writes to the listener. Once a night."""
        troupe = self._there()
        if self._told:
            return
        early = (_at(troupe.now(), 47) - troupe.now()).total_seconds()
        if early > 0:
            await troupe.move(early)
        body = death(troupe.now() - timedelta(minutes=1))
        self._told = await wire.tell("127.0.0.1", troupe.mllp_port, body)

    async def move(self, seconds: float) -> None:
        """Everybody's clock. After a day the seven come on duty again."""
        troupe = self._there()
        await troupe.move(seconds)
        if seconds >= 86400:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(troupe.on_duty(), 10)

    async def morning(self) -> None:
        """To the next 07:00 at the hospital, when quiet hours end."""
        now = self._there().now()
        seven = now.astimezone(ZONE).replace(hour=7, minute=0, second=0, microsecond=0)
        await self.move((seven + timedelta(days=int(seven <= now)) - now).total_seconds())

    def _there(self) -> Troupe:
        if self._troupe is None:
            raise Stuck("the stage is being set")
        return self._troupe

    def _phone(self, who: Who) -> dict[str, Any]:
        texts = [t for shelf in self._shelves.values() for t in shelf.texts if t["to"] == who.tel]
        return {
            "key": who.key, "name": who.name, "role": who.role, "origin": self._windows[who.key], "peer": bool(who.card),
            "pid": self._pids.get(who.key, ""),
            "texts": [{k: t[k] for k in ("at", "from", "text")} for t in sorted(texts, key=lambda t: t["wall"])],
        }  # fmt: skip

    def _message(self) -> dict[str, Any] | None:
        if self._told is None:
            return None
        left = self._shelves["inside"].first_after(self._told.last_byte)
        return {
            "body": wire.lines(self._told.body),
            "ack": wire.lines(self._told.ack),
            "ack_ms": (self._told.answered - self._told.last_byte) * 1000,
            "sms_ms": None if left is None else (left - self._told.last_byte) * 1000,
        }


def evening(now: Moment) -> Moment:
    """A minute before 22:47 of today, at the hospital."""
    return _at(now, 46)


def _at(now: Moment, minute: int) -> Moment:
    return now.astimezone(ZONE).replace(hour=22, minute=minute, second=0, microsecond=0)
