"""The hospital's own sign-in says who somebody is: at the desk, and for one's own page. It is asked, and nothing is kept of it."""

import base64
import hmac
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.config import Inside, Wrong
from aftercall.inside.doors import hand, mine
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.mine import STAFF
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import COOKIE, PATH, Reception, cookie, named
from aftercall.inside.doors.signin import AGAIN, LASTS, NAME, Seat
from aftercall.inside.joinkeys import key_file
from aftercall.inside.pages import Pages, language_of, onwards
from aftercall.inside.road.notice import Named
from aftercall.inside.store import held, people, seats
from aftercall.signin import challenge
from aftercall.signin.idtoken import NO, OLD_PAGE, STALE, UNTRUE, Refused, proved_at
from aftercall.signin.provider import Client, Provider, is_safe
from aftercall.signin.seat import COORDINATOR, FRESH, IT, ROLES, VOUCHED, Person
from aftercall.words import Moment, Randomness, Sealed, moment

router = APIRouter(include_in_schema=False, route_class=hand.Caught)
log = logging.getLogger("aftercall.inside")
TRIP, BACK = "oidc", "/oidc"
TRIP_LASTS = challenge.GOOD.total_seconds()
DESK, MINE = "desk", "mine"
WHERE = {DESK: PATH, MINE: mine.PATH, **{name: f"{PATH}/{name}" for name in AGAIN}}
STATUS = {"down": 503, "slow": 429}
LONGEST = 4096  # letters of a code


@dataclass(frozen=True)
class Trip:
    """On the way to the sign-in and back, in the browser's cookie alone. `session`: the seat that is to be touched, or none."""

    use: str
    language: str
    session: str
    seed: str

    def __str__(self) -> str:
        return f"{self.use}.{self.language}.{self.session}.{self.seed}"


def trip_of(said: str) -> Trip | None:
    """Nothing of it is believed before the state's seal holds, which is over all of it."""
    parts = said.split(".")
    return Trip(*parts) if len(parts) == 4 and parts[0] in WHERE else None


class Vouching:
    """No row until somebody is let in: what has to come back is sealed, and bound to the browser that went."""

    def __init__(self, office: Office, reception: Reception, rand: Randomness) -> None:
        self._office, self._reception, self._rand = office, reception, rand
        self._s = s = office.half.settings
        self._key = key_file(s.data / "signin.key", rand)
        client = Client(s.oidc_issuer, s.oidc_client, secret_of(s), s.oidc_trust, s.oidc_scope)
        self.provider = Provider(client, office.now) if s.oidc_issuer else None

    @property
    def back(self) -> str:
        return self._reception.site.origin + BACK

    async def way(self, provider: Provider, use: str, language: str, session: str = "") -> tuple[str, str]:
        """Where the browser goes, and what it holds until it comes back. Raises Refused."""
        trip = Trip(use, language, session, self._rand(20).hex())
        state = challenge.fresh(self._key, f"{TRIP} {trip}", self._office.now(), self._rand)
        anew = use in AGAIN
        return await provider.way(self.back, _url64(state), self._of(trip, "nonce"), self._of(trip, "verifier"), anew), str(trip)

    def begun(self, said: str, state: str) -> tuple[Trip, bytes]:
        """The trip that this browser began, within ten minutes. Raises Refused."""
        trip, asked = trip_of(said), _from_url64(state)
        if trip is None or not challenge.holds(self._key, f"{TRIP} {trip}", asked, self._office.now()):
            raise Refused(OLD_PAGE, "it came back to a browser that did not begin it, or too late")
        return trip, asked

    async def come(self, provider: Provider, trip: Trip, asked: bytes, code: str) -> str:
        """What the browser is to hold from now on; "" where it holds it already. Raises Refused."""
        said = await provider.redeem(code, self._of(trip, "verifier"), self.back, self._of(trip, "nonce"))
        now = self._office.now()
        proved = proved_at(said, now)
        if trip.use == MINE:
            return await self._own_page(said, asked)
        person = self._person(said)
        if person is None:
            raise Refused(NO, "an account without a role at the desk")
        if trip.use != DESK:
            await self._touch(trip, person, asked, proved, now)
            return ""
        if not (token := await self._reception.vouched(person, asked, proved)):
            raise Refused(OLD_PAGE, "its answer was used already")
        return token

    async def _touch(self, trip: Trip, person: Person, asked: bytes, proved: int, now: Moment) -> None:
        if now - moment(proved) >= FRESH:
            raise Refused(STALE, "auth_time: nobody was asked anew, though we asked for it (prompt=login, max_age=0)")
        if not await self._office.half.store.do(self._touched, trip.session, person, asked, proved):
            raise Refused(NO, "another account than the one that sits there")

    def _touched(self, conn: Connection, name: str, person: Person, asked: bytes, proved: int) -> bool:
        org, now = self._office.org, self._office.now()
        seat = seats.find(conn, org, seats.DESK, name, now)
        if (
            seat is None
            or (seat.person.who, seat.person.role) != (person.who, person.role)
            or not seats.once(conn, org, asked, now)
        ):
            return False
        seats.touch(conn, org, name, moment(proved))
        return True

    def _person(self, said: dict[str, Any]) -> Person | None:
        """Whom the claims let sit at the desk, and as what."""
        has = said.get(self._s.oidc_roles)
        values = {has} if isinstance(has, str) else {one for one in has if isinstance(one, str)} if isinstance(has, list) else set()
        given = {COORDINATOR: self._s.oidc_coordinator, IT: self._s.oidc_it}
        role = next((role for role in ROLES if values.intersection(given[role])), "")
        names = (said.get(claim) for claim in ("name", "preferred_username"))
        name = next((_plain(one) for one in names if isinstance(one, str) and _plain(one)), "-")
        who = VOUCHED + hmac.digest(self._key, f"{TRIP}|{said['iss']}|{said['sub']}".encode(), "sha256").hex()[:16]
        return Person(who, name, role) if role else None

    async def _own_page(self, said: dict[str, Any], asked: bytes) -> str:
        token, claim = self._office.fresh(), said.get(self._s.oidc_person)
        number = str(claim) if isinstance(claim, (str, int)) and not isinstance(claim, bool) else ""
        if not await self._office.half.store.do(self._opened, number, asked, token):
            raise Refused(NO, "an account of nobody on the staff list")
        return token

    def _opened(self, conn: Connection, number: str, asked: bytes, token: str) -> bool:
        org, now, authority = self._office.org, self._office.now(), self._s.oidc_authority
        listed = people.enrolled(conn, org, [Named(authority, number, "")]).get((authority, number), "") if authority else number
        if held.about(conn, org, listed) is None or not seats.once(conn, org, asked, now):
            return False
        return seats.begin(conn, org, seats.MINE, named(token), Person(listed, "", STAFF), now)

    def _of(self, trip: Trip, what: str) -> str:
        """What only this half can make of the trip: nobody who reads the cookie has the verifier."""
        return _url64(hmac.digest(self._key, f"{TRIP} {what}|{trip}".encode(), "sha256"))


# there -----------------------------------------------------------------------------------------------------------------------


@router.get(f"{PATH}/oidc")
async def to_the_desk(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Whoever sits there already, and came in this way, is asked anew: for names, and for letting somebody in."""
    use = request.query_params.get("next", DESK)
    seated = await seat.of(request, *ROLES) if use in AGAIN else None
    return await _leave(request, here, on, use if seated else DESK, seated.session.name if seated else "")


@router.get(f"{mine.PATH}/oidc")
async def to_ones_own_page(request: Request, here: Here, on: Paper) -> Response:
    return await _leave(request, here, on, MINE)


async def _leave(request: Request, here: Office, on: Pages, use: str, session: str = "") -> Response:
    this, language = vouching(request), language_of(request)
    if this.provider is None:
        return hand.gone(request, on)
    try:
        there, trip = await this.way(this.provider, use, language, session)
    except Refused as problem:
        return _refused(request, here, on, problem, use)
    return onwards(there, cookie(request, here, TRIP, trip, BACK, TRIP_LASTS, "Lax"))


# and back --------------------------------------------------------------------------------------------------------------------


@router.get(BACK)
async def back(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A page of ours goes on from here by itself: after a redirect from elsewhere no browser would send the new cookie along."""
    this, given, use = vouching(request), request.query_params, DESK
    if this.provider is None:
        return hand.gone(request, on)
    try:
        trip, asked = this.begun(request.cookies.get(TRIP, ""), given.get("state", ""))
        use = trip.use
        token = await this.come(this.provider, trip, asked, _code(here, seat, given))
    except Refused as problem:
        return _refused(request, here, on, problem, use)
    answer = on.show(request, "oidc.html", wrong="", where=f"{WHERE[use]}?lang={trip.language}")
    if token:
        name, path, lasts = (mine.COOKIE, mine.PATH, mine.LASTS) if use == MINE else (COOKIE, PATH, LASTS)
        answer.headers.append("Set-Cookie", cookie(request, here, name, token, path, lasts))
    answer.headers.append("Set-Cookie", cookie(request, here, TRIP, "", BACK, 0, "Lax"))
    return answer


def _code(here: Office, seat: Reception, given: Any) -> str:
    """What it says beside the state. Raises Refused."""
    issuer = here.half.settings.oidc_issuer
    if given.get("iss", issuer) != issuer:
        raise Refused(UNTRUE, "iss: another issuer has led back here (RFC 9207)")
    if given.get("error"):
        raise Refused(NO, "it was broken off or refused there")
    code = str(given.get("code", ""))
    if not 0 < len(code) <= LONGEST:
        raise Refused(UNTRUE, "it led back without a code")
    if not seat.pace.may(here.now()):
        raise Refused("slow", "too many tries in a minute")
    return code


def _refused(request: Request, here: Office, on: Pages, problem: Refused, use: str) -> Response:
    """What was wrong, and what to do. The same for whom we don't know and whom it refuses."""
    log.warning("the hospital's own sign-in: %s", problem)
    status = STATUS.get(problem.word, 403)
    gone = cookie(request, here, TRIP, "", BACK, 0, "Lax")
    return on.show(request, "oidc.html", status, gone, wrong=problem.word, where=WHERE[use])


def vouching(request: Request) -> Vouching:
    this: Vouching = request.app.state.vouching
    return this


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip()[:NAME]


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _from_url64(text: str) -> bytes:
    """b"" for what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True)
    except ValueError:
        return b""


# the settings ----------------------------------------------------------------------------------------------------------------


def secret_of(s: Inside) -> Sealed:
    """Raises Wrong."""
    if not s.oidc_secret_file:
        return s.oidc_secret
    try:
        return Sealed(Path(s.oidc_secret_file).read_text("utf-8").strip())
    except (OSError, ValueError):
        raise Wrong(f"oidc_secret_file: {s.oidc_secret_file} can't be read") from None


def check(s: Inside) -> None:
    """Raises Wrong, with what to do."""
    if not s.oidc_issuer:
        return
    if not is_safe(s.oidc_issuer) or "?" in s.oidc_issuer or "#" in s.oidc_issuer:
        raise Wrong("oidc_issuer: an https address without ? and #, as the provider's own discovery has it")
    if not s.oidc_client:
        raise Wrong("oidc_client: what this half is called there is missing")
    if not s.address:
        raise Wrong("address: with oidc_issuer this half has to know its own address, to which people are led back")
    if s.oidc_secret and s.oidc_secret_file:
        raise Wrong("oidc_secret: give it, or oidc_secret_file, not both")
    if "openid" not in s.oidc_scope.split():
        raise Wrong("oidc_scope: openid must be among it")
    secret_of(s)
    try:
        Provider(Client(s.oidc_issuer, s.oidc_client, Sealed(""), s.oidc_trust), lambda: moment(0))
    except (OSError, ValueError):
        raise Wrong(f"oidc_trust: {s.oidc_trust} can't be read, or holds no certificates (PEM)") from None
