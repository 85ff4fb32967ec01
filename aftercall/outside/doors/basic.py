"""Whoever has no smartphone: a word, a missed call or a menu, and a colleague calls. The number is sealed and then forgotten."""

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy.engine import Connection

from aftercall.config import Outside
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.outside.doors.care import body_of
from aftercall.outside.flow import Close
from aftercall.outside.half import Half
from aftercall.outside.road.basic import ASKS, asks, names, sealed
from aftercall.outside.road.directory import Entry, expired
from aftercall.outside.store import boxes, duty, peers
from aftercall.send import Roads
from aftercall.send.flight import insist
from aftercall.send.heard import MOST, STOP, Few, Unheard, bare, is_ours, number_of
from aftercall.words import Message, Randomness, day

log = logging.getLogger("aftercall.outside")


CALLED = _("A colleague will call you. Or call {tel} at any time. You may delete this.")
PLEASE = _("Please call {tel} now.")
OTHER = _("Nobody reads this. Send TALK and a colleague calls you. Or call {tel}.")
STOPPED = _("Nothing more comes from here. The number stays open: {tel}")
ON = _("You are on call until {time}.")
OFF = _("You are not on call now.")

STANDS, RESTS = "open", "rests"  # it rings, or somebody has it; nobody is rung any more


class Basic:
    """The care half as a basic phone sees it. What it holds of a number is a hash, under a key that is in memory for two days."""

    def __init__(self, half: Half, roads: Roads, rand: Randomness) -> None:
        self.half, self._roads, self._rand = half, roads, rand
        self._keys, self._few = dict[int, bytes](), Few(rand)

    @property
    def settings(self) -> Outside:
        return self.half.settings

    # asking ----------------------------------------------------------------------------------------------------------------

    async def call_me(self, number: str, language: str) -> bool:
        """Is it on the disk that this number wants a call? One that stands already is not asked for twice.

        False: it could not be kept, and whoever asked has to be told a number to call.
        """
        now, programme = self.half.clock.now(), self.settings.programme
        try:
            if any(state == STANDS for _, _, state in await self._asks(number)):
                return True
            await self._end(number, RESTS)  # one that nobody answered any more: this one rings anew
            known = await self.half.store.do(peers.all_of, programme)
            there = tuple(e for e in known if not expired(e.kem_after, now))
            for n in range(ASKS if there else 0):
                mine = await self._asks(number)  # looked at anew: the same word, told twice by a provider, may be kept meanwhile
                if any(state == STANDS for _, _, state in mine):
                    return True
                box, cap, state = mine[n]
                if not state and await self.half.ask(sealed(programme, box, cap, number, language, there, self._rand)) is not None:
                    return True
        except Exception as problem:  # whatever it was, nobody shall wait for a call that nobody makes
            log.error("an ask from a basic phone could not be kept: %s", type(problem).__name__)
        return False

    async def never_mind(self, number: str) -> None:
        """What this number asked for, and nobody has answered, is gone."""
        await self._end(number, STANDS, RESTS)

    async def _end(self, number: str, *states: str) -> None:
        for box, cap, state in await self._asks(number):
            if state in states:
                await self.half.answer(Close(box, cap))

    async def _asks(self, number: str) -> list[tuple[str, bytes, str]]:
        """The boxes this number may have had since yesterday, today's first: name, capability, and what became of it."""
        today = day(self.half.clock.now())
        mine = [one for at in (today, today - 1) for one in names(self._key(at), number)]
        states = await self.half.store.do(_states, self.settings.programme, [box for box, _ in mine])
        return [(box, cap, states.get(box, "")) for box, cap in mine]

    def _key(self, at: int) -> bytes:
        self._keys = {d: key for d, key in self._keys.items() if d >= day(self.half.clock.now()) - 1}
        return self._keys.setdefault(at, self._rand(32))

    # words -----------------------------------------------------------------------------------------------------------------

    async def hear(self, sender: str, text: str) -> str:
        """What to answer to a text; "" for nothing."""
        number, words = self.number(sender), bare(text)
        if not number or number in self._own():
            return ""
        if number == self.number(self.settings.duty_tel) and await self.half.phone_heard():
            return ""
        if language := asks(words):
            return self.say(CALLED if await self.call_me(number, language) else PLEASE, language)
        if language := STOP.get("".join(words), ""):
            await self.never_mind(number)
            return self.say(STOPPED, language)
        return self.say(OTHER) if self._few.may(number, day(self.half.clock.now())) else ""

    def say(self, text: str, language: str = "", **more: str) -> str:
        return speak(language or self.settings.basic_language)(text).format(tel=self.settings.duty_tel, **more)

    def number(self, text: str) -> str:
        return number_of(text, self.settings.country)

    def _own(self) -> set[str]:
        s = self.settings
        ours = (s.sms_sender, s.kannel_sender, s.africastalking_sender, s.twilio_sender, s.care_number)
        return {self.number(one) for one in ours if one}

    def send(self, to: str, text: str) -> None:
        """A text of its own, for a provider whose answer carries none. It waits in memory alone."""
        self.half.flight.launch(
            f"answer {self._rand(8).hex()}",
            partial(insist, self._roads, Message("sms", to, text, self._rand(16).hex()), "an answer"),
        )

    # duty ------------------------------------------------------------------------------------------------------------------

    async def peer_of(self, number: str) -> Entry | None:
        """The peer on whose card this number stands."""
        known = await self.half.store.do(peers.all_of, self.settings.programme)
        return next((e for e in known if number and self.number(str(e.known().get("tel", ""))) == number), None)

    async def duty(self, peer: Entry, hours: int) -> str | None:
        """On duty for so many hours, or off for 0. What was said, which goes to the peer's own phone too; None: no key so long."""
        now = self.half.clock.now()
        until = now + timedelta(hours=hours) if hours else None
        if until and expired(peer.kem_after, until):
            return None
        programme = self.settings.programme
        if until:
            await self.half.store.do(duty.begin, programme, peer.pid, until, self.half.rules.roads_of, now)
            await self.half.store.do(duty.heard, programme, peer.pid, now)  # who dials from that phone can be rung on it
        else:
            await self.half.store.do(duty.end, programme, peer.pid, now)
        self.half.duty_moved()
        language = str((peer.known().get("languages") or [""])[0])
        shown = until.astimezone(ZoneInfo(self.settings.zone)).strftime("%H:%M") if until else ""
        said = self.say(ON, language, time=shown) if until else self.say(OFF, language)
        self.send(str(peer.known()["tel"]), said)
        return said


def _states(conn: Connection, programme: str, names: list[str]) -> dict[str, str]:
    found = {name: box for name in names if (box := boxes.find(conn, programme, name))}
    return {name: RESTS if box.state == STANDS and box.due is None else box.state for name, box in found.items()}


def basic(request: Request) -> Basic:
    this: Basic = request.app.state.basic
    return this


Here = Annotated[Basic, Depends(basic)]


@dataclass(frozen=True)
class Came:
    """A call from a provider whose address held: its path, its head and its body."""

    path: str
    head: dict[str, str]
    body: bytes


async def came(here: Here, token: str, request: Request) -> Came:
    """Raises Unheard for a wrong secret; nothing is read then."""
    if not is_ours(here.settings, token):
        raise Unheard
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Came(path, dict(request.headers), await body_of(request, MOST))


In = Annotated[Came, Depends(came)]


def digits(text: str) -> int:
    """A small number somebody typed; -1 for anything else."""
    return int(text) if re.fullmatch(r"\d{1,2}", text, re.ASCII) else -1
