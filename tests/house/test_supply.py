"""Nothing is in here that may not be, or that we could not name: each pinned package has a licence that goes with ours."""

import importlib.metadata
import json

import pytest

from tests.house import supply


def test_every_pinned_package_may_be_shipped_with_ours() -> None:
    found = [(pin.name, supply.licence_of(pin.name)) for pin in supply.all_pins() if supply.here(pin)]
    assert len(found) > 80
    assert supply.forbidden(found) == []


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("GPL-2.0-only OR MIT", True),
        ("MIT AND (BSD-3-Clause)", True),
        ("GPL-2.0-only", False),
        ("MIT AND SSPL-1.0", False),
        ("BUSL-1.1", False),
        ("Proprietary", False),
        ("Free for hospitals", False),
        ("", False),
    ],
)
def test_a_licence_that_does_not_go_with_ours_is_named(licence: str, may: bool) -> None:
    named = supply.forbidden([("leech", licence)])
    assert (named == []) is may
    assert may or named[0].startswith(f"leech: {licence or 'no licence is told'}.")


def test_a_licence_we_read_ourselves_counts_only_while_its_words_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(supply.READ, "atheris", ("Apache-2.0", "words that nobody wrote"))
    assert supply.forbidden([("atheris", supply.licence_of("atheris"))])


def test_what_runs_is_pinned_by_hash_and_is_what_is_installed() -> None:
    pinned = {pin.name: pin for pin in supply.all_pins()}
    required = supply.needed(supply.PROJECT["dependencies"])
    assert {"fastapi", "cryptography", "starlette", "pydantic-core"} <= required
    assert required <= pinned.keys()
    for pin in filter(supply.here, pinned.values()):
        assert importlib.metadata.version(pin.name) == pin.version
        assert pin.hashes, pin.name
    shorter = supply.pins((supply.ROOT / "requirements" / "demo.txt").read_text("utf-8"))
    assert [pin for pin in shorter if pinned.get(pin.name) != pin] == []
    assert required <= {pin.name for pin in shorter}


def test_the_list_of_components_names_each_once_and_says_which_are_needed_to_run() -> None:
    bill = supply.bill()
    assert json.dumps(bill) == json.dumps(supply.bill()), "the same machine must give the same list"
    assert (bill["bomFormat"], bill["specVersion"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "1.6", "aftercall")
    by = {one["bom-ref"]: one for one in bill["components"]}
    assert len(by) == len(bill["components"]) == len(supply.all_pins()) + 3
    scopes = {one["name"]: one["scope"] for one in by.values()}
    assert (scopes["fastapi"], scopes["psycopg"], scopes["pytest"]) == ("required", "optional", "excluded")
    assert (scopes["@hpke/core"], scopes["esbuild"]) == ("required", "excluded")
    assert all(one["purl"].startswith("pkg:") and one["properties"] for one in by.values())
