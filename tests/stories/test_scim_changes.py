"""An identity provider tells what of a person has changed, in any form that providers send; a wrong change changes nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.inside.doors.scim.shape import ENTERPRISE, IDS, USER
from tests.stories.directory import AMINA, Provider, with_amina


@pytest.fixture
def provider() -> Provider:
    return with_amina()


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
