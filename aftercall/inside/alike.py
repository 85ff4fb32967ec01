"""Who said STOP shows in nothing that is sent: a message held back shares the fate, and the count, of those that leave with it."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

from aftercall.send import Later, Never, Refused, Roads
from aftercall.words import Clock, Message, Moment

HELD = "(held back)"  # no number and no address: no provider could carry it
KNOWN = timedelta(minutes=10)  # how long what a road did to the last message says what it would do to one more


def held(message: Message) -> Message:
    """The same, to nobody."""
    return replace(message, to=HELD)


@dataclass(frozen=True)
class Fate:
    """What a road did to the last message that really went by it. `problem` None: it took it."""

    at: Moment
    problem: Later | Refused | None


class Alike(Roads):
    """Stands below whatever counts, so that what is held back is counted as what is sent.

    Known weakness: of a message that leaves alone it is asked whether anybody takes calls there, not what they would answer. And a
    wrong number is a wrong number only for who gets messages.
    """

    def __init__(self, real: Roads, clock: Clock) -> None:
        super().__init__()
        self._real, self._clock = real, clock
        self._air = Counter[str]()  # by road: messages that no provider has answered for yet
        self._landing, self._fates = dict[str, asyncio.Event](), dict[str, Fate]()

    def __contains__(self, name: str) -> bool:
        return name in self._real

    async def send(self, message: Message) -> None:
        await (self._share(message.road) if message.to == HELD else self._carry(message))

    async def _carry(self, message: Message) -> None:
        road = message.road
        self._air[road] += 1
        try:
            await self._real.send(message)
        except (Later, Refused) as problem:
            self._met(road, problem)
            raise
        except Never:  # this number, not this road
            self._met(road)
            raise
        else:
            self._met(road)
        finally:
            self._air[road] -= 1
            if landing := self._landing.pop(road, None):
                landing.set()

    def _met(self, road: str, problem: Later | Refused | None = None) -> None:
        self._fates[road] = Fate(self._clock.now(), problem)

    async def _share(self, road: str) -> None:
        """The fate of the first of those in the air; where there is none, whether the road is there, and what the last one met."""
        if self._air[road]:
            await self._landing.setdefault(road, asyncio.Event()).wait()
        elif road in self._real:
            await self._real.there(road)
        fate = self._fates.get(road)
        if fate and fate.problem and self._clock.now() - fate.at < KNOWN:
            raise type(fate.problem)(str(fate.problem))

    async def close(self) -> None:
        await self._real.close()
