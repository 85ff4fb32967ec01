"""A message on its way to a phone: what can go at once is claimed, said in the same words to everyone, sent, and then marked."""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from functools import partial

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.store import outbox
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment
from aftercall.workers import Low

log = logging.getLogger("aftercall.inside")

AT_ONCE = 16  # messages in flight

NOTE = _("You have a note. No need to answer: {link} (STOP: no more of these)")
SUBJECT = _("You have a note")


class Posting:
    def __init__(self, settings: Inside, store: Store, clock: Clock, roads: Roads, key: bytes, wake: asyncio.Event) -> None:
        """`key`: that of the marks of numbers, which nothing else here reads. `wake`: the clock's."""
        self._settings, self._store, self._clock, self._roads, self._key, self._wake = settings, store, clock, roads, key, wake
        self.flight, self.low = Flight(AT_ONCE), Low()
        self._crowded = False  # no room in the air

    async def leave(self, rules: flow.Rules, now: Moment) -> Moment | None:
        """What can go at once is claimed; the rest stays due until something has landed. When the next is due."""
        room = self.flight.room
        self._crowded = room == 0
        if self._crowded:
            return None
        going, due = await self._store.do(flow.leave, now, rules, room, self.open, self.low)
        for one in going:
            self.flight.launch(one.due.key, partial(self._send, one, rules))
        return due

    async def _send(self, one: flow.Leaving, rules: flow.Rules) -> None:
        """Send, then mark: twice is kinder than never."""
        if await self.deliver(self._worded(one)):
            await self._store.do(flow.sent, one.due, rules, self._clock.now())
        else:
            await self._store.do(outbox.later, rules.org, one.due, self._clock.now())
        if self._crowded:
            self._wake.set()

    async def deliver(self, ways: Sequence[Message]) -> bool:
        """By the first road that takes it; a wrong number goes on to the address. False when trying again may help."""
        for message in ways:
            try:
                await self._roads.send(message)
                return True
            except Later as problem:
                log.warning("a message waits for its next try: %s", problem)
                return False
            except Never as problem:
                log.error("a message can't go out by %s: %s", message.road, problem)
        return True

    def _worded(self, one: flow.Leaving) -> list[Message]:
        """The same words for everyone."""
        say = speak(one.language)
        text = say(NOTE).format(link=self._settings.care_link)
        return [Message(way.road, way.to, text, one.due.key, say(SUBJECT)) for way in one.ways]

    def open(self, phone: str, mail: str) -> list[flow.Way]:
        """The ways to somebody, each with the mark under which STOP is kept."""
        return [flow.Way(road, to, self.mark(to)) for road, to in self.ways(phone, mail)]

    def ways(self, phone: str, mail: str) -> list[tuple[str, str]]:
        """By text, and where that can't be by mail."""
        return [(road, at) for road, at in (("sms", phone), ("mail", mail)) if at and road in self._roads]

    def mark(self, address: str) -> str:
        """A keyed hash of a number or address, under the key that only what sends reads."""
        return hmac.new(self._key, address.strip().lower().encode(), "sha256").hexdigest()[:32]
