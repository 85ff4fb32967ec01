"""A ring on its way to a peer: worded so that a stranger learns nothing, tried again, and passed on to their next road."""

import asyncio
import hashlib
import logging
from collections import Counter
from functools import partial

from sqlalchemy.engine import Connection

from aftercall.config import Outside
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.outside import ladder
from aftercall.outside.road.wave import DUTY
from aftercall.outside.store import peers, rings
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment

log = logging.getLogger("aftercall.outside")

AT_ONCE = 16  # rings in flight by one road
OUT = 3  # tries in a row that a road did not take: it is out, and nobody waits for it to fail once more


RING = _("On call: 1 waiting. Open your page.")
TEST = _("On call: this is a test. Open your page.")
CALL = _("You are on call. One is waiting. Please open your page.")
SUBJECT = _("On call")


class Ringing:
    def __init__(
        self, settings: Outside, store: Store, clock: Clock, roads: Roads, rules: ladder.Rules, wake: asyncio.Event
    ) -> None:
        self._settings, self._store, self._clock, self._roads, self._rules, self._wake = settings, store, clock, roads, rules, wake
        self.flight = Flight(AT_ONCE)
        self._failed = Counter[str]()  # by road, since it last took something
        self._over = set[str]()  # rings that have been passed on; a restart forgets it, and one more ring is the harm

    async def launch(self, due: list[rings.Ring]) -> None:
        """Begin to send, and don't wait. Of a road that is known to be out one more failure is not awaited: the next goes along."""
        for ring in due:
            if self._failed[ring.road] >= OUT:
                await self._pass_on(ring)
            self.flight.launch(key_of(ring), partial(self._send, ring), ring.road)

    async def _send(self, ring: rings.Ring) -> None:
        """Send, then mark: twice is kinder than never."""
        message = await self._store.do(_worded, ring, self._settings, self._rules, self._clock.now())
        if message is None:
            return await self._done(ring)
        try:
            await self._roads.send(message)
        except Later as problem:
            log.warning("a ring waits for its next try: %s", problem)
            self._failed[ring.road] += 1
            await self._pass_on(ring)
            await self._store.do(rings.later, self._rules.programme, ring, self._clock.now())
        except Never as problem:
            log.error("a ring can't go out: %s", problem)
            await self._pass_on(ring)
            await self._done(ring)
        else:
            self._failed[ring.road] = 0
            await self._done(ring)

    async def _done(self, ring: rings.Ring) -> None:
        self._over.discard(key_of(ring))
        await self._store.do(rings.sent, self._rules.programme, ring)

    async def _pass_on(self, ring: rings.Ring) -> None:
        """The peer's next road goes now; once for each ring, however often it fails."""
        if key_of(ring) not in self._over:
            self._over.add(key_of(ring))
            await self._store.do(ladder.next_road, ring, self._rules, self._clock.now())
            self._wake.set()


def _worded(conn: Connection, ring: rings.Ring, s: Outside, rules: ladder.Rules, now: Moment) -> Message | None:
    """The ring in the peer's language; None when it is not to go."""
    way = ladder.way_of(conn, ring, rules, now)
    if way is None:
        return None
    language = s.duty_language if ring.pid == DUTY else _language(conn, ring, rules)
    say = speak(language)
    text = "" if way.road == "push" else say(TEST if ring.box == rings.TEST else CALL if way.road == "voice" else RING)
    return Message(way.road, way.to, text, key_of(ring), say(SUBJECT) if way.road == "mail" else "", language)


def _language(conn: Connection, ring: rings.Ring, rules: ladder.Rules) -> str:
    entry = peers.entry_of(conn, rules.programme, ring.pid)
    return str((entry.known().get("languages") or ["en"])[0]) if entry else "en"


def key_of(ring: rings.Ring) -> str:
    """The same for the same ring, so that a provider can drop the second of two. It can't be read back."""
    return hashlib.sha256(f"{ring.box}|{ring.pid}|{ring.road}|{ring.wave}".encode()).hexdigest()[:32]
