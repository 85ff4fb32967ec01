"""Whatever stands in a document, it is read or refused, at once and without an exception; and order changes nothing."""

import json
import time
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.inside.road.loss import Heard, Loss, believe
from aftercall.inside.road.notice import Notice, Unread
from tests.feeds.fhir_made import Json, attended, bundle, dead, header, hears, left, notification, patient, staff, visit

STAY = visit(participant=[attended("ATND", "Practitioner/a")], **left("exp"))
WHOLE = bundle("searchset", dead(birthDate="1971"), STAY, staff("a", "1"), header())
TEXTS = [json.dumps(one).encode() for one in (WHOLE, notification("event-notification", 3, dead(), focus=["Patient/42"]), STAY)]
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "entry", "value", "x"]), inner, max_size=3),
    max_leaves=6,
)


def is_sound(body: bytes) -> bool:
    begun = time.process_time()
    heard = hears(body)
    assert time.process_time() - begun < 1
    return all(isinstance(one, Notice | Unread) for one in heard)


@given(st.sampled_from(TEXTS), st.data())
def test_a_document_cut_or_scratched_anywhere_is_read_or_refused(text: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    assert is_sound(text[:at])
    scratch = data.draw(st.binary(max_size=4))
    assert is_sound(text[:at] + scratch + text[at + len(scratch) :])
    assert is_sound(text[:at] + text[at + data.draw(st.integers(0, 40)) :])


def places(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(deeper for key, one in inside for deeper in places(one, (*path, key)))]


@settings(max_examples=300)
@given(st.sampled_from(TEXTS), st.data(), junk)
def test_anything_in_any_place_is_read_or_refused(text: bytes, data: st.DataObject, thing: object) -> None:
    tree = json.loads(text)
    path = data.draw(st.sampled_from(places(tree)[1:]))
    here = tree
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = thing
    assert is_sound(json.dumps(tree).encode())


def test_a_death_in_a_broken_neighbourhood_is_never_lost_silently() -> None:
    for path in places(WHOLE)[1:]:
        tree = json.loads(json.dumps(WHOLE))
        here = tree
        for key in path[:-1]:
            here = here[key]
        here[path[-1]] = [[{"x": 1}]]
        heard = hears(json.dumps(tree).encode())
        assert any(isinstance(one, Unread) or one.signs for one in heard), path


def test_depth_size_and_doubled_keys_are_refused_or_read_at_once() -> None:
    deep = b'{"resourceType":"Patient","id":"1","contained":' + b"[" * 300_000 + b"]" * 300_000 + b"}"
    nested = b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":' * 50 + b"null" + b"}]}" * 50
    huge = json.dumps(dead(identifier=[{"system": "s", "value": "9" * 5_000_000}])).encode()
    wide = json.dumps(bundle("searchset", *[patient(str(n)) for n in range(2000)])).encode()
    backwards = b'{"id":' + b'"' + b"x" * 5_000_000 + b'","resourceType":"Patient"'
    for body in (deep, nested, huge, wide, backwards, b"\x00" * 5_000_000, b"[{}" * 1_000_000, b'"' * 5_000_000, b"{}\n" * 300_000):
        assert is_sound(body)
    twice = json.dumps(dead()).encode().replace(b'"id"', b'"deceasedBoolean": true, "deceasedBoolean": false, "id"', 1)
    heard = hears(twice)
    assert any(isinstance(one, Unread) and one.where == "Patient.deceasedBoolean" for one in heard)


def kept(notice: Notice) -> Heard:
    document = notice.document.today if notice.document else ""
    visit_ = notice.visit.today if notice.visit else ""
    return Heard(
        notice.body.today,
        notice.signs,
        notice.died,
        notice.said_at,
        notice.unit,
        record=notice.people[0].today,
        visit=visit_,
        document=document,
        version=notice.version,
        sent_at=notice.sent,
    )


def state(versions: tuple[Json, ...]) -> Loss:
    heard = [one for version in versions for one in hears(bundle("searchset", version, visit()))]
    return believe(kept(one) for one in heard if isinstance(one, Notice))


forms = st.builds(
    lambda minute, word: patient(written=f"2026-03-10T14:{minute:02}:00+03:00", version=str(minute)) | word,
    st.integers(0, 59),
    st.sampled_from([{}, {"deceasedBoolean": False}, {"deceasedBoolean": True}, {"deceasedDateTime": "2026-03-10T13:00:00+03:00"}]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(forms, min_size=1, max_size=4))
def test_forms_of_one_patient_in_any_order_leave_the_same_belief(versions: list[Json]) -> None:
    beliefs = {state(order) for order in permutations(versions)}
    assert len(beliefs) == 1
    newest = max(versions, key=lambda form: form["meta"]["lastUpdated"])
    same = [form for form in versions if form["meta"]["lastUpdated"] == newest["meta"]["lastUpdated"]]
    if len(same) == 1:
        assert beliefs == {state((newest, *versions))}
        is_told = newest.get("deceasedBoolean") is True or "deceasedDateTime" in newest
        assert (beliefs.pop().state == "confirmed") is is_told


def test_letters_that_are_no_utf_8_are_refused_wherever_they_stand() -> None:
    body = json.dumps(bundle("searchset", dead(birthDate=7), visit(location=7))).encode()
    for at in range(0, len(body), 7):
        assert is_sound(body[:at] + b"\xd1(" + body[at:])
    assert is_sound(body.replace(b"MFANO", b"\\ud800"))
    assert is_sound(body.replace(b'"42"', b'"\\ud800"'))
