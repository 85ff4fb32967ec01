"""Another maker's tester of SCIM servers finds nothing at our door; who has left is known to the directory and to nobody else."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from scim2_client.client import BaseSyncSCIMClient
from scim2_tester import Status, check_server
from scim2_tester.utils import CheckResult

from aftercall import retention
from aftercall.inside.doors.scim.shape import ENTERPRISE, IDS, USER
from aftercall.words import Sealed
from tests.stories.test_listening import opened
from tests.world import Night

ROOT = "/scim/v2"
HEAD = {"Authorization": "Bearer directory", "Content-Type": "application/scim+json"}
ACHIENG = {
    "schemas": [USER, ENTERPRISE, IDS],
    "userName": "achieng",
    "externalId": "b7c1",
    "displayName": "Achieng",
    "phoneNumbers": [{"value": "0700 000 077", "type": "mobile"}],
    ENTERPRISE: {"department": "RES"},
    IDS: {"ids": [{"authority": "KMPDC", "number": "A7"}]},
}


examine: Callable[[BaseSyncSCIMClient], list[CheckResult]] = check_server  # theirs has a decorator without types


class Directory(BaseSyncSCIMClient):
    """The tester's client, over our own wire."""

    def __init__(self, night: Night, **settings: Any) -> None:
        super().__init__()
        self.night, self.wire = night, opened(night, scim_token=Sealed("directory"), **settings)

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return endpoint.startswith("/")

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        headers = {**HEAD, **more.pop("headers", {})}
        return self.night.run(self.wire.request(method, ROOT + url, headers=headers, **more))

    def say(self, method: str, url: str, body: object = None, **query: str) -> httpx.Response:
        content = None if body is None else json.dumps(body)
        return self.request(method, url, content=content, params=query or None)


@pytest.fixture
def directory(night: Night) -> Directory:
    return Directory(night, country="+254")


def test_the_tester_finds_nothing(directory: Directory) -> None:
    found = examine(directory)
    assert [(one.title, one.reason) for one in found if one.status is not Status.SUCCESS] == []
    titles = {one.title for one in found}
    assert {"object_creation", "object_replacement", "check_replace_attribute", "search_with_attributes"} <= titles


def test_a_door_that_forgets_what_it_was_told_is_found_by_it(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tester would not pass anything."""
    monkeypatch.setattr("aftercall.inside.doors.scim.users.patched", lambda document, _: document)
    wrong = {one.title for one in examine(directory) if one.status is Status.ERROR}
    assert wrong >= {"check_add_attribute", "check_remove_attribute", "check_replace_attribute"}


def test_who_has_left_is_known_to_the_directory_alone_and_for_thirty_days(directory: Directory, night: Night) -> None:
    def here() -> set[str]:
        return {row[1] for row in night.rows("inside", "staff")["staff"]}

    say = directory.say
    assert say("POST", "/Users", ACHIENG).json()["phoneNumbers"] == [{"value": "+254700000077", "type": "mobile"}]
    gone = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
    assert say("PATCH", "/Users/achieng", gone).json()["active"] is False
    assert "achieng" not in here()
    assert not [row for row in night.rows("inside", "staff_id")["staff_id"] if "achieng" in row]
    for query in ('userName eq "achieng"', 'externalId eq "b7c1"', 'id eq "achieng"'):
        (found,) = say("GET", "/Users", filter=query).json()["Resources"]
        assert (found["id"], found["active"]) == ("achieng", False)
    total = say("GET", "/Users").json()["totalResults"]
    assert say("POST", "/Users", {"userName": "other", IDS: ACHIENG[IDS]}).status_code == 201  # the number is free
    back = {"Operations": [{"op": "replace", "path": "active", "value": True}]}
    assert say("PATCH", "/Users/achieng", back).status_code == 409  # it is another's by now
    assert say("DELETE", "/Users/other").status_code == 204
    assert say("PATCH", "/Users/achieng", back).json()[IDS] == ACHIENG[IDS]
    assert "achieng" in here()
    assert say("GET", "/Users").json()["totalResults"] == total

    say("PATCH", "/Users/achieng", gone)
    night.clock.move(days=retention.LEAVER.days, hours=1)
    night.tick()
    assert say("GET", "/Users/achieng").status_code == 404
    assert night.rows("inside", "leaver")["leaver"] == []


def test_what_is_asked_for_is_said_and_no_more(directory: Directory) -> None:
    say = directory.say
    say("POST", "/Users", ACHIENG)
    asked = {
        "userName": {"userName"},
        f"{USER}:userName,phoneNumbers.type": {"userName", "phoneNumbers"},
        f"{ENTERPRISE}:department": {ENTERPRISE},
        "nickName": set(),
    }
    for attributes, there in asked.items():
        assert set(say("GET", "/Users/achieng", attributes=attributes).json()) == {"schemas", "id", *there}
    assert say("GET", "/Users/achieng", attributes="phoneNumbers.type").json()["phoneNumbers"] == [{"type": "mobile"}]
    without = say("GET", "/Users/achieng", excludedAttributes=f"id,phoneNumbers.type,{ENTERPRISE}").json()
    assert (without["id"], without["phoneNumbers"], ENTERPRISE in without) == ("achieng", [{"value": "+254700000077"}], False)
    body = {"filter": 'userName eq "achieng"', "attributes": ["displayName"]}
    for path in ("/.search", "/Users/.search"):
        (found,) = say("POST", path, body).json()["Resources"]
        assert found == {"schemas": ACHIENG["schemas"], "id": "achieng", "displayName": "Achieng"}
    assert say("POST", "/.search", []).status_code == 400
