"""A message on its way to a phone: what can go at once is claimed, said in the same words to everyone, sent, and then marked."""

import asyncio
import hmac
import logging
from collections.abc import Sequence
from functools import partial

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.alike import held
from aftercall.inside.store import outbox
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment
from aftercall.work import Together
from aftercall.workers import Low

log = logging.getLogger("aftercall.inside")

NOTE = _("You have a note. No need to answer: {link} (STOP: no more of these)")
SUBJECT = _("You have a note")


class Posting:
    def __init__(
        self, settings: Inside, store: Store, clock: Clock, roads: Roads, rules: flow.Rules, key: bytes, wake: asyncio.Event
    ) -> None:
        """`key`: that of the marks of numbers, which nothing else here reads. `wake`: the clock's."""
        self._settings, self._store, self._clock, self._roads, self._rules, self._key = settings, store, clock, roads, rules, key
        self.flight, self.low = Flight(settings.at_once, wake), Low()
        self._gone = Together(self._mark, self.flight.lull)

    async def leave(self, now: Moment) -> Moment | None:
        """What can go at once is claimed; the rest stays due until something has landed. When the next is due."""
        room = self.flight.room()
        going, due = await self._claim(now, room) if room else ([], now)
        for one in going:
            self.flight.launch(one.due.key, partial(self._send, one), then=partial(self._sent, one.due))
        more = due is not None and due <= now
        self.flight.filled([""] if more else [])
        return None if more and self.flight.room() == 0 else due

    async def _claim(self, now: Moment, room: int) -> tuple[list[flow.Leaving], Moment | None]:
        """In the same transaction what has landed is marked."""
        with self._gone.taken(None) as gone:
            return await self._store.do(flow.leave, now, self._rules, room, self.open, self.low, gone)

    async def _send(self, one: flow.Leaving) -> bool:
        return await self.deliver(self._worded(one))

    async def _sent(self, due: outbox.Due, gone: bool) -> None:
        """Send, then mark: twice is kinder than never. What lands meanwhile is marked together."""
        if gone:
            await self._gone.do(due)
        else:
            await self._store.do(outbox.later, self._rules.org, due, self._clock.now())

    async def _mark(self, these: Sequence[outbox.Due]) -> list[None]:
        return await self._store.do(flow.sent, these, self._rules, self._clock.now())

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
        ways = [Message(way.road, way.to, text, one.due.key, say(SUBJECT)) for way in one.ways]
        return [held(way) for way in ways] if one.held else ways

    def open(self, phone: str, mail: str) -> list[flow.Way]:
        """The ways to somebody, each with the mark under which STOP is kept."""
        return [flow.Way(road, to, self.mark(to)) for road, to in self.ways(phone, mail)]

    def ways(self, phone: str, mail: str) -> list[tuple[str, str]]:
        """By text, and where that can't be by mail."""
        return [(road, at) for road, at in (("sms", phone), ("mail", mail)) if at and road in self._roads]

    def mark(self, address: str) -> str:
        """A keyed hash of a number or address, under the key that only what sends reads."""
        return hmac.digest(self._key, address.strip().lower().encode(), "sha256").hex()[:32]
