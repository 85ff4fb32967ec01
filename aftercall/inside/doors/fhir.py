"""Where a FHIR server knocks when something changed. 200 means stored; what it only pointed at has been read again by then."""

import hmac
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from aftercall.inside.doors.intake import gone
from aftercall.inside.feeds.fhir.bundle import read
from aftercall.inside.feeds.fhir.ears import Ears
from aftercall.inside.feeds.fhir.notify import Knock, addresses_in, read_knock
from aftercall.inside.road.notice import DEAD, MAYBE, Notice, Unread
from aftercall.words import Moment, Sealed

router = APIRouter(prefix="/inside/v1/fhir")
log = logging.getLogger("aftercall.inside")
LATER = {"retry-after": "10"}
LARGER = {"/inside/v1/fhir/": 16 * 1024 * 1024}  # for the door: one notification may carry a whole stay


class Asks(Protocol):
    """The questions that a poll asks of the same server."""

    async def once(self) -> None: ...

    async def again(self, addresses: Iterable[str]) -> int: ...


@dataclass
class Subscribed:
    """A subscription's far end. Stands in app.state.fhir; None there shuts the door."""

    ears: Ears
    token: Sealed
    now: Callable[[], Moment]
    asks: Asks | None = None
    base: str = ""
    source: str = "fhir"
    counts: dict[str, int] = field(default_factory=dict)  # events of each subscription, known since the start


def subscribed(request: Request) -> Subscribed | None:
    this: Subscribed | None = getattr(request.app.state, "fhir", None)
    return this


Here = Annotated[Subscribed | None, Depends(subscribed)]


@router.post("/{token}")
@router.put("/{token}/{kind}/{ident}")
async def notified(here: Here, token: str, request: Request) -> Response:
    """A notification bundle; or, as plain R4 subscriptions do, the resource itself, or nothing at all."""
    if here is None or not hmac.compare_digest(token.encode(), here.token.open().encode()):
        return gone()
    body = await request.body()
    try:
        unread = await _hear(here, body)
    except Exception as problem:
        log.error("a FHIR notification could not be taken: %s", type(problem).__name__)
        return JSONResponse({"error": "later", "say": "It could not be stored. Please send it again."}, 503, LATER)
    if unread:
        return JSONResponse({"error": unread.code, "say": f"{unread.where}: {unread.text}"}, 400)
    return JSONResponse({"ok": True})


async def _hear(here: Subscribed, body: bytes) -> Unread | None:
    """Raises when it could not be stored. What could not be read at all is stored too, and returned."""
    if not body.strip():
        await _catch_up(here)
        return None
    knock, now = read_knock(body), here.now()
    site, mark = here.ears.reader(now)
    heard = read(body, site, mark, now, base=here.base, source=here.source)
    if here.asks and any(_lacks_a_visit(one) for one in heard) and await here.asks.again(addresses_in(body)):
        heard = tuple(one for one in heard if not _lacks_a_visit(one))
    if heard:
        await here.ears.take(heard)
    if knock:
        await _follow(here, knock)
    alone = heard[0] if len(heard) == 1 else None
    return alone if isinstance(alone, Unread) and alone.code == "not-json" else None


def _lacks_a_visit(one: Notice | Unread) -> bool:
    """A death without the visits around it, which the server can still be asked for."""
    return isinstance(one, Notice) and one.doubt == "no current visit" and any(sign.value in DEAD | MAYBE for sign in one.signs)


async def _follow(here: Subscribed, knock: Knock) -> None:
    """What was missed, or only pointed at, is asked for; only then is the count believed."""
    last = here.counts.get(knock.subscription)
    if here.asks and knock.kind != "handshake":
        if last is None or knock.missed(last) or not (knock.carries or knock.meant or knock.kind == "heartbeat"):
            await here.asks.once()
        if knock.meant and not knock.carries:
            await here.asks.again(knock.meant)
    if knock.count is not None:
        here.counts[knock.subscription] = knock.count


async def _catch_up(here: Subscribed) -> None:
    if here.asks:
        await here.asks.once()
