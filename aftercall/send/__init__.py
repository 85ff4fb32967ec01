"""A message to the world. An error says whether trying again helps."""

from typing import Protocol

from aftercall.words import Message


class Later(Exception):
    """It did not go out, and trying again may help: a time-out, a full provider, a 5xx."""


class Never(Exception):
    """It did not go out, and trying again will not help: a wrong number, a refused password."""


class Refused(Never):
    """The provider refuses us, not the number: a password, a sender, an empty account. Another provider may take it."""


class Gone(Never):
    """This address is no more, and will not come back: whoever keeps it may forget it."""


class Road(Protocol):
    """One way out of the house. Returns when the provider has taken the message; raises Later or Never."""

    async def send(self, message: Message) -> None: ...


async def close(*roads: Road) -> None:
    """Hang up. A road that holds no line open needs no word for it."""
    for road in roads:
        if end := getattr(road, "close", None):
            await end()


async def there(road: Road) -> None:
    """Could it take a message now? None is sent. Raises Later; a road that can't be asked says nothing."""
    if ask := getattr(road, "there", None):
        await ask()


class Roads:
    """The roads a half has, by name. The network is an argument: a test passes its own roads in."""

    def __init__(self, **roads: Road) -> None:
        self._roads = roads

    def __contains__(self, name: str) -> bool:
        return name in self._roads

    async def send(self, message: Message) -> None:
        if message.road not in self._roads:
            raise Never(f"no road called {message.road} is set up")
        await self._roads[message.road].send(message)

    async def there(self, name: str) -> None:
        """Raises Later when this road could take no message now, as far as can be seen without sending one."""
        if road := self._roads.get(name):
            await there(road)

    async def close(self) -> None:
        await close(*self._roads.values())
