"""An identity provider tells who joins the staff, and who leaves; checked against the models of the standard."""

import logging
from typing import Any

import pytest
from scim2_models import (
    Context,
    EnterpriseUser,
    Error,
    ListResponse,
    ResourceType,
    Schema,
    ServiceProviderConfig,
)

from aftercall.inside.doors.scim.shape import ENTERPRISE, IDS, USER
from aftercall.words import StaffId
from tests.stories.directory import AMINA, TOKEN, Ids, Provider, Staff, with_amina


@pytest.fixture
def provider() -> Provider:
    return with_amina()


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


@pytest.mark.parametrize("value", [False, "False"])
def test_who_is_not_active_any_more_is_gone_with_every_message_that_waited(provider: Provider, value: object) -> None:
    provider.roster.waiting.add(StaffId("Amina@hospital.example"))
    assert provider.patch({"op": "Replace", "path": "active", "value": value}) is None
    assert provider.roster.waiting == set()
    assert provider("GET", "/Users/Amina@hospital.example").json()["active"] is False
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
