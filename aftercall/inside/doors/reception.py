"""Who comes in at the hospital's desk (signin/reception.py): also whom the hospital's own sign-in vouches for."""

import asyncio
import hmac
from functools import partial

from sqlalchemy.engine import Connection
from starlette.requests import Request

from aftercall.inside import acts
from aftercall.inside.doors.office import Office
from aftercall.inside.joinkeys import key_file
from aftercall.inside.store import audit, seats
from aftercall.signin import reception
from aftercall.signin.chain import Head
from aftercall.signin.reception import PATH as PATH
from aftercall.signin.reception import Room
from aftercall.signin.reception import Seated as Seated
from aftercall.signin.reception import csrf_of as csrf_of
from aftercall.signin.reception import named as named
from aftercall.signin.seat import MACHINE, ROLES, Person
from aftercall.words import Moment, Randomness, keep_time, moment
from aftercall.workers import patient

COOKIE = "desk"
AGAIN = ("people", "there")
"""Pages that ask for a fresh touch of the passkey, and come back after it."""


class Reception(reception.Reception):
    def __init__(self, office: Office, rand: Randomness) -> None:
        half, folder = office.half, office.half.settings.data
        key, self._acts_key = key_file(folder / "signin.key", rand), acts.key_of(folder, rand)
        room = Room(
            office.org,
            lambda: office.contacts.address,
            half.settings,
            half.store,
            half.clock,
            seats.SEATS,
            partial(_note, office.org, self._acts_key),
            COOKIE,
            ROLES,
            AGAIN,
            MACHINE,
        )
        super().__init__(room, key, rand)
        self._office = office

    async def vouched(self, person: Person, asked: bytes, proved: int) -> str:
        """A session for whom the hospital's own sign-in vouches; "" where this answer has opened one already."""
        token = self._token()
        return token if await self._kept(self._vouched, person, asked, proved, named(token)) else ""

    def _vouched(self, conn: Connection, person: Person, asked: bytes, proved: int, name: str) -> Head | None:
        if not seats.once(conn, self.room.whose, asked, self.now()):
            return None
        head = self._seated(conn, person, name)
        seats.touch(conn, self.room.whose, name, moment(proved))
        return head

    async def look(self, person: Person, event: str) -> list[tuple[str, str, str]]:
        """Who was at that loss; that this person looked is in the same commit."""
        org = self.room.whose
        head, found = await self.room.store.do(audit.look, org, self._acts_key, person, event, self.now())
        acts.keep(self.room.settings.data, head)
        return found

    async def keep_time(self) -> None:
        """What has had its time goes, within ten seconds."""
        await keep_time(self.room.clock, asyncio.Event(), patient(self.forget, self.room.clock))

    async def forget(self) -> None:
        await self.room.store.do(_forget, self.room.whose, self._acts_key, self.now())

    def proof(self, form: str, code: str) -> str:
        """What a row knows of a code for one's own page: nothing that can be guessed without the key."""
        return hmac.digest(self._key, f"code|{form}|{code}".encode(), "sha256").hex()[:32]


def _note(org: str, key: bytes, conn: Connection, person: Person, what: str, about: str, now: Moment) -> Head:
    return audit.note(conn, org, key, person, what, about, now)


def _forget(conn: Connection, org: str, key: bytes, now: Moment) -> None:
    seats.SEATS.forget(conn, org, now)
    audit.forget(conn, org, key, now)


def cookie(request: Request, office: Office, name: str, token: str, path: str, lasts: float, site: str = "Strict") -> str:
    return reception.cookie(request, office.contacts.address, name, token, path, lasts, site)
