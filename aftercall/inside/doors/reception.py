"""Who comes in at the desk: by a passkey of their own, let in face to face, for half a day, and not from any other site."""

import asyncio
import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from starlette.requests import Request

from aftercall.inside import acts
from aftercall.inside.doors.office import Office
from aftercall.inside.joinkeys import key_file
from aftercall.inside.pages import is_foreign
from aftercall.inside.store import audit, seats
from aftercall.signin import challenge, passkey
from aftercall.signin.pace import Pace
from aftercall.signin.passkey import NotOurs, Passkey, Site
from aftercall.signin.seat import COORDINATOR, MACHINE, Person, Session
from aftercall.words import Moment, Randomness, keep_time, moment
from aftercall.workers import patient

COOKIE, PATH = "desk", "/desk"
TRIES = 60  # a minute, by everybody together: a passkey can't be guessed, so this saves our processor and nothing else
ADD, REPLACE = "add", "replace"
ADDRESS = "/desk/enrol"


@dataclass(frozen=True)
class Seated:
    """Somebody signed in, and what a form of this very session carries."""

    session: Session
    csrf: str

    @property
    def person(self) -> Person:
        return self.session.person


class Reception:
    """Sessions are rows: they outlive a restart, and are ended by deleting them."""

    def __init__(self, office: Office, rand: Randomness) -> None:
        self._office, self._rand = office, rand
        folder = office.half.settings.data
        self._key, self._acts_key = key_file(folder / "signin.key", rand), acts.key_of(folder, rand)
        self.pace = Pace(TRIES)

    @property
    def site(self) -> Site:
        s = self._office.half.settings
        here = f"{'https' if s.tls_cert else 'http'}://localhost:{s.port}"  # the one name at which browsers ask for no certificate
        return passkey.site_of(self._office.contacts.address or here, self._office.org)

    # who is it ---------------------------------------------------------------------------------------------------------------

    async def of(self, request: Request, *roles: str) -> Seated | None:
        """Who sits there, if their role is among these; whoever may not is nobody, as a stranger is."""
        token = request.cookies.get(COOKIE, "")
        if not token:
            return None
        half = self._office.half
        found = await half.store.do(seats.find, self._office.org, seats.DESK, named(token), self._office.now())
        return Seated(found, csrf_of(token)) if found and found.person.role in (roles or (COORDINATOR,)) else None

    async def pressing(self, request: Request, csrf: str, *roles: str) -> Seated | None:
        """Who pressed a button of this very session; None for anybody else's."""
        seated = await self.of(request, *roles)
        if seated is None or is_foreign(request) or not hmac.compare_digest(csrf.encode(), seated.csrf.encode()):
            return None
        return seated

    # passkeys ----------------------------------------------------------------------------------------------------------------

    def to_show(self, purpose: str) -> dict[str, Any]:
        """What the browser asks a passkey for; the same for everybody."""
        return passkey.to_show(self.site, self._fresh(purpose))

    async def to_make(self, link: Session) -> dict[str, Any]:
        office = self._office
        have = await office.half.store.do(seats.passkeys_of, office.org, link.person.who)
        return passkey.to_make(self.site, self._fresh(f"enrol {link.name}"), link.person, have)

    async def sign_in(self, said: str) -> str:
        """A new session, as the browser is to hold it; "" where that was no passkey of ours."""
        token = self._token()
        proved = await self._shown(said, "in")
        done = proved and await self._kept(self._begin, proved, named(token))
        return token if done else ""

    async def touch(self, seated: Seated, said: str) -> bool:
        """The passkey again, of whoever sits there, in this session."""
        proved = await self._shown(said, f"touch {seated.session.name}")
        if proved is None or proved[0].person != seated.person:
            return False
        return await self._office.half.store.do(self._touched, proved, seated.session.name)

    async def _shown(self, said: str, purpose: str) -> tuple[Passkey, int, bytes] | None:
        office = self._office
        try:
            name, asked = passkey.claims(said)
            known = await office.half.store.do(seats.passkey, office.org, name)
            if known is None or not challenge.holds(self._key, purpose, asked, office.now()):
                return None
            return known, passkey.shown(self.site, asked, said, known), asked
        except NotOurs:
            return None

    def _begin(self, conn: Connection, proved: tuple[Passkey, int, bytes], name: str) -> audit.Head | None:
        """None where this answer has opened a session already."""
        known, now, org = proved[0], self._office.now(), self._office.org
        if not self._once(conn, proved):
            return None
        seats.begin(conn, org, seats.DESK, name, known.person, now)
        return audit.note(conn, org, self._acts_key, known.person, "in", "", now)

    def _touched(self, conn: Connection, proved: tuple[Passkey, int, bytes], name: str) -> bool:
        if not self._once(conn, proved):
            return False
        seats.touch(conn, self._office.org, name, self._office.now())
        return True

    def _once(self, conn: Connection, proved: tuple[Passkey, int, bytes]) -> bool:
        known, count, asked = proved
        now, org = self._office.now(), self._office.org
        if not seats.once(conn, org, asked, now):
            return False
        seats.used(conn, org, known.name, count, now)
        return True

    # the hospital's own sign-in ----------------------------------------------------------------------------------------------

    async def vouched(self, person: Person, asked: bytes, proved: int) -> str:
        """A session for whom the hospital's own sign-in vouches; "" where this answer has opened one already."""
        token = self._token()
        return token if await self._kept(self._vouched, person, asked, proved, named(token)) else ""

    def _vouched(self, conn: Connection, person: Person, asked: bytes, proved: int, name: str) -> audit.Head | None:
        now, org = self._office.now(), self._office.org
        if not seats.once(conn, org, asked, now):
            return None
        seats.begin(conn, org, seats.DESK, name, person, now)
        seats.touch(conn, org, name, moment(proved))
        return audit.note(conn, org, self._acts_key, person, "in", "", now)

    # links -------------------------------------------------------------------------------------------------------------------

    async def link(self, person: Person, why: str, by: Person) -> str:
        """A link that makes one passkey for that person, once, within half an hour. What it opens stands behind #."""
        token = self._token()
        await self._kept(self._invite, person, why, by, named(token))
        return f"{self.site.origin}{ADDRESS}#{token}"

    async def link_from_the_machine(self, name: str) -> str:
        return await self.link(Person(self._rand(8).hex(), name, COORDINATOR), ADD, MACHINE)

    def _invite(self, conn: Connection, person: Person, why: str, by: Person, name: str) -> audit.Head:
        now, org = self._office.now(), self._office.org
        seats.begin(conn, org, seats.LINK, name, person, now, why)
        return audit.note(conn, org, self._acts_key, by, "link" if by == MACHINE else "invite", person.name, now)

    async def invited(self, token: str) -> Session | None:
        """Whose link that is, while it is good. Looking at it uses nothing up."""
        office = self._office
        return await office.half.store.do(seats.find, office.org, seats.LINK, named(token), office.now())

    async def enrol(self, token: str, said: str) -> str:
        """The new passkey is kept, the link is used up, and its owner signed in. "" where any of that can't be."""
        link = await self.invited(token)
        if link is None:
            return ""
        try:
            _, asked = passkey.claims(said)
            if not challenge.holds(self._key, f"enrol {link.name}", asked, self._office.now()):
                return ""
            new = passkey.made(self.site, asked, said, link.person)
        except NotOurs:
            return ""
        fresh = self._token()
        return fresh if await self._kept(self._enrolled, link, new, named(fresh)) else ""

    def _enrolled(self, conn: Connection, link: Session, new: Passkey, name: str) -> audit.Head | None:
        now, org = self._office.now(), self._office.org
        why = seats.proof_of(conn, org, link.name)
        if seats.take(conn, org, seats.LINK, link.name, now) is None or not seats.enrol(conn, org, new, now):
            return None
        if why == REPLACE:
            seats.renew(conn, org, link.person.who, new.name)
        seats.begin(conn, org, seats.DESK, name, link.person, now)
        return audit.note(conn, org, self._acts_key, link.person, "replace" if why == REPLACE else "enrol", "", now)

    async def remove(self, who: str, by: Person) -> bool:
        """Their passkeys and sessions go. False for the last coordinator, and for nobody."""
        return await self._kept(self._removed, who, by)

    def _removed(self, conn: Connection, who: str, by: Person) -> audit.Head | None:
        gone = seats.remove(conn, self._office.org, who)
        return (
            None
            if gone is None
            else audit.note(conn, self._office.org, self._acts_key, by, "remove", gone.name, self._office.now())
        )

    # what named people did ---------------------------------------------------------------------------------------------------

    async def note(self, person: Person, what: str, about: str = "") -> None:
        """Before it is done: an act without its row must not be."""
        office = self._office
        await self._kept(audit.note, office.org, self._acts_key, person, what, about, office.now())

    async def look(self, person: Person, event: str) -> list[tuple[str, str, str]]:
        """Who was at that loss; that this person looked is in the same commit."""
        office = self._office
        head, found = await office.half.store.do(audit.look, office.org, self._acts_key, person, event, office.now())
        acts.keep(office.half.settings.data, head)
        return found

    async def keep_time(self) -> None:
        """What has had its time goes, within ten seconds."""
        clock = self._office.half.clock
        await keep_time(clock, asyncio.Event(), patient(self.forget, clock))

    async def forget(self) -> None:
        office = self._office
        await office.half.store.do(_forget, office.org, self._acts_key, office.now())

    async def _kept(self, job: Any, *given: Any) -> bool:
        """The job's act is in the chain, and the chain's new head in its file. False where the job did nothing."""
        new: audit.Head | None = await self._office.half.store.do(job, *given)
        if new is not None:
            acts.keep(self._office.half.settings.data, new)
        return new is not None

    def _fresh(self, purpose: str) -> bytes:
        return challenge.fresh(self._key, purpose, self._office.now(), self._rand)

    def _token(self) -> str:
        return base64.b32encode(self._rand(20)).decode().lower()

    # of codes, for one's own page --------------------------------------------------------------------------------------------

    def proof(self, form: str, code: str) -> str:
        """What a row knows of a code: nothing that can be guessed without the key."""
        return hmac.digest(self._key, f"code|{form}|{code}".encode(), "sha256").hex()[:32]


def _forget(conn: Connection, org: str, key: bytes, now: Moment) -> None:
    seats.forget(conn, org, now)
    audit.forget(conn, org, key, now)


def named(token: str) -> str:
    """What a row knows of a token: enough to find it, and not the token."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def csrf_of(token: str) -> str:
    return hashlib.sha256(b"csrf|" + token.encode()).hexdigest()[:32]


def cookie(request: Request, office: Office, name: str, token: str, path: str, lasts: float, site: str = "Strict") -> str:
    """ "" for `token` takes it away. `site`: Lax for what has to come along when another site leads back here."""
    secure = "; Secure" if "https" in (request.url.scheme, office.contacts.address.partition(":")[0]) else ""
    age = int(lasts) if token else 0
    return f"{name}={token}; Path={path}; Max-Age={age}; HttpOnly; SameSite={site}{secure}"
