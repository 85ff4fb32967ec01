"""An identity provider on the other end of the wire, and the rows it writes to: for the stories of who joins and leaves."""

import asyncio
import json
from typing import Any

import httpx
from fastapi import FastAPI
from scim2_models import (
    URN,
    ComplexAttribute,
    EnterpriseUser,
    Extension,
    User,
)

from aftercall.inside.doors.scim import users
from aftercall.inside.doors.scim.shape import ENTERPRISE, IDS, USER
from aftercall.inside.road.crew import Member, Person
from aftercall.words import Sealed, StaffId

TOKEN = "long and secret"

TOKEN = "long and secret"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
AMINA: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE, IDS],
    "userName": "Amina@hospital.example",
    "externalId": "b7c1",
    "displayName": "Amina Yusuf",
    "name": {"givenName": "Amina", "familyName": "Yusuf"},
    "title": "registrar",
    "preferredLanguage": "sw-KE",
    "emails": [{"value": "home@x.example", "type": "home"}, {"value": "amina@hospital.example", "type": "work", "primary": True}],
    "phoneNumbers": [{"value": "+254 20 000 001", "type": "work"}, {"value": "tel:+254-700-000002", "type": "mobile"}],
    "active": True,
    "password": "never kept",
    ENTERPRISE: {"department": "RES", "employeeNumber": "KMPDC:A1234", "manager": {"value": "chief"}},
    IDS: {"ids": [{"authority": "urn:oid:1.2.3", "number": "77"}]},
}


class Id(ComplexAttribute):
    authority: str | None = None
    number: str | None = None


class Ids(Extension):
    """Our own extension as the models of the standard know one."""

    __schema__ = URN(IDS)
    ids: list[Id] | None = None


Staff = User[EnterpriseUser | Ids]


class Memory:
    """A roster that remembers, and the messages that wait for its people."""

    def __init__(self) -> None:
        self.people: dict[StaffId, Person] = {}
        self.left: dict[StaffId, Person] = {}
        self.waiting: set[StaffId] = set()

    async def add(self, person: Person) -> bool:
        return person.staff not in self.people and await self.replace(person)

    async def replace(self, person: Person) -> bool:
        others = {pair for other in self.people.values() if other.staff != person.staff for pair in other.ids}
        if others & set(person.ids):
            return False
        self.left.pop(person.staff, None)
        self.people[person.staff] = person
        return True

    async def leave(self, person: Person) -> None:
        await self.remove(person.staff)
        self.left[person.staff] = person

    async def remove(self, staff: StaffId) -> None:
        self.waiting.discard(staff)
        self.left.pop(staff, None)
        self.people.pop(staff, None)

    def _all(self) -> list[Member]:
        return [Member(p, True) for p in self.people.values()] + [Member(p, False) for p in self.left.values()]

    async def get(self, staff: StaffId) -> Member | None:
        return next((m for m in self._all() if m.person.staff == staff), None)

    async def find(self, authority: str, number: str) -> Member | None:
        return next((m for m in self._all() if (authority, number) in m.person.ids), None)

    async def page(self, start: int, count: int) -> tuple[int, list[Member]]:
        every = sorted(self._all(), key=lambda m: m.person.staff)
        return len(every), every[start : start + count]


class Provider:
    """An identity provider on the other end of the wire."""

    def __init__(self, token: str = TOKEN) -> None:
        self.roster, app = Memory(), FastAPI()
        app.state.roster, app.state.scim_token, app.state.country = self.roster, Sealed(token), ""
        app.include_router(users.router)
        self._app = app

    def __call__(self, method: str, path: str, body: Any = None, token: str = TOKEN, **query: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="https://inside.example") as client:
                raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
                headers = {"authorization": f"Bearer {token}", "content-type": "application/scim+json"}
                return await client.request(method, f"/scim/v2{path}", content=raw, headers=headers, params=query or None)

        return asyncio.run(ask())

    def patch(self, *operations: dict[str, Any], status: int = 200) -> Person | None:
        """Change Amina."""
        answer = self("PATCH", "/Users/Amina@hospital.example", {"schemas": [PATCH], "Operations": list(operations)})
        assert answer.status_code == status, answer.text
        return self.roster.people.get(StaffId("Amina@hospital.example"))


def with_amina() -> Provider:
    """She has joined."""
    this = Provider()
    assert this("POST", "/Users", AMINA).status_code == 201
    return this
