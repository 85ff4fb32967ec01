"""An identity provider tells who joins the staff, who changes and who leaves; checked against the models of the standard."""

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import (
    URN,
    ComplexAttribute,
    Context,
    EnterpriseUser,
    Error,
    Extension,
    ListResponse,
    ResourceType,
    Schema,
    ServiceProviderConfig,
    User,
)

from aftercall.inside.doors.scim import users
from aftercall.inside.doors.scim.shape import ENTERPRISE, IDS, USER
from aftercall.inside.road.crew import Person
from aftercall.words import Sealed, StaffId

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
        self.waiting: set[StaffId] = set()

    async def add(self, person: Person) -> bool:
        return person.staff not in self.people and await self.replace(person)

    async def replace(self, person: Person) -> bool:
        others = {pair for other in self.people.values() if other.staff != person.staff for pair in other.ids}
        if others & set(person.ids):
            return False
        self.people[person.staff] = person
        return True

    async def remove(self, staff: StaffId) -> bool:
        self.waiting.discard(staff)
        return self.people.pop(staff, None) is not None

    async def get(self, staff: StaffId) -> Person | None:
        return self.people.get(staff)

    async def find(self, authority: str, number: str) -> Person | None:
        return next((p for p in self.people.values() if (authority, number) in p.ids), None)

    async def page(self, start: int, count: int) -> tuple[int, list[Person]]:
        return len(self.people), [self.people[name] for name in sorted(self.people)][start : start + count]


class Provider:
    """An identity provider on the other end of the wire."""

    def __init__(self, token: str = TOKEN) -> None:
        self.roster, app = Memory(), FastAPI()
        app.state.roster, app.state.scim_token = self.roster, Sealed(token)
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


@pytest.fixture
def provider() -> Provider:
    this = Provider()
    assert this("POST", "/Users", AMINA).status_code == 201
    return this


def test_who_joins_is_on_the_roster_with_what_we_need_and_nothing_more(provider: Provider) -> None:
    (amina,) = provider.roster.people.values()
    assert (amina.name, amina.phone, amina.mail) == ("Amina Yusuf", "+254700000002", "amina@hospital.example")
    assert (amina.language, amina.unit, amina.role) == ("sw", "RES", "registrar")
    assert set(amina.ids) == {
        ("scim:userName", "amina@hospital.example"), ("scim:externalId", "b7c1"), ("scim:employeeNumber", "KMPDC:A1234"),
        ("KMPDC", "A1234"), ("urn:oid:1.2.3", "77"),
    }  # fmt: skip
    assert "never kept" not in repr(amina)


def test_what_is_said_of_them_is_what_the_standard_says(provider: Provider) -> None:
    answer = provider("GET", "/Users/Amina@hospital.example")
    assert answer.headers["content-type"] == "application/scim+json"
    read = Staff.model_validate(answer.json(), scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    assert (read.id, read.user_name, read.external_id, read.active) == ("Amina@hospital.example", AMINA["userName"], "b7c1", True)
    assert read.display_name == "Amina Yusuf"
    assert read[EnterpriseUser].employee_number == "KMPDC:A1234"
    assert [(one.authority, one.number) for one in read[Ids].ids or []] == [("urn:oid:1.2.3", "77")]
    again = provider("PUT", "/Users/Amina@hospital.example", answer.json())
    assert again.json() == answer.json()
    made = Provider()("POST", "/Users", AMINA)
    Staff.model_validate(made.json(), scim_ctx=Context.RESOURCE_CREATION_RESPONSE)
    assert made.headers["location"] == made.json()["meta"]["location"]


def test_what_the_server_can_do_is_said_as_the_standard_says_it() -> None:
    provider = Provider()
    ServiceProviderConfig.model_validate(provider("GET", "/ServiceProviderConfig").json())
    kinds = ListResponse[ResourceType].model_validate(provider("GET", "/ResourceTypes").json())
    schemas = ListResponse[Schema].model_validate(provider("GET", "/Schemas").json())
    assert (kinds.total_results, schemas.total_results) == (1, 3)
    assert provider("GET", "/ResourceTypes/User").json()["schema"] == USER
    assert provider("GET", f"/Schemas/{IDS}").json()["id"] == IDS
    for path in ("/Schemas/none", "/Groups", "/Me", "/Bulk"):
        Error.model_validate(provider("GET", path).json())


def test_a_list_comes_in_pages_and_a_filter_finds_one(provider: Provider) -> None:
    for name in ("juma", "grace", "peter"):
        assert provider("POST", "/Users", {"userName": name}).status_code == 201
    page = provider("GET", "/Users", startIndex="2", count="2")
    read = ListResponse[Staff].model_validate(page.json(), scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    assert (read.total_results, read.start_index, read.items_per_page) == (4, 2, 2)
    assert [one["userName"] for one in page.json()["Resources"]] == ["grace", "juma"]
    found = {
        'userName eq "amina@HOSPITAL.example"': 1, 'USERNAME EQ "nobody"': 0, 'externalId eq "b7c1"': 1, 'externalId eq "B7C1"': 0,
        'id eq "juma"': 1,
    }  # fmt: skip
    for text, total in found.items():
        assert provider("GET", "/Users", filter=text).json()["totalResults"] == total
    for text in ('userName co "a"', "userName eq amina", 'userName eq "a" or active eq true', 'userName eq "\\ud800"', ""):
        answer = provider("GET", "/Users", filter=text)
        assert (answer.status_code, Error.model_validate(answer.json()).scim_type) == (400, "invalidFilter")
    assert provider("GET", "/Users", count="0").json()["itemsPerPage"] == 0
    assert provider("GET", "/Users", startIndex="-9", count="x").json()["itemsPerPage"] == 4


@pytest.mark.parametrize(
    ("operation", "field", "now"),
    [
        ({"op": "replace", "path": "title", "value": "consultant"}, "role", "consultant"),
        ({"op": "Replace", "value": {"title": "consultant"}}, "role", "consultant"),
        ({"op": "remove", "path": "title"}, "role", ""),
        ({"op": "Replace", "path": "displayName", "value": "Amina Y."}, "name", "Amina Y."),
        ({"op": "replace", "path": "name.formatted", "value": "Amina Y."}, "name", "Amina Y."),
        ({"op": "replace", "value": {"name": {"formatted": "Amina Y."}}}, "name", "Amina Y."),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@y.example"}, "mail", "a@y.example"),
        ({"op": "replace", "path": "emails", "value": [{"value": "a@y.example"}]}, "mail", "a@y.example"),
        ({"op": "add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+254 711 1"}, "phone", "+2547111"),
        ({"op": "remove", "path": 'phoneNumbers[type eq "mobile"]'}, "phone", ""),
        ({"op": "add", "path": "phoneNumbers", "value": {"value": "+25471111", "type": "mobile"}}, "phone", "+25471111"),
        ({"op": "replace", "path": f"{ENTERPRISE}:department", "value": "ICU"}, "unit", "ICU"),
        ({"op": "add", "value": {ENTERPRISE: {"department": "ICU"}}}, "unit", "ICU"),
        ({"op": "add", "value": {f"{ENTERPRISE}:department": "ICU"}}, "unit", "ICU"),
        ({"op": "add", "path": ENTERPRISE, "value": {"department": "ICU"}}, "unit", "ICU"),
        ({"op": "replace", "path": "PREFERREDLANGUAGE", "value": "en"}, "language", "en"),
        ({"op": "replace", "path": "nickName", "value": "x"}, "role", "registrar"),  # never kept
    ],
)
def test_a_change_in_any_form_that_providers_send(provider: Provider, operation: dict[str, Any], field: str, now: str) -> None:
    amina = provider.patch(operation)
    assert amina is not None
    assert getattr(amina, field) == now
    assert amina.staff == "Amina@hospital.example"


def test_a_new_number_takes_the_place_of_the_old_one_and_a_new_user_name_leaves_the_id(provider: Provider) -> None:
    amina = provider.patch({"op": "replace", "path": f"{ENTERPRISE}:employeeNumber", "value": "KMPDC:B9"})
    assert amina is not None
    assert ("KMPDC", "B9") in amina.ids
    assert ("KMPDC", "A1234") not in amina.ids
    amina = provider.patch({"op": "replace", "path": "userName", "value": "amina.otieno@hospital.example"})
    assert amina is not None
    assert amina.staff == "Amina@hospital.example"
    found = provider("GET", "/Users", filter='userName eq "Amina.Otieno@hospital.example"').json()["Resources"]
    assert [one["id"] for one in found] == ["Amina@hospital.example"]


@pytest.mark.parametrize("value", [False, "False"])
def test_who_is_not_active_any_more_is_gone_with_every_message_that_waited(provider: Provider, value: object) -> None:
    provider.roster.waiting.add(StaffId("Amina@hospital.example"))
    assert provider.patch({"op": "Replace", "path": "active", "value": value}) is None
    assert provider.roster.waiting == set()
    assert provider("GET", "/Users/Amina@hospital.example").status_code == 404
    assert provider("POST", "/Users", AMINA).status_code == 201  # and may come back
    assert provider("PUT", "/Users/Amina@hospital.example", {**AMINA, "active": False}).json()["active"] is False
    assert provider.roster.people == {}
    assert provider("POST", "/Users", {**AMINA, "active": False}).json()["active"] is False
    assert provider.roster.people == {}


def test_who_leaves_is_gone_and_nobody_leaves_twice(provider: Provider) -> None:
    answer = provider("DELETE", "/Users/Amina@hospital.example")
    assert (answer.status_code, answer.content) == (204, b"")
    for method, body in (("DELETE", None), ("GET", None), ("PUT", AMINA), ("PATCH", {"Operations": []})):
        gone = provider(method, "/Users/Amina@hospital.example", body)
        assert (gone.status_code, Error.model_validate(gone.json()).status) == (404, 404)
    assert provider("GET", "/Users/%00").status_code == 404


def test_a_number_belongs_to_one_person(provider: Provider) -> None:
    taken: list[dict[str, Any]] = [
        AMINA, {"userName": "AMINA@hospital.example"}, {"userName": "x", "externalId": "b7c1"},
        {"userName": "x", IDS: {"ids": [{"authority": "KMPDC", "number": "A1234"}]}},
    ]  # fmt: skip
    for body in taken:
        answer = provider("POST", "/Users", body)
        assert (answer.status_code, Error.model_validate(answer.json()).scim_type) == (409, "uniqueness")
    provider("POST", "/Users", {"userName": "x"})
    assert provider("PUT", "/Users/x", {"userName": "x", "externalId": "b7c1"}).status_code == 409
    assert len(provider.roster.people) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"not json", b"[]", b'{"userName":', b"[" * 100_000, {}, {"userName": ""}, {"userName": 7}, {"userName": "x" * 300},
        {"userName": "x\ny"}, {"userName": "\ud800"},
        {"userName": "x", "emails": "x@y.example"}, {"userName": "x", "emails": [{"value": "x"}]},
        {"userName": "x", "phoneNumbers": [{"value": "0700000002"}]}, {"userName": "x", "active": 3}, {"userName": "x", "name": []},
        {"userName": "x", IDS: {"ids": [{"authority": "scim:userName", "number": "amina"}]}}, {"userName": "x", IDS: {"ids": [{}]}},
        {"userName": "x", ENTERPRISE: 3},
    ],
)  # fmt: skip
def test_what_can_not_be_used_is_refused_without_saying_what_it_was(body: Any) -> None:
    provider = Provider()
    answer = provider("POST", "/Users", body)
    read = Error.model_validate(answer.json())
    assert (answer.status_code, read.status) == (400, 400)
    assert read.scim_type in ("invalidSyntax", "invalidValue")
    assert "0700000002" not in answer.text
    assert provider.roster.people == {}


def test_a_change_that_is_wrong_changes_nothing(provider: Provider) -> None:
    before = dict(provider.roster.people)
    good = {"op": "replace", "path": "title", "value": "chief"}
    wrong: list[Any] = [
        {"op": "move", "path": "title"}, {"op": "remove"}, {"op": "replace", "value": "x"}, {"op": "replace", "path": "a b"},
        {"op": "replace", "path": "id", "value": "x"}, {"op": "replace", "path": 7}, "x", {"op": "remove", "path": "userName"},
        {"op": "replace", "path": "emails.value", "value": "x@y.example"},
        {"op": "replace", "path": 'emails[zz eq "work"].value', "value": "x"},
        {"op": "replace", "path": 'title[type eq "x"]', "value": "x"},
    ]  # fmt: skip
    for one in wrong:
        provider.patch(good, one, status=400)
        assert provider.roster.people == before
    bodies: list[Any] = [b"x", {}, {"Operations": []}, {"Operations": [good] * 101}, []]
    for body in bodies:
        assert provider("PATCH", "/Users/Amina@hospital.example", body).status_code == 400


def test_nobody_comes_in_without_the_token_and_without_one_in_the_settings_the_door_is_shut(provider: Provider) -> None:
    for token in ("", "wrong", TOKEN + " ", TOKEN[:-1]):
        answer = provider("GET", "/Users", token=token)
        if token.strip() != TOKEN:
            assert (answer.status_code, Error.model_validate(answer.json()).status) == (401, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
    shut = Provider(token="")
    for path in ("/Users", "/ServiceProviderConfig", "/Schemas", "/else"):
        assert shut("GET", path, token="").status_code == 401


def test_no_log_names_anybody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="aftercall")
    provider = Provider()
    provider("POST", "/Users", AMINA)
    provider("POST", "/Users", {**AMINA, "phoneNumbers": [{"value": "07"}]})
    provider.patch({"op": "replace", "path": "active", "value": False})
    assert not [record for record in caplog.records if record.name.startswith("aftercall")]


KEYS = st.sampled_from(["op", "path", "value", "emails", "name", "ids", "active", ENTERPRISE, IDS, USER, "title"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
ANY = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
PATHS = st.sampled_from(["", "title", "emails", 'emails[type eq "x"].value', "name.formatted", IDS, f"{IDS}:ids", "active", "name"])
OPERATIONS = st.fixed_dictionaries({"op": st.sampled_from(["add", "replace", "remove"]), "path": PATHS, "value": ANY})


@settings(max_examples=60)
@given(st.lists(OPERATIONS, min_size=1, max_size=4))
def test_no_change_makes_it_do_anything_but_answer(operations: list[dict[str, Any]]) -> None:
    provider = Provider()
    provider("POST", "/Users", AMINA)
    answer = provider("PATCH", "/Users/Amina@hospital.example", {"Operations": operations})
    assert answer.status_code in (200, 400)
    for person in provider.roster.people.values():
        assert person.staff == "Amina@hospital.example"
