"""Ambulance files that are damaged, huge or meant to do harm: each is read or refused, at once."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.inside.feeds import nemsis
from aftercall.inside.road.notice import Notice, Unread
from tests.feeds.epcr import (
    CREW,
    DEATH,
    JUMA,
    dataset,
    heard,
    outcome,
    read,
    refused,
    report,
    said,
)

BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "%s"><!ENTITY b "%s">]>' % (b"a" * 9, b"&a;" * 9)
BLOWUP = b'<!DOCTYPE x [<!ENTITY a "%s">]>' % (b"a" * 50_000)
OUTSIDE = b'<!-- x --><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'
BODY = dataset(report(DEATH)).split(b"?>", 1)[1]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (BOMB + BODY.replace(b"R-42", b"&b;" * 100), "DOCTYPE"),
        (BLOWUP + BODY.replace(b"R-42", b"&a;" * 50_000), "DOCTYPE"),
        (OUTSIDE + BODY, "DOCTYPE"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + BODY.replace(b"R-42", b"&a;"), "DOCTYPE"),
        ((BOMB.decode() + BODY.decode()).replace('<?xml version="1.0"?>', "").encode("utf-16"), "DOCTYPE"),
        ((BLOWUP + b" ").replace(b"<!", b"+ADwAIQ-").join((b'<?xml version="1.0" encoding="UTF-7"?>', BODY)), ""),
        (b"<a>" * 100_000, ""),
        (BODY.replace(b"R-42", b"R\x0042"), ""),
        (BODY[: len(BODY) // 2], ""),
        (b"", "byte 0"),
        (b"\x00" * 1000, "byte 0"),
        (b"MSH|^~\\&|A", "byte 0"),
        (b"<ClinicalDocument/>", "PatientCareReport"),
        (b"<!--" + b"-" * 100_000, "byte 0"),
        (b"<? ?>" * 100_000, "byte 500000"),
        (b'<EMSDataSet encoding="x"' + b' a%d="1"' * 5000, ""),
    ],
)
def test_bombs_and_rubbish_are_refused_at_once(body: bytes, where: str) -> None:
    begun = time.process_time()
    unread = refused(body)
    assert time.process_time() - begun < 1
    assert unread.text
    if where:
        assert unread.where == where


def test_a_field_of_five_megabytes_is_read_over() -> None:
    begun = time.process_time()
    notice = heard(report(DEATH, extra=f"<eNarrative><eNarrative.01>{'x' * 5_000_000}</eNarrative.01></eNarrative>"))
    assert said(notice)["eArrest.18"] == "expired"
    assert time.process_time() - begun < 1


def test_a_report_in_utf_16_is_read() -> None:
    text = dataset(report(DEATH)).decode().replace("UTF-8", "UTF-16")
    (notice,) = read(text.encode("utf-16"))
    assert isinstance(notice, Notice)
    assert notice.signs


def test_a_large_file_is_read_one_report_after_the_other_as_a_small_one_is_at_once() -> None:
    reports = [
        report(DEATH, uuid=f"u{n}", record=f"R-{n}", extra="<eVitals>" + "<x>1</x>" * 300 + "</eVitals>") for n in range(400)
    ]
    body = dataset(*reports)
    assert len(body) > 1024 * 1024
    found = read(body)
    small = read(dataset(reports[0])) + read(dataset(reports[399]))
    assert (found[0], found[399]) == small
    cut = read(body[:-2000])
    assert len(cut) == 400
    assert isinstance(cut[-1], Unread)


def test_more_reports_than_anybody_sends_at_once_are_cut_off_with_a_word() -> None:
    begun = time.process_time()
    found = read(dataset("<PatientCareReport/>" * 100_000))
    assert isinstance(found[-1], Unread)
    assert found[-1].code == "too-large"
    assert time.process_time() - begun < 2


def test_groups_in_groups_are_no_hang() -> None:
    begun = time.process_time()
    nested = "<eCrew.CrewGroup>" * 200 + "<eCrew.01>J100</eCrew.01>" * 20_000 + "</eCrew.CrewGroup>" * 200
    assert heard(report(DEATH, crew=(), extra=f"<eCrew>{nested}</eCrew>")).named[0].number == JUMA[0]
    assert time.process_time() - begun < 1


BROUGHT = {"eDisposition.02": "H1", "eTimes.12": "2026-03-10T14:55:00+03:00"}


@settings(max_examples=300, deadline=1000)
@given(st.data())
def test_whatever_is_damaged_is_a_notice_or_a_refusal(data: st.DataObject) -> None:
    body = bytearray(dataset(report(DEATH, BROUGHT, extra=outcome("20", "20", "42")), report(uuid="b")))
    for _ in range(data.draw(st.integers(1, 6))):
        at, new = data.draw(st.integers(0, len(body) - 1)), data.draw(st.binary(max_size=4))
        body[at : at + data.draw(st.integers(0, 40))] = new
    for one in read(bytes(body)):
        assert isinstance(one, Notice | Unread)
    nemsis.crew_ids(bytes(body))


@settings(max_examples=100, deadline=1000)
@given(
    st.dictionaries(st.sampled_from(["eArrest.18", "eTimes.13", "ePatient.15", "ePatient.16", "eOther.05"]), st.text(max_size=20))
)
def test_any_text_may_stand_where_a_code_belongs(values: dict[str, str]) -> None:
    clean = {name: "".join(c for c in text if c.isprintable()) for name, text in values.items()}
    assert read(dataset(report(DEATH, clean)))


def test_no_word_of_the_patient_stands_in_a_refusal() -> None:
    body = dataset(report(DEATH, {"ePatient.02": "Mwangi"})).replace(b"</Header>", b"")
    assert "Mwangi" not in str(refused(body))
    assert len(CREW) == 3
