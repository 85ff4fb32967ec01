"""The losses of ninety days, one page at a time, and each by itself: why it weighs what it weighs, and how far its notes are."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from aftercall.inside.doors import hand, signin
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.reception import PATH
from aftercall.inside.doors.signin import Seat
from aftercall.inside.pages import address, language_of, number_of, onwards
from aftercall.inside.road.weight import weigh
from aftercall.inside.store import losses
from aftercall.inside.store.losses import Wish
from aftercall.signin.seat import COORDINATOR
from aftercall.words import Moment

router = APIRouter(prefix=f"{PATH}/losses", include_in_schema=False, route_class=hand.Caught)
ASKED = ("unit", "state", "since", "until", "order")
DAY = timedelta(days=1)


@router.get("")
async def several(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """The address carries what is asked for. What can't be read is said beside it, and asks for nothing."""
    if await seat.of(request, COORDINATOR) is None:
        return signin.show(request, on, seat, 403, "session")
    asked = {name: request.query_params.get(name, "")[:40] for name in ASKED}
    wish, wrong = wish_of(asked, here.zone)
    page = number_of(request.query_params.get("page", ""))
    names = await hand.names(here)
    count, rows = await here.half.store.do(losses.listed, here.org, wish, (page - 1) * losses.PAGE)
    last = max(1, -(-count // losses.PAGE))
    if page > last:
        return onwards(address(request, request.url.path, **asked, page=last))
    others = {name: other for name, other in (("back", page - 1), ("on", page + 1)) if 1 <= other <= last}
    ways = {name: address(request, request.url.path, **asked, page=other) for name, other in others.items()}
    given = {"rows": rows, "count": count, "page": page, "last": last, "ways": ways, "names": names, "week": timedelta(days=6)}
    return on.show(request, "losses.html", asked=asked, wrong=wrong, states=losses.STATES, all=wish == Wish(), **given)


def wish_of(asked: dict[str, str], zone: ZoneInfo) -> tuple[Wish, frozenset[str]]:
    """What is asked for, and which of it can't be read. The last day asked for is one of those shown."""
    wrong = set[str]()
    wish = Wish(asked["unit"])
    if asked["state"] in ("", *losses.STATES):
        wish = replace(wish, state=asked["state"])
    if asked["order"] in losses.ORDERS:
        wish = replace(wish, order=asked["order"])
    days = dict[str, Moment]()
    for name, more in (("since", timedelta(0)), ("until", DAY)):
        try:
            if asked[name]:
                days[name] = datetime.combine(date.fromisoformat(asked[name]) + more, time(), zone)
                if not 1970 <= days[name].year <= 2199:
                    raise ValueError
        except (ValueError, OverflowError):
            days.pop(name, None)
            wrong.add(name)
    return replace(wish, since=days.get("since"), until=days.get("until")), frozenset(wrong)


@router.get("/{event}")
async def one(request: Request, here: Here, on: Paper, seat: Seat, event: str) -> Response:
    seated = await seat.of(request, COORDINATOR)
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    found = await here.half.store.do(losses.one, here.org, event, here.now())
    if found is None:
        return onwards(f"{PATH}?lang={language_of(request)}&said=gone")
    rules = {rule.fact: rule for rule in here.half.rules.weights}
    matched = [(fact, rules.get(fact)) for fact in found.seen.rules]
    changed = weigh(frozenset(found.seen.rules), here.half.rules.weights).points != found.loss.weight
    said = request.query_params.get("said", "")
    names, given = await hand.names(here), {"matched": matched, "changed": changed, "said": said, "week": timedelta(days=6)}
    return on.show(request, "loss.html", csrf=seated.csrf, one=found, names=names, now=here.now(), **given)
