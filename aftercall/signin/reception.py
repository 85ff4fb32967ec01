"""Who comes in at a half's desk: by a passkey of their own, let in face to face, for half a day, and not from any other site."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from starlette.requests import Request

from aftercall.config import Settings
from aftercall.pages import is_foreign
from aftercall.signin import challenge, kept, passkey, seats
from aftercall.signin.chain import Head
from aftercall.signin.pace import Pace
from aftercall.signin.passkey import NotOurs, Passkey, Site
from aftercall.signin.seat import Person, Session
from aftercall.signin.seats import Seats
from aftercall.sql import Store
from aftercall.words import Clock, Moment, Randomness

PATH = "/desk"
TRIES = 60  # a minute, by everybody together: a passkey can't be guessed, so this saves our processor and nothing else
ADD, REPLACE = "add", "replace"
ADDRESS = "/desk/enrol"

Note = Callable[[Connection, Person, str, str, Moment], Head]
"""Writes an act of this person into the half's chain; NOTHING where the half writes down no such act."""


@dataclass(frozen=True)
class Seated:
    """Somebody signed in, and what a form of this very session carries."""

    session: Session
    csrf: str

    @property
    def person(self) -> Person:
        return self.session.person


@dataclass(frozen=True)
class Room:
    """A half as its desk sees it. `whose`: its organisation or programme. `roles`: who may sit here, the one who leads first.

    `again`: pages that ask for a fresh touch of the passkey, and come back after it. `machine`: whoever can start this half's
    programs.
    """

    whose: str
    address: Callable[[], str]  # of this half's pages, as people open them; "" where it is not known
    settings: Settings
    store: Store
    clock: Clock
    seats: Seats
    note: Note
    cookie: str
    roles: tuple[str, ...]
    again: tuple[str, ...]
    machine: Person


class Reception:
    """Sessions are rows: they outlive a restart, and are ended by deleting them."""

    def __init__(self, room: Room, key: bytes, rand: Randomness) -> None:
        """`key`: under which challenges are sealed."""
        self.room, self._key, self._rand = room, key, rand
        self.pace = Pace(TRIES)

    @property
    def site(self) -> Site:
        s = self.room.settings
        here = f"{'https' if s.tls_cert else 'http'}://localhost:{s.port}"  # the one name at which browsers ask for no certificate
        return passkey.site_of(self.room.address() or here, self.room.whose)

    def now(self) -> Moment:
        return self.room.clock.now()

    # who is it ---------------------------------------------------------------------------------------------------------------

    async def of(self, request: Request, *roles: str) -> Seated | None:
        """Who sits there, if their role is among these (none given: who leads); whoever may not is nobody, as a stranger is."""
        token = request.cookies.get(self.room.cookie, "")
        if not token:
            return None
        found = await self.room.store.do(self.room.seats.find, self.room.whose, seats.DESK, named(token), self.now())
        return Seated(found, csrf_of(token)) if found and found.person.role in (roles or self.room.roles[:1]) else None

    async def pressing(self, request: Request, csrf: str, *roles: str) -> Seated | None:
        """Who pressed a button of this very session; None for anybody else's."""
        seated = await self.of(request, *roles)
        if seated is None or is_foreign(request) or not hmac.compare_digest(csrf.encode(), seated.csrf.encode()):
            return None
        return seated

    def is_fresh(self, seated: Seated) -> bool:
        """Was the passkey touched just now? For what must not be done by whoever finds the desk open."""
        return seated.session.is_fresh(self.now())

    async def sessions(self, seated: Seated) -> list[Session]:
        return await self.room.store.do(self.room.seats.of, self.room.whose, seats.DESK, seated.person.who, self.now())

    async def people(self) -> list[tuple[Person, int, int]]:
        """Everybody with a passkey: how many, and the day one was last used."""
        return await self.room.store.do(self.room.seats.people, self.room.whose)

    async def end(self, name: str, who: str) -> None:
        """That session, where it is theirs."""
        await self.room.store.do(self.room.seats.end, self.room.whose, name, who)

    # passkeys ----------------------------------------------------------------------------------------------------------------

    def to_show(self, purpose: str) -> dict[str, Any]:
        """What the browser asks a passkey for; the same for everybody."""
        return passkey.to_show(self.site, self._fresh(purpose))

    async def to_make(self, link: Session) -> dict[str, Any]:
        have = await self.room.store.do(self.room.seats.passkeys_of, self.room.whose, link.person.who)
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
        return await self.room.store.do(self._touched, proved, seated.session.name)

    async def _shown(self, said: str, purpose: str) -> tuple[Passkey, int, bytes] | None:
        try:
            name, asked = passkey.claims(said)
            known = await self.room.store.do(self.room.seats.passkey, self.room.whose, name)
            if known is None or not challenge.holds(self._key, purpose, asked, self.now()):
                return None
            return known, passkey.shown(self.site, asked, said, known), asked
        except NotOurs:
            return None

    def _begin(self, conn: Connection, proved: tuple[Passkey, int, bytes], name: str) -> Head | None:
        """None where this answer has opened a session already."""
        if not self._once(conn, proved):
            return None
        return self._seated(conn, proved[0].person, name)

    def _seated(self, conn: Connection, person: Person, name: str) -> Head:
        self.room.seats.begin(conn, self.room.whose, seats.DESK, name, person, now := self.now())
        return self.room.note(conn, person, "in", "", now)

    def _touched(self, conn: Connection, proved: tuple[Passkey, int, bytes], name: str) -> bool:
        if not self._once(conn, proved):
            return False
        self.room.seats.touch(conn, self.room.whose, name, self.now())
        return True

    def _once(self, conn: Connection, proved: tuple[Passkey, int, bytes]) -> bool:
        known, count, asked = proved
        now, whose = self.now(), self.room.whose
        if not self.room.seats.once(conn, whose, asked, now):
            return False
        self.room.seats.used(conn, whose, known.name, count, now)
        return True

    # links -------------------------------------------------------------------------------------------------------------------

    def somebody(self, name: str, role: str) -> Person:
        return Person(self._rand(8).hex(), name, role)

    async def link(self, person: Person, why: str, by: Person) -> str:
        """A link that makes one passkey for that person, once, within half an hour. What it opens stands behind #."""
        token = self._token()
        await self._kept(self._invite, person, why, by, named(token))
        return f"{self.site.origin}{ADDRESS}#{token}"

    async def link_from_the_machine(self, name: str) -> str:
        return await self.link(self.somebody(name, self.room.roles[0]), ADD, self.room.machine)

    def _invite(self, conn: Connection, person: Person, why: str, by: Person, name: str) -> Head:
        self.room.seats.begin(conn, self.room.whose, seats.LINK, name, person, now := self.now(), why)
        return self.room.note(conn, by, "link" if by == self.room.machine else "invite", person.name, now)

    async def invited(self, token: str) -> Session | None:
        """Whose link that is, while it is good. Looking at it uses nothing up."""
        return await self.room.store.do(self.room.seats.find, self.room.whose, seats.LINK, named(token), self.now())

    async def enrol(self, token: str, said: str) -> str:
        """The new passkey is kept, the link is used up, and its owner signed in. "" where any of that can't be."""
        link = await self.invited(token)
        if link is None:
            return ""
        try:
            _, asked = passkey.claims(said)
            if not challenge.holds(self._key, f"enrol {link.name}", asked, self.now()):
                return ""
            new = passkey.made(self.site, asked, said, link.person)
        except NotOurs:
            return ""
        fresh = self._token()
        return fresh if await self._kept(self._enrolled, link, new, named(fresh)) else ""

    def _enrolled(self, conn: Connection, link: Session, new: Passkey, name: str) -> Head | None:
        here, whose, now = self.room.seats, self.room.whose, self.now()
        why = here.proof_of(conn, whose, link.name)
        if here.take(conn, whose, seats.LINK, link.name, now) is None or not here.enrol(conn, whose, new, now):
            return None
        if why == REPLACE:
            here.renew(conn, whose, link.person.who, new.name)
        here.begin(conn, whose, seats.DESK, name, link.person, now)
        return self.room.note(conn, link.person, "replace" if why == REPLACE else "enrol", "", now)

    async def remove(self, who: str, by: Person) -> bool:
        """Their passkeys and sessions go. False for the last who leads, and for nobody."""
        return await self._kept(self._removed, who, by)

    def _removed(self, conn: Connection, who: str, by: Person) -> Head | None:
        gone = self.room.seats.remove(conn, self.room.whose, who)
        return None if gone is None else self.room.note(conn, by, "remove", gone.name, self.now())

    # what named people did ---------------------------------------------------------------------------------------------------

    async def note(self, person: Person, what: str, about: str = "") -> None:
        """Before it is done: an act without its row must not be."""
        await self._kept(self.room.note, person, what, about, self.now())

    async def _kept(self, job: Any, *given: Any) -> bool:
        """The job's act is in the chain, and the chain's new head in its file. False where the job did nothing."""
        new: Head | None = await self.room.store.do(job, *given)
        if new is not None:
            kept.keep(self.room.settings.data, new)
        return new is not None

    def _fresh(self, purpose: str) -> bytes:
        return challenge.fresh(self._key, purpose, self.now(), self._rand)

    def _token(self) -> str:
        return base64.b32encode(self._rand(20)).decode().lower()


def named(token: str) -> str:
    """What a row knows of a token: enough to find it, and not the token."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def csrf_of(token: str) -> str:
    return hashlib.sha256(b"csrf|" + token.encode()).hexdigest()[:32]


def cookie(request: Request, address: str, name: str, token: str, path: str, lasts: float, site: str = "Strict") -> str:
    """ "" for `token` takes it away. `site`: Lax for what has to come along when another site leads back here."""
    secure = "; Secure" if "https" in (request.url.scheme, address.partition(":")[0]) else ""
    age = int(lasts) if token else 0
    return f"{name}={token}; Path={path}; Max-Age={age}; HttpOnly; SameSite={site}{secure}"
