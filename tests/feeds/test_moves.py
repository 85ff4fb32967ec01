"""What a message takes back, and which records are one patient's."""

import pytest

from aftercall.inside.feeds.hl7 import read
from aftercall.inside.road.notice import Notice, Sign
from tests.feeds.told import NOW, SITE, YES, hears, line, mark, ours, refuses, told

MERGED = mark("person|KISIWA|811223")


@pytest.mark.parametrize(
    ("event", "signs", "corrects"),
    [
        ("A13", (Sign("PV1-36", "cancelled"),), "discharge"),
        ("A11", (Sign("visit", "void"),), "admission"),
        ("A27", (Sign("visit", "void"),), "admission"),
        ("A38", (Sign("visit", "void"),), "admission"),
        ("A23", (Sign("record", "void"),), "record"),
        ("A29", (Sign("record", "void"),), "record"),
        ("A12", (), ""),
        ("A32", (), ""),
        ("A33", (), ""),
    ],
)
def test_a_cancel_says_what_it_takes_back(event: str, signs: tuple[Sign, ...], corrects: str) -> None:
    notice = hears(told({}, {"f19": "7^^^K"}, f"ADT^{event}"))
    assert (notice.signs, notice.corrects) == (signs, corrects)


def test_what_a_deleted_record_said_goes_with_it_and_a_cancelled_admission_leaves_the_person_dead() -> None:
    assert hears(told({"f30": "Y"}, {}, "ADT^A29")).signs == (Sign("record", "void"),)
    assert hears(told({"f30": "Y"}, {}, "ADT^A11")).signs == (YES, Sign("visit", "void"))


@pytest.mark.parametrize("event", ["A11", "A13", "A27", "A38"])
def test_a_cancel_may_name_the_visit_alone(event: str) -> None:
    notice = hears(told({"f3": ""}, {"f19": "7^^^K"}, f"ADT^{event}"))
    assert (notice.people, notice.visit) == ((), mark("visit|K|7"))
    account = hears(told({"f3": "", "f18": "7^^^K"}, {}, f"ADT^{event}"))
    assert (account.people, account.visit) == ((), mark("visit|K|7"))
    bare = f"MSH|^~\\&|A|B|C|D|20260310150000||ADT^{event}|1|P|2.5\rPV1|1|I|ICU" + "|" * 16 + "7^^^K"
    assert hears(bare.encode()).visit == mark("visit|K|7")
    assert refuses(told({"f3": ""}, {}, f"ADT^{event}")).code == "no-patient"


def test_a_death_that_names_a_visit_alone_is_refused_aloud() -> None:
    assert refuses(told({"f3": "", "f30": "Y"}, {"f19": "7^^^K"}, "ADT^A03")).code == "no-patient"


def test_a_merge_joins_the_other_record_and_is_not_that_record() -> None:
    notice = hears(ours("a40_merge.hl7"))
    assert (notice.people, notice.joined, notice.corrects) == ((mark("person|KISIWA|900417"),), (MERGED,), "merge")


@pytest.mark.parametrize("event", [f"A{n}" for n in (18, 30, 34, 35, 36, *range(39, 48), 49, 50, 51)])
def test_every_merge_and_move_joins(event: str) -> None:
    mrg = "\r" + line("MRG", f1="811223^^^KISIWA", f3="5^^^ACC", f4="OLD", f5="6^^^VIS")
    notice = hears(told({}, {}, f"ADT^{event}") + mrg.encode())
    assert notice.joined == (MERGED, mark("person||OLD"), mark("visit|VIS|6"), mark("visit|ACC|5"))


@pytest.mark.parametrize("event", ["A08", "A24", "A37", "A31"])
def test_nothing_else_joins(event: str) -> None:
    notice = hears(told({}, {}, f"ADT^{event}") + b"\rMRG|811223^^^KISIWA")
    assert (notice.joined, notice.corrects) == ((), "")


def test_one_message_may_merge_several_pairs_and_each_is_a_notice() -> None:
    pairs = "".join(f"\rPID|1||{n}^^^K\rMRG|{n}0^^^K" for n in (1, 2, 3))
    body = f"MSH|^~\\&|A|B|C|D|20260310150000||ADT^A40|1|P|2.5{pairs}".encode()
    heard = [reading.heard for reading in read(body, SITE, mark, NOW)]
    assert [(h.people, h.joined) for h in heard if isinstance(h, Notice)] == [
        ((mark(f"person|K|{n}"),), (mark(f"person|K|{n}0"),)) for n in (1, 2, 3)
    ]


def test_a_mother_and_her_child_are_two() -> None:
    body = told({"f30": "Y"}, {}, "ADT^A24") + b"\rPID|2||43^^^KISIWA\rPV1|1|I|NICU"
    one, two = (reading.heard for reading in read(body, SITE, mark, NOW))
    assert isinstance(one, Notice)
    assert isinstance(two, Notice)
    assert (one.signs, two.signs, one.joined, two.joined, two.unit) == ((YES,), (), (), (), "NICU")


def test_several_visits_moved_at_once_are_all_joined() -> None:
    body = told({}, {"f19": "6^^^V"}, "ADT^A45") + b"\rMRG|9^^^K||||6^^^V\r" + line("PV1", f19="8^^^V").encode()
    assert hears(body + b"\rMRG|9^^^K||||8^^^V").joined == (mark("person|K|9"), mark("visit|V|6"), mark("visit|V|8"))


@pytest.mark.parametrize(
    ("pid", "corrects"),
    [({"f30": "N"}, "death"), ({"f30": '""'}, "death"), ({"f29": '""'}, "death"), ({"f29": '""', "f30": "Y"}, ""), ({}, "")],
)
def test_no_and_a_delete_take_a_death_back(pid: dict[str, str], corrects: str) -> None:
    assert hears(told(pid, {})).corrects == corrects
