"""What a feed needs of the half that hears it."""

from collections.abc import Sequence
from typing import Protocol

from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.road.notice import Notice, Unread
from aftercall.words import Moment


class Ears(Protocol):
    async def take(self, heard: Sequence[Notice | Unread]) -> None:
        """Returns when it is stored, or raises."""

    def reader(self, now: Moment) -> tuple[Site, Mark]:
        """What `read` needs, with the keys of that day."""
