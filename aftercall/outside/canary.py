"""A programme of its own inside this one, in which one peer lives who is nobody: the same verbs, the same tables, no phone.

Every row stands under a programme and every question asks for one, so nothing of the canary is in any list, wave or figure.
"""

import asyncio
import hashlib
import json
import logging
from dataclasses import replace

from aftercall.config import Outside
from aftercall.outside import ladder
from aftercall.outside.bell import Bell
from aftercall.outside.company import tick
from aftercall.outside.ringing import Ringing
from aftercall.outside.road.directory import Entry
from aftercall.outside.store import canary as rows
from aftercall.send import Roads
from aftercall.sql import Store
from aftercall.watch.canary import Nobody
from aftercall.words import Clock, Moment, Randomness
from aftercall.workers import Low, several

log = logging.getLogger("aftercall.watch")


class Canary:
    """Which box is its own, and under which rules. Its rings have a lane of their own: one that waited behind those of people
    would tell by its lateness how many of them there are (DECISIONS 13).
    """

    def __init__(
        self, settings: Outside, store: Store, clock: Clock, rules: ladder.Rules, rand: Randomness, wake: asyncio.Event, bell: Bell
    ) -> None:
        self._store, self._clock, self._rand, self._bell = store, clock, rand, bell
        self._all = f"{rules.programme} canary "  # so begins the programme of each worker's
        self.rules = replace(rules, programme=self._all + rand(4).hex(), roads=frozenset({"sms"}), duty_tel="")
        self.nobody, self.code = Nobody(), rand(16).hex()
        self.box = ""  # of the one that flies now
        self._ringing, self._low = Ringing(settings, store, clock, Roads(sms=self.nobody), self.rules, wake), Low()

    def is_its(self, box: str) -> bool:
        """16 random bytes that only this process knows: no phone's ask can be taken for it, and it for no phone's."""
        return bool(self.box) and box == self.box

    async def settle(self) -> str:
        """Nobody is on duty, for one flight. Gives their number."""
        self.nobody.forget()
        pid = hashlib.sha256(self._rand(16)).hexdigest()[:8]
        card = json.dumps({"name": Nobody.TO, "tel": Nobody.TO, "languages": ["en"]})
        peer = Entry(pid, card, "", "", "", "", "", "")
        await self.sweep()
        await self._store.do(rows.settle, self.rules.programme, peer, self._rand(24).hex(), self._clock.now())
        self.box = self._rand(16).hex()
        return pid

    async def tick(self) -> Moment | None:
        """Its part of a round of the half's own clock, while one flies. Whatever befalls it, the round goes on."""
        try:
            return await self._tick() if self.box else None
        except Exception as problem:
            log.error("the canary's part of a round failed: %s", type(problem).__name__)
            return None

    async def _tick(self) -> Moment | None:
        now, room = self._clock.now(), self._ringing.room()
        passed = await self._store.do(tick, now, self.rules, room, self._low, self._bell, (), False)
        self._bell.ring(*passed.moved)
        more = await self._ringing.launch(passed.going, room)
        return now if more else passed.due

    async def copy(self, pid: str) -> bytes | None:
        """What this peer's page would be given: the sealed copy of the box that rings for them."""
        return await self._store.do(rows.copy, self.rules.programme, pid, self.box)

    async def clear(self) -> int:
        """Nothing of it is left. How many boxes still stood there."""
        self.box = ""
        return await self._store.do(rows.clear, self.rules.programme)

    async def sweep(self) -> None:
        """What runs that ended in the middle of a flight left behind. On PostgreSQL other workers' may be flying now."""
        before = self._clock.now() if several(self._store.engine) else None
        await self._store.do(rows.sweep, self._all, before)
