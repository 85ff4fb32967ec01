"""A hospital of its own inside this one, in which one person works who is nobody: the same reader, rows and words, no phone.

Every row stands under an organisation and every question asks for one, so no desk, sheet or figure ever sees a canary.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.feeds.pretended import death
from aftercall.inside.posting import Posting
from aftercall.inside.road.crew import Person, Place
from aftercall.inside.road.notice import Notice
from aftercall.inside.road.weight import Rule, weigh
from aftercall.inside.store import canary as rows
from aftercall.send import Roads
from aftercall.sql import Store
from aftercall.watch.canary import PATIENCE, Fallen, Nobody
from aftercall.words import Clock, Moment, Randomness, StaffId
from aftercall.workers import several

log = logging.getLogger("aftercall.watch")

WHERE = "CANARY"  # MSH-4, the unit, and whose number nobody's is
PLAIN = Rule("death", 1, "The canary's own.", "for where this hospital writes to nobody because of a plain death")


class Canary:
    def __init__(
        self, settings: Inside, store: Store, clock: Clock, rules: flow.Rules, rand: Randomness, key: bytes, wake: asyncio.Event
    ) -> None:
        self._store, self._clock, self._rand = store, clock, rand
        self.nobody, self._number = Nobody(), ""  # of nobody, for the one that flies now
        self.rules = replace(rules, org=f"{rules.org} canary", settle=timedelta(0), weights=_sending(rules.weights))
        self._posting = Posting(settings, store, clock, Roads(sms=self.nobody), self.rules, key, wake)

    def is_its(self, one: Notice) -> bool:
        """It names the number that this process drew for this flight: no sender can make a real death look like a canary."""
        return bool(self._number) and any(named.number == self._number for named in one.named)

    async def settle(self) -> bytes:
        """Nobody works here, for one flight. The message that tells of the canary's death."""
        self.nobody.forget()
        number = self._rand(16).hex().upper()
        person = Person(StaffId(Nobody.TO), Nobody.TO, Nobody.TO, "", "en", WHERE, "", ((WHERE, number),))
        await self._store.do(rows.settle, self.rules.org, person, Place(WHERE, WHERE, ""))
        self._number = number
        patient = self._rand(12).hex().upper()
        return death(patient, (WHERE, number), WHERE, self._clock.now(), patient)

    async def tick(self, now: Moment) -> Moment | None:
        """Its part of a round of the half's own clock, while one flies. Whatever befalls it, the round goes on."""
        try:
            return await self._posting.leave(now) if self._number else None
        except Exception as problem:
            log.error("the canary's part of a round failed: %s", type(problem).__name__)
            return None

    async def marked(self) -> None:
        """Until the row says that its message has gone. Raises Fallen."""
        for _ in range(int(PATIENCE / 0.1)):
            if await self._store.do(rows.is_marked, self.rules.org):
                return
            await asyncio.sleep(0.1)
        raise Fallen("its message was sent and not marked")

    async def sweep(self) -> None:
        """What a run that ended in the middle of a flight left behind. On PostgreSQL the next flight does it."""
        if not several(self._store.engine):
            await self.clear()

    async def clear(self) -> None:
        """Nothing of it is left."""
        self._number = ""
        await self._store.do(rows.clear, self.rules.org)


def _sending(weights: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The hospital's own rules, as far as a plain death has a message by them."""
    plain = weigh(frozenset(), weights)
    return weights if plain.points > 0 and not plain.human else (PLAIN,)
