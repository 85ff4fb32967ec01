"""A half that only remembers what it took; and the notebook and the watch of who asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aftercall.inside.feeds.fhir.poll import Asking, Cursor
from aftercall.inside.feeds.fhir.smart import Source
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.road.notice import Notice, Unread
from tests.feeds.fhir_made import NOW, SITE, is_dead, mark
from tests.feeds.fhir_server import BASE, Ehr


@dataclass
class Listener:
    taken: list[Notice | Unread] = field(default_factory=list)
    full: bool = False

    async def take(self, heard: Sequence[Notice | Unread]) -> None:
        if self.full:
            raise OSError("the disk is full")
        self.taken += heard

    def reader(self, now: datetime) -> tuple[Site, Mark]:
        return SITE, mark

    @property
    def dead(self) -> list[Notice]:
        return [one for one in self.taken if isinstance(one, Notice) and is_dead(one)]

    @property
    def refused(self) -> list[Unread]:
        return [one for one in self.taken if isinstance(one, Unread)]


@dataclass
class Asker:
    """Who asks the server, with what was kept between rounds and how long it waited."""

    ehr: Ehr
    source: Source = field(default_factory=lambda: Source(BASE, page=2))
    ears: Listener = field(default_factory=Listener)
    kept: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.asking = Asking(self.source, self.ehr.client(), self.cursor(), self.ears, lambda: self.now, self.wait)

    def cursor(self) -> Cursor:
        async def load() -> str | None:
            return self.kept[-1] if self.kept else None

        async def save(text: str) -> None:
            self.kept.append(text)

        return Cursor(load, save)

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
