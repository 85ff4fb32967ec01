"""Ask a FHIR server what changed since we asked last, and read again the visits of whoever died."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Raw

from aftercall.inside.feeds.fhir.bundle import read
from aftercall.inside.feeds.fhir.death import told_by_encounter, told_by_patient
from aftercall.inside.feeds.fhir.ears import Ears
from aftercall.inside.feeds.fhir.fetch import Astray, Server, Wait
from aftercall.inside.feeds.fhir.links import key_of
from aftercall.inside.feeds.fhir.opened import Found, Opened, open_document
from aftercall.inside.feeds.fhir.shapes import Encounter, Patient
from aftercall.inside.feeds.fhir.shaping import shaped
from aftercall.inside.feeds.fhir.smart import Refused, Source, Unreachable
from aftercall.inside.feeds.site import CURRENT, Site
from aftercall.inside.road.notice import Unread
from aftercall.words import Moment, utc

log = logging.getLogger("aftercall.inside")

OVERLAP = timedelta(minutes=5)  # asked again each time: what was committed late, or by a slow clock. Twice is harmless
VISITS = 20  # pages of one patient's visits
STAFF = 40  # practitioners and places looked up for one death
_REFERENCE = re.compile(rb'"reference"\s*:\s*"((?:https?://[^"]+/)?(?:Practitioner|PractitionerRole|Location)/[^"/?#]{1,64})"')


@dataclass(frozen=True)
class Cursor:
    """Where we are, as a text that is kept between runs."""

    load: Callable[[], Awaitable[str | None]]
    save: Callable[[str], Awaitable[None]]


async def poll(
    source: Source, client: httpx.AsyncClient, cursor: Cursor, ears: Ears, now: Callable[[], Moment], wait: Wait = asyncio.sleep
) -> None:
    """For ever. A round that fails is asked again from where the last good one began."""
    asking = Asking(source, client, cursor, ears, now, wait)
    while True:
        try:
            await asking.once()
        except Exception as problem:  # one bad answer, or a full disk, must not end the listening
            known = isinstance(problem, Refused | Unreachable)
            log.warning("a FHIR server could not be heard: %s", problem if known else type(problem).__name__)
        await wait(source.every)


class Asking:
    """The questions to one server; also asked when a subscription says that something was missed."""

    def __init__(
        self,
        source: Source,
        client: httpx.AsyncClient,
        cursor: Cursor,
        ears: Ears,
        now: Callable[[], Moment],
        wait: Wait = asyncio.sleep,
    ) -> None:
        self.source, self._cursor, self._ears, self._now = source, cursor, ears, now
        self._server = Server(source, client, now, wait)
        self._turn = asyncio.Lock()

    async def once(self) -> None:
        """Everything since the last time. Raises Refused, Unreachable, or what storing raised; then the cursor stays."""
        async with self._turn:
            since = _moment(await self._cursor.load()) or self._now() - CURRENT
            self._server.clock = None
            begun: Moment | None = None
            for kind in ("Patient", "Encounter"):
                after = utc(since - OVERLAP)
                try:
                    async for page in self._server.pages(f"{kind}?_lastUpdated=ge{after}&_count={self.source.page}"):
                        begun = begun or self._server.clock or self._now()
                        await self._page(page)
                except Astray as lost:
                    await self._ears.take((lost.why,))
                    raise
            await self._cursor.save(min(begun or self._now(), self._now()).isoformat())

    async def again(self, addresses: Iterable[str]) -> int:
        """Read these resources anew: a notification named them only. How many could be. Raises as `once` does."""
        count = 0
        for address in addresses:
            key = key_of(address, self.source.base)
            kind, ident = (key[0].rpartition("/")[2], key[1]) if key else ("", "")
            body = await self._server.one(kind, quote(ident, safe="")) if kind in ("Patient", "Encounter") else None
            if body is not None:
                count += 1
                page = open_document(body)
                await (self._ears.take((page,)) if isinstance(page, Unread) else self._page(page))
        return count

    async def _page(self, page: Opened) -> None:
        """Who died is read with all visits, by itself; the others as they came."""
        now = self._now()
        site, _ = self._ears.reader(now)
        others: list[Found] = []
        for found in page.found:
            if found.type == "Patient" and _is_dead_patient(found, site):
                await self._read(await self._with_visits(found))
            elif found.type == "Encounter" and (patient := _of_dead_visit(found, site)):
                await self._read(await self._with_patient(found, patient))
            else:
                others.append(found)
        if page.refused:
            await self._ears.take(tuple(page.refused))
        if others:
            await self._read(others)

    async def _read(self, found: list[Found]) -> None:
        now = self._now()
        site, mark = self._ears.reader(now)
        entries = [{"fullUrl": one.url, "resource": one.raw} if one.url else {"resource": one.raw} for one in found]
        body = msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", "entry": entries})
        await self._ears.take(read(body, site, mark, now, base=self.source.base, source=self.source.name))

    async def _with_visits(self, patient: Found) -> list[Found]:
        ident, found = _id_of(patient), [patient]
        if ident:
            pages = 0
            async for page in self._server.pages(f"Encounter?patient={quote(ident, safe='')}&_count={self.source.page}"):
                found += [one for one in page.found if one.type in ("Encounter", "Practitioner", "Location")]
                pages += 1
                if pages >= VISITS:
                    break
        return found + await self._looked_up(found)

    async def _with_patient(self, visit: Found, patient: str) -> list[Found]:
        key = key_of(patient, self.source.base)
        body = await self._server.one("Patient", quote(key[1], safe="")) if key else None
        page = open_document(body) if body else None
        found = [visit] + (page.found if isinstance(page, Opened) else [])
        return found + await self._looked_up(found)

    async def _looked_up(self, found: list[Found]) -> list[Found]:
        """Staff and places that the visits name by address only: their numbers are what we know people by."""
        here = {one.url for one in found}
        named = [m.decode() for one in found if one.type == "Encounter" for m in _REFERENCE.findall(bytes(one.raw))]
        more: list[Found] = []
        for address in list(dict.fromkeys(named))[:STAFF]:
            key = key_of(address, self.source.base)
            if key is None or address in here:
                continue
            kind = key[0].rpartition("/")[2]
            body = await self._server.one(kind, quote(key[1], safe=""))
            if body is not None:
                more.append(Found(kind, Raw(body), kind, address, served=True))
        return more


def _is_dead_patient(found: Found, site: Site) -> bool:
    patient, _ = shaped(found.raw, Patient, "Patient", found.path)
    told = told_by_patient(patient, site.zone) if patient else None
    return told is not None and any(sign.value != "no" for sign in told.signs)


def _of_dead_visit(found: Found, site: Site) -> str:
    """The address of the patient, when the visit ended with a death."""
    encounter, _ = shaped(found.raw, Encounter, "Encounter", found.path)
    told = told_by_encounter(encounter, site) if encounter else None
    dead = told is not None and any(sign.value in ("expired", "maybe") for sign in told.signs)
    return (encounter.subject.reference or "") if dead and encounter and encounter.subject else ""


def _id_of(found: Found) -> str:
    patient, _ = shaped(found.raw, Patient, "Patient", found.path)
    return str(patient.id or "") if patient else ""


def _moment(text: str | None) -> Moment | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError:
        return None
