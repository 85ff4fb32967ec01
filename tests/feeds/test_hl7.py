"""A message becomes a notice that says what was said of a death, and nothing of who the patient is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.feeds.hl7 import acknowledge, read
from aftercall.inside.road.notice import Named, Notice, Sign, Unread
from tests.feeds.told import NO, NOW, OURS, SITE, YES, hears, mark, ours, refuses, told


def test_an_epic_like_death_is_heard_whole() -> None:
    notice = hears(ours("epic_a03_death.hl7"))
    assert notice.kind == "ADT^A03"
    assert notice.people == (mark("person|KISIWA|900417"), mark("person|NHIF|2204417"))
    assert notice.visit == mark("visit|KISIWA|55120981")
    assert notice.signs == (YES, Sign("PID-29", "time"), Sign("PV1-36", "expired"))
    assert notice.died == datetime(2026, 3, 10, 11, 2, tzinfo=UTC)
    assert notice.said_at == datetime(2026, 3, 10, 11, 22, 9, tzinfo=UTC)
    assert notice.sent == datetime(2026, 3, 10, 11, 22, 10, tzinfo=UTC)
    assert notice.happened == datetime(2026, 3, 10, 11, 15, tzinfo=UTC)
    assert notice.died_as == "time"
    assert notice.unit == "ICU2"
    assert notice.facts == {"emergency", "short stay"}
    assert notice.doubt == ""


def test_everyone_the_record_names_is_named_with_authority_number_and_role() -> None:
    since = datetime(2026, 3, 10, 0, 15, tzinfo=UTC)
    assert hears(ours("epic_a03_death.hl7")).named == (
        Named("KISIWA", "1004417", "PV1-7 attending", "attending"),
        Named("MPDB", "P-88", "PV1-7 attending", "attending"),
        Named("KISIWA", "1009910", "PV1-9 consulting", "consulting"),
        Named("KISIWA", "1005555", "PV1-17 admitting", "admitting"),
        Named("KISIWA", "1004417", "ROL-4 AT", "AT", since),
        Named("KISIWA", "3300812", "PRT-5 PRIMNUR", "PRIMNUR"),
        Named("KISIWA", "4471", "EVN-5 operator", "operator"),
    )


def test_a_cerner_like_death_by_day_in_latin_1_is_heard() -> None:
    notice = hears(ours("cerner_a08_death_by_day.hl7"))
    assert notice.signs == (YES, Sign("PID-29", "day"), Sign("PV1-36", "expired"))
    assert notice.died == datetime(2026, 3, 9, 21, tzinfo=UTC)
    assert notice.facts == {"emergency", "short stay", "child", "young"}
    assert notice.named == (Named("2.16.404.9", "22107", "PV1-7 attending", "attending"),)
    assert notice.doubt == ""


def test_a_death_taken_back_says_delete_no_and_another_disposition() -> None:
    notice = hears(ours("epic_a08_taken_back.hl7"))
    assert notice.signs == (NO, Sign("PID-29", "delete"), Sign("PV1-36", "other"))
    assert notice.said_at == datetime(2026, 3, 10, 12, 9, 58, tzinfo=UTC)
    assert notice.corrects == "death"


def test_a_swap_of_beds_gives_two_readings_and_each_has_its_own_visit() -> None:
    one, two = (reading.heard for reading in read(ours("a17_two_beds_swapped.hl7"), SITE, mark, NOW))
    assert isinstance(one, Notice)
    assert isinstance(two, Notice)
    assert (one.signs, one.unit) == ((), "ICU2")
    assert (two.signs, two.unit) == ((YES,), "WARD7")
    assert one.body != two.body


def test_a_laboratory_can_be_the_first_to_say_it() -> None:
    notice = hears(ours("oru_result_says_dead.hl7"))
    assert (notice.kind, notice.signs, notice.doubt) == ("ORU^R01", (YES,), "")


def test_every_message_of_a_batch_is_heard() -> None:
    assert [r.header.control for r in read(ours("batch_of_three.hl7"), SITE, mark, NOW)] == [b"B1", b"B2", b"B3"]


def test_of_a_living_patient_it_is_heard_who_looks_after_them_and_nothing_that_weighs_a_death() -> None:
    notice = hears(ours("a01_admitted.hl7"))
    assert (notice.signs, notice.facts) == ((), frozenset())
    assert notice.named == (Named("KISIWA", "1004417", "PV1-7 attending", "attending"),)


def test_how_short_the_stay_was_is_not_said_while_the_patient_lives_but_that_a_death_is_expected_is() -> None:
    living = told({"f7": "20100101", "f30": "N"}, {"f2": "E", "f10": "PAL", "f44": "20260310140000"})
    assert hears(living).facts == {"expected"}


def test_nothing_of_the_patient_survives_but_hashes() -> None:
    for path in OURS.iterdir():
        for reading in read(path.read_bytes(), SITE, mark, NOW):
            kept = repr(reading) + acknowledge(reading, "AE", "", NOW).decode()
            for secret in (
                "900417",
                "2204417",
                "MFANO",
                "ZAWADI",
                "19710604",
                "0712000417",
                "MOMBASA",
                "55120981",
                "447781",
                "REN",
                "1001",
            ):
                assert secret not in kept, f"{path.name}: {secret}"


@pytest.mark.parametrize(
    ("value", "signs"),
    [
        ("Y", (YES,)),
        (" yes ", (YES,)),
        ("1", (YES,)),
        ("True", (YES,)),
        ("N", (NO,)),
        ("0", (NO,)),
        ("false", (NO,)),
        ('""', (Sign("PID-30", "delete"),)),
        ("", ()),
        ("U", ()),
        ("\\X59\\", (YES,)),
    ],
)
def test_pid_30_says_yes_no_delete_or_nothing(value: str, signs: tuple[Sign, ...]) -> None:
    assert hears(told({"f30": value}, {})).signs == signs


@pytest.mark.parametrize(
    ("value", "signs", "doubt"),
    [
        ("20260310140200", (Sign("PID-29", "time"),), ""),
        ("20260310", (Sign("PID-29", "day"),), ""),
        ("202603100000", (Sign("PID-29", "day"),), ""),
        ("2026", (Sign("PID-29", "day"),), ""),
        ("0000", (), ""),
        ("00000000000000", (), ""),
        ("unknown", (), ""),
        ('""', (Sign("PID-29", "delete"),), ""),
        ("20310101", (Sign("PID-29", "day"),), "future time"),
        ("20260307120000", (Sign("PID-29", "time"),), "long ago"),
        ("20260307160000", (Sign("PID-29", "time"),), ""),
        ("2025", (Sign("PID-29", "day"),), "long ago"),
        ("19690101", (), ""),
    ],
)
def test_pid_29_is_a_time_a_day_a_delete_or_nothing(value: str, signs: tuple[Sign, ...], doubt: str) -> None:
    notice = hears(told({"f7": "19700101", "f29": value}, {}))
    assert (notice.signs, notice.doubt) == (signs, doubt)


def test_a_year_of_death_is_no_moment_of_death() -> None:
    assert hears(told({"f29": "2026", "f30": "Y"}, {})).died is None


def test_absence_is_never_read_as_alive() -> None:
    assert hears(told({"f5": "MFANO"}, {})).signs == ()


@pytest.mark.parametrize(
    ("kind", "value", "signs"),
    [
        ("ADT^A03", "20", (Sign("PV1-36", "expired"),)),
        ("ADT^A08", "dead^Dead", (Sign("PV1-36", "expired"),)),
        ("ADT^A03", "01", (Sign("PV1-36", "expired"),)),
        ("ADT^A03", "home", (Sign("PV1-36", "other"),)),
        ("ADT^A03", "EXPIRED", (Sign("PV1-36", "maybe"),)),
        ("ADT^A08", "7^Tod", (Sign("PV1-36", "maybe"),)),
        ("ADT^A03", "Amekufa", (Sign("PV1-36", "maybe"),)),
        ("ADT^A03", "98^Décédé", (Sign("PV1-36", "maybe"),)),
        ("ADT^A03", "Deadline", (Sign("PV1-36", "other"),)),
        ("ADT^A03", '""', (Sign("PV1-36", "other"),)),
        ("ADT^A03", "", ()),
        ("ADT^A01", "20", ()),
        ("ORU^R01", "20", ()),
    ],
)
def test_the_disposition_speaks_in_a_discharge_or_an_update_and_in_the_words_of_the_site(
    kind: str, value: str, signs: tuple[Sign, ...]
) -> None:
    assert hears(told({}, {"f36": value}, kind)).signs == signs


def test_the_senders_time_is_evn_2_then_msh_7_then_evn_6() -> None:
    for evn2, msh7, evn6, hour in (
        (b"202603101400", b"202603101500", b"202603101300", 11),
        (b"20260310", b"202603101500", b"202603101300", 12),
        (b"", b"202603101500", b"0000", 12),
        (b"", b"", b"202603101300", 10),
    ):
        body = told({"f30": "Y"}, {}).replace(b"EVN|A08|20260310150000", b"EVN|A08|%s||||%s" % (evn2, evn6))
        notice = hears(body.replace(b"|20260310150000||ADT", b"|%s||ADT" % msh7))
        assert notice.said_at == datetime(2026, 3, 10, hour, tzinfo=UTC)


def test_a_trigger_that_stands_in_evn_1_only_is_found() -> None:
    assert hears(told({}, {"f36": "20"}, "ADT")).kind == "ADT^A08"


def test_expected_deaths_and_ages_are_facts() -> None:
    for born, facts in (("20080311", {"child", "young"}), ("20080310", {"young"}), ("2000", set()), ("", set())):
        assert hears(told({"f7": born, "f30": "Y"}, {})).facts == facts
    assert hears(told({"f30": "Y"}, {"f10": "pal"})).facts == {"expected"}
    assert hears(told({"f30": "Y"}, {"f44": "20260310010000"})).facts == {"short stay"}


def test_a_role_that_was_taken_away_is_not_named() -> None:
    gone = told({"f30": "Y"}, {}) + b"\rROL|1|DE|AT|77^X\rROL|2|AD|AT|78^X"
    assert hears(gone).named == (Named("", "78", "ROL-4 AT", "AT"),)


def test_pid_2_counts_when_pid_3_is_empty() -> None:
    assert hears(told({"f2": "7^^^OLD", "f3": ""}, {})).people == (mark("person|OLD|7"),)
    assert hears(told({"f2": "7^^^OLD"}, {})).people == (mark("person|KISIWA|42"),)


@pytest.mark.parametrize("number", ["", '""', "^^^KISIWA", "  "])
def test_a_message_without_a_patient_is_refused_with_its_place(number: str) -> None:
    unread = refuses(told({"f3": number, "f5": "MFANO"}, {}))
    assert (unread.kind, unread.code, unread.where) == ("ADT^A08", "no-patient", "PID-3")
    assert "MFANO" not in repr(unread)


def test_a_death_without_any_time_is_refused_and_a_living_patient_without_one_is_not() -> None:
    assert refuses(told({"f30": "Y"}, {}, evn="")).code == "time"
    assert hears(told({}, {}, evn="")).said_at == NOW


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"<?xml version='1.0'?><ADT_A03/>", b"{}", b"GET / HTTP/1.1\r\n\r\n", b"PID|1||42\r"]
)
def test_what_is_not_hl7_is_refused_as_that(body: bytes) -> None:
    assert refuses(body).code == "not-hl7"


def test_an_unknown_charset_loses_no_death_unless_the_number_itself_cannot_be_read() -> None:
    body = told({"f3": "N-%s^^^KISIWA", "f5": "M%s", "f30": "Y"}, {}).replace(b"|M1|P|2.5", b"|M1|P|2.5||||||KLINGON")
    assert hears(body.replace(b"N-%s", b"42").replace(b"%s", b"\xe9")).people == (mark("person|KISIWA|42"),)
    assert hears(body.replace(b"%s", "é".encode())).people == (mark("person|KISIWA|N-é"),)
    unread = refuses(body.replace(b"%s", b"\xe9"))
    assert (unread.code, unread.where) == ("charset", "MSH-18")


def test_a_replay_has_the_same_body_whatever_its_line_ends() -> None:
    body = ours("epic_a03_death.hl7")
    assert {hears(body.replace(b"\r", end)).body for end in (b"\r", b"\n", b"\r\n")} == {hears(body).body}
    assert hears(body.replace(b"7710342", b"7710343")).body != hears(body).body


@given(st.binary(max_size=400), st.sampled_from(sorted(p.name for p in OURS.iterdir())), st.integers(0, 900), st.integers(0, 40))
def test_no_bytes_raise_and_every_answer_can_be_read(junk: bytes, name: str, cut: int, drop: int) -> None:
    good = ours(name)
    for body in (junk, b"MSH|^~\\&|" + junk, good[:cut] + junk + good[cut + drop :]):
        for reading in read(body, SITE, mark, NOW):
            assert isinstance(reading.heard, Notice | Unread)
            for code in ("AA", "AE", "AR"):
                lines = acknowledge(reading, code, "", NOW).decode().split("\r")
                assert len(lines) in (1, 3, 4)


@given(st.permutations(list("|^~\\&#@!*")), st.sampled_from(["\r", "\n", "\r\n"]))
def test_the_same_death_in_other_delimiters_and_line_ends_is_the_same_notice(chosen: list[str], end: str) -> None:
    body = ours("epic_a03_death.hl7").decode()
    table = str.maketrans(dict(zip("|^~\\&", chosen[:5], strict=True)))
    other = hears(body.translate(table).replace("\r", end).encode())
    assert other._replace(body=hears(body.encode()).body) == hears(body.encode())
