"""The door for an identity provider: who joins the staff, who changes, who leaves. It writes no log, so that none holds a name.

Wiring: `app.state.roster` is a Roster, `app.state.scim_token` the bearer token as Sealed; an empty token keeps the door shut.
`app.state.country` is the country of numbers that begin with 0.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from aftercall.inside.doors.scim.patch import patched
from aftercall.inside.doors.scim.schemas import PAGE, kinds, schemas, service
from aftercall.inside.doors.scim.shape import NAME, OUTER, Document, Wrong, document_of, is_active, known, person_of, shown
from aftercall.inside.road.crew import Member, Person
from aftercall.words import Sealed, StaffId

PREFIX = "/scim/v2"
ERROR, LIST = "urn:ietf:params:scim:api:messages:2.0:Error", "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ABOUT = ("ServiceProviderConfig", "ResourceTypes", "Schemas")
_FILTER = re.compile(r'\s*(userName|externalId|id)\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)
_AUTHORITY = {"username": NAME, "externalid": OUTER}


class Roster(Protocol):
    """The staff as rows. Every call is one transaction."""

    async def add(self, person: Person) -> bool:
        """False, and nothing is written, when the staff id or one of the ids is somebody's already."""
        ...

    async def replace(self, person: Person) -> bool:
        """The row of this staff id is exactly this. False, and nothing is written, when one of the ids is another's."""
        ...

    async def leave(self, person: Person) -> None:
        """They are gone, and every message that waited for them with them. That they left is kept aside, for their directory."""
        ...

    async def remove(self, staff: StaffId) -> None:
        """They are gone, as by `leave`, and nothing is kept."""
        ...

    async def get(self, staff: StaffId) -> Member | None: ...

    async def find(self, authority: str, number: str) -> Member | None:
        """Whose number this is, by exactly this authority; who has left comes after those who are here."""
        ...

    async def page(self, start: int, count: int) -> tuple[int, list[Member]]:
        """How many there are, and `count` of them from the one numbered `start` (from 0), always in the same order."""
        ...


class Refused(Exception):
    """An answer in SCIM's own form: never what was sent."""

    def __init__(self, status: int, say: str, kind: str = "") -> None:
        self.status, self.say, self.kind = status, say, kind


class _Route(APIRoute):
    """Whatever is refused on the way, also by a dependency, is answered as SCIM has it."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # it is a coroutine either way
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Wrong as problem:
                return _refusal(Refused(400, str(problem), problem.kind))
            except Refused as problem:
                return _refusal(problem)
            except RecursionError:
                return _refusal(Refused(400, "The body is too deep.", "invalidSyntax"))

        return answered


def admitted(request: Request) -> Roster:
    """Whoever holds the token. Compared in constant time."""
    wanted: Sealed = getattr(request.app.state, "scim_token", Sealed(""))
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), wanted.open().encode())
    if not wanted or not right or scheme.lower() != "bearer":
        raise Refused(401, "Send the bearer token that the settings hold.")
    roster: Roster = request.app.state.roster
    return roster


Here = Annotated[Roster, Depends(admitted)]
router = APIRouter(prefix=PREFIX, route_class=_Route, include_in_schema=False)


@router.get("/ServiceProviderConfig")
async def service_provider(request: Request, _: Here) -> Response:
    return _said(service(_base(request)))


@router.get("/ResourceTypes")
@router.get("/ResourceTypes/{name}")
async def resource_types(request: Request, _: Here, name: str = "") -> Response:
    return _one_or_all(kinds(_base(request)), name)


@router.get("/Schemas")
@router.get("/Schemas/{name}")
async def all_schemas(request: Request, _: Here, name: str = "") -> Response:
    return _one_or_all(schemas(_base(request)), name)


@router.get("/Users")
async def users(request: Request, here: Here) -> Response:
    return await _found(request, here, request.query_params)


@router.post("/Users/.search")
@router.post("/.search")
async def search(request: Request, here: Here) -> Response:
    """The same with the question in the body, where no log of addresses sees it."""
    asked = await _json(request)
    if not isinstance(asked, dict):
        raise Refused(400, "The body is one object.", "invalidSyntax")
    joined = {k: ",".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in asked.items() if v is not None}
    return await _found(request, here, joined)


async def _found(request: Request, here: Roster, asked: Mapping[str, str]) -> Response:
    """All, page by page, or the one that a filter names."""
    start, count = max(1, _number(asked.get("startIndex"), 1)), min(PAGE, max(0, _number(asked.get("count"), PAGE)))
    if "filter" in asked:
        found = await _filtered(here, asked["filter"])
        total, people = (1, [found]) if found else (0, [])
        people = people[start - 1 :][:count]
    else:
        total, people = await here.page(start - 1, count)
    return _listed([shown(_document(request, one), asked) for one in people], total, start)


@router.post("/Users")
async def join(request: Request, here: Here) -> Response:
    """Somebody joined, or is back."""
    document = await _body(request)
    member = Member(person_of(document, country=_country(request)), is_active(document))
    there = await here.get(member.person.staff)
    if (there is not None and there.active) or not await _kept(here, there, member):
        raise Refused(409, "Somebody with this userName, externalId or number is here already.", "uniqueness")
    return _user(request, member, 201)


@router.get("/Users/{staff:path}")
async def one(request: Request, here: Here, staff: str) -> Response:
    return _said(shown(_document(request, await _existing(here, staff)), request.query_params))


@router.put("/Users/{staff:path}")
async def change_whole(request: Request, here: Here, staff: str) -> Response:
    return await _become(request, here, await _existing(here, staff), await _body(request))


@router.patch("/Users/{staff:path}")
async def change(request: Request, here: Here, staff: str) -> Response:
    there = await _existing(here, staff)
    now = _document(request, there)
    now["name"] = {"formatted": now.pop("displayName")}  # one name is kept; by whichever word it is sent, it shall count
    return await _become(request, here, there, patched(now, await _json(request)))


@router.delete("/Users/{staff:path}")
async def leave(here: Here, staff: str) -> Response:
    await here.remove((await _existing(here, staff)).person.staff)
    return Response(status_code=204)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def nothing_else(_: Here, rest: str) -> Response:
    """No groups, no bulk, no /Me. What this server says of itself can only be read."""
    if rest.partition("/")[0] in ABOUT:
        raise Refused(405, "This can only be read.")
    raise Refused(404, "This server keeps Users and nothing else.")


async def _become(request: Request, here: Roster, there: Member, document: Document) -> Response:
    member = Member(person_of(document, there.person.staff, _country(request)), is_active(document))
    if not await _kept(here, there, member):
        raise Refused(409, "One of these numbers is somebody else's already.", "uniqueness")
    return _user(request, member)


async def _kept(here: Roster, there: Member | None, member: Member) -> bool:
    """Who is not active any more is gone, with every message that waited for them. False where a number is somebody else's."""
    if not member.active:
        await here.leave(member.person)
        return True
    return await (here.replace if there is not None and there.active else here.add)(member.person)


async def _existing(here: Roster, staff: str) -> Member:
    member = await here.get(StaffId(staff)) if staff.isprintable() else None
    if member is None:
        raise Refused(404, "There is nobody under this id.")
    return member


async def _filtered(here: Roster, text: str) -> Member | None:
    found = _FILTER.fullmatch(text)
    try:
        wanted = json.loads(found[2]) if found else None
    except ValueError:
        wanted = None
    if found is None or wanted is None or not wanted.isprintable():
        raise Refused(400, 'filter: write userName eq "..." or externalId eq "..."', "invalidFilter")
    name = found[1].lower()
    if name == "id":
        return await here.get(StaffId(wanted))
    return await here.find(_AUTHORITY[name], wanted.casefold() if name == "username" else wanted)


async def _body(request: Request) -> Document:
    given = known(await _json(request))
    if not isinstance(given, dict):
        raise Refused(400, "The body is one object.", "invalidSyntax")
    return given


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.", "invalidSyntax") from None


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text, re.ASCII) else otherwise


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/") + PREFIX


def _one_or_all(every: list[Document], name: str) -> Response:
    if not name:
        return _listed(every, len(every), 1)
    found = next((one for one in every if one["id"].lower() == name.lower()), None)
    if found is None:
        raise Refused(404, "There is nothing under this name.")
    return _said(found)


def _listed(documents: list[Document], total: int, start: int) -> Response:
    page = {"schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": len(documents), "Resources": documents}
    return _said(page)


def _user(request: Request, member: Member, status: int = 200) -> Response:
    document = _document(request, member)
    return _said(document, status, {"location": document["meta"]["location"]} if status == 201 else {})


def _document(request: Request, member: Member) -> Document:
    return {**document_of(member.person, _base(request)), "active": member.active}


def _country(request: Request) -> str:
    country: str = request.app.state.country
    return country


def _refusal(why: Refused) -> Response:
    document = {"schemas": [ERROR], "status": str(why.status), "detail": why.say, **({"scimType": why.kind} if why.kind else {})}
    return _said(document, why.status, {"www-authenticate": "Bearer"} if why.status == 401 else {})


def _said(document: Document, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(document, ensure_ascii=False)
    return Response(text.encode("utf-8", "replace"), status, headers, media_type="application/scim+json")
