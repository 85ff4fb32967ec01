"""A ring on its way to a peer: worded so that a stranger learns nothing, tried again, and passed on to their next road."""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from aftercall.config import Outside
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.outside import ladder
from aftercall.outside.road.wave import DUTY
from aftercall.outside.store import rings
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment
from aftercall.work import Together

log = logging.getLogger("aftercall.outside")

SOON = timedelta(seconds=1)
OUT = 3  # tries in a row that a road did not take: it is out, and nobody waits for it to fail once more


RING = _("On call: 1 waiting. Open your page.")
TEST = _("On call: this is a test. Open your page.")
MORE = _("On call: several are waiting. If you can come, open your page.")
PHONE = _("On call: this is a test. Please call {tel} once and hang up.")
CALL = _("You are on call. One is waiting. Please open your page.")
SUBJECT = _("On call")


class Ringing:
    def __init__(
        self, settings: Outside, store: Store, clock: Clock, roads: Roads, rules: ladder.Rules, wake: asyncio.Event
    ) -> None:
        self._settings, self._store, self._clock, self._roads, self._rules, self._wake = settings, store, clock, roads, rules, wake
        self.flight = Flight(settings.at_once, wake)
        self.gone = Together(self._mark, self.flight.lull)  # the clock's next round takes what waits here along
        self.tests = dict[str, str]()  # by road: what became of the last test ring, "" is well
        self._failed = Counter[str]()  # by road, since it last took something
        self._over = set[str]()  # rings that have been passed on; a restart forgets it, and one more ring is the harm

    def room(self) -> dict[str, int]:
        """How many rings can go by each road. By one that is out many are begun at once: their next road goes along."""
        return {road: self.flight.room(road, rings.MOST if self._out(road) else 0) for road in self._rules.roads}

    def _out(self, road: str) -> bool:
        return self._failed[road] >= OUT

    async def launch(self, going: list[ladder.Leaving], room: Mapping[str, int]) -> bool:
        """Begin to send, and don't wait. Of a road that is known to be out one more failure is not awaited: the next goes along.

        Can more go at once than there was `room` for?
        """
        claimed = Counter(one.ring.road for one in going)
        full = [road for road, most in room.items() if claimed[road] >= most]
        self.flight.filled(full)
        await self._pass_on([one.ring for one in going if self._out(one.ring.road)])
        for one in going:
            send = partial(self._send, one, self._clock.now())
            self.flight.launch(key_of(one.ring), send, one.ring.road, partial(self._sent, one.ring))
        return any(self.flight.room(road) for road in full)

    async def _send(self, one: ladder.Leaving, since: Moment) -> Later | Never | None:
        """What became of it. One that has stood before a road that is out may have been answered meanwhile."""
        road, now = one.ring.road, self._clock.now()
        try:
            if now - since < SOON or await self._store.do(ladder.may_still, one.ring, self._rules, now):
                await self._roads.send(self._worded(one))
        except (Later, Never) as problem:
            self._failed[road] += isinstance(problem, Later)
            return problem
        else:
            self._failed[road] = 0
            return None

    async def _sent(self, ring: rings.Ring, problem: Later | Never | None) -> None:
        """Send, then mark: twice is kinder than never. What lands meanwhile is marked together."""
        if ring.box == rings.TEST:
            self.tests[ring.road] = str(problem or "")
        if problem:
            await self._pass_on([ring])
        if isinstance(problem, Later) and not rings.last(ring):
            log.warning("a ring waits for its next try: %s", problem)
            await self._store.do(rings.later, self._rules.programme, ring, self._clock.now())
            return
        self._over.discard(key_of(ring))
        if not problem:
            await self.gone.do(ring)
            return
        log.error("a ring can't go out: %s", problem)
        if await self._store.do(ladder.fails, ring, self._rules, self._clock.now()):
            self._wake.set()

    async def _mark(self, these: Sequence[rings.Ring]) -> list[None]:
        await self._store.do(rings.sent, self._rules.programme, these)
        return [None] * len(these)

    async def _pass_on(self, these: Sequence[rings.Ring]) -> None:
        """The peer's next road goes now; once for each ring, however often it fails."""
        if new := [ring for ring in these if key_of(ring) not in self._over]:
            self._over |= {key_of(ring) for ring in new}
            await self._store.do(ladder.next_roads, new, self._rules, self._clock.now())
            self._wake.set()

    def _worded(self, one: ladder.Leaving) -> Message:
        """The ring in the peer's language."""
        s, ring, road, language = self._settings, one.ring, one.way.road, one.language or self._settings.duty_language
        say = speak(language)
        said = {rings.TEST: TEST, rings.MORE: MORE}.get(ring.box, CALL if road == "voice" else RING)
        if (ring.pid, ring.box) == (DUTY, rings.TEST) and s.inbound_token and s.care_number:
            said = PHONE  # it has no page
        text = "" if road == "push" else say(said).format(tel=s.care_number)
        return Message(road, one.way.to, text, key_of(ring), say(SUBJECT) if road == "mail" else "", language)


def key_of(ring: rings.Ring) -> str:
    """The same for the same ring, so that a provider can drop the second of two. It can't be read back."""
    return hashlib.sha256(f"{ring.box}|{ring.pid}|{ring.road}|{ring.wave}".encode()).hexdigest()[:32]
