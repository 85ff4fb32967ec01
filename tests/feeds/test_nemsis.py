"""Ambulance reports: the dead are found with their crew, the living ring nobody, and a hard call is one whatever came of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aftercall.inside.feeds import nemsis
from aftercall.inside.road.notice import Coming, Notice, Unread
from tests.feeds.epcr import (
    ALIVE,
    ARREST,
    DEATH,
    DIED,
    NOW,
    SITE,
    Values,
    dataset,
    heard,
    mark,
    outcome,
    personnel,
    read,
    refused,
    report,
    said,
)


def test_a_death_in_the_field_is_found_with_its_crew() -> None:
    notice = heard(report(DEATH))
    assert said(notice) == {"eArrest.18": "expired", "eDisposition.19": "expired"}
    assert notice.died == datetime(2026, 3, 10, 11, 35, tzinfo=UTC)
    assert notice.died_as == "time"
    assert [(one.authority, one.number, one.role) for one in notice.named] == [
        ("KISIWA-EMS", "J100", "paramedic"),
        ("KISIWA-EMS", "N200", "EMT driver"),
        ("KISIWA-EMS", "B300", "student"),
    ]
    assert notice.unit == "Medic 4"
    assert notice.said_at == datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
    assert notice.facts == {"arrest", "emergency"}
    assert not notice.doubt


def test_the_crew_was_there_from_the_call_to_the_end_of_the_run() -> None:
    juma = heard(report(DEATH)).named[0]
    assert juma.begins == datetime(2026, 3, 10, 11, tzinfo=UTC)
    assert juma.ends == datetime(2026, 3, 10, 12, 20, tzinfo=UTC)


def test_who_did_what_is_named_for_it() -> None:
    acts = (
        "<eMedications><eMedications.MedicationGroup><eMedications.09>J100</eMedications.09></eMedications.MedicationGroup></eMedications>"
        "<eProcedures><eProcedures.ProcedureGroup><eProcedures.01>2026-03-10T14:16:00+03:00</eProcedures.01>"
        "<eProcedures.09>N200</eProcedures.09></eProcedures.ProcedureGroup></eProcedures>"
        "<eOther><eOther.08>J100</eOther.08></eOther>"
    )
    named = heard(report(DEATH, extra=acts)).named
    assert [(one.number, one.why, one.role) for one in named[3:]] == [
        ("N200", "eProcedures.09 did a procedure", "EMT driver"),
        ("J100", "eMedications.09 gave a medication", "paramedic"),
        ("J100", "eOther.08 wrote the report", "paramedic"),
    ]
    assert named[3].begins == named[3].ends == datetime(2026, 3, 10, 11, 16, tzinfo=UTC)
    assert (named[4].begins, named[4].ends) == (named[0].begins, named[0].ends)


def test_a_pulse_that_came_back_after_the_resuscitation_was_stopped_is_no_death() -> None:
    notice = heard(report(ARREST, ALIVE, {"eArrest.16": "3016011", "eDisposition.19": "4219001"}))
    assert notice.signs == ()
    assert notice.died is None
    assert notice.call == "arrest"


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        ({"eScene.08": "2708009"}, {"eScene.08": "maybe"}),
        ({"eDisposition.19": "4219009"}, {"eDisposition.19": "maybe"}),
        ({"eSituation.13": "2813007", "eDisposition.19": "4219007"}, {"eDisposition.19": "expired", "eSituation.13": "expired"}),
        (
            {"eDisposition.21": "4221009", "eDisposition.12": "4212019"},
            {"eDisposition.21": "expired", "eDisposition.12": "expired"},
        ),
        ({"eArrest.18": "3018001"}, {"eArrest.18": "expired"}),
        ({"eArrest.18": "3018005"}, {}),
        ({"eArrest.18": "3018005", "eDisposition.19": "4219009"}, {"eDisposition.19": "maybe"}),
        ({"eArrest.18": "3018007", "eScene.08": "2708009"}, {"eScene.08": "maybe", "eArrest.18": "no"}),
        ({"eArrest.18": "", "eDisposition.21": "", "eSituation.13": ""}, {}),
        ({"eArrest.01": "3001003", "eArrest.15": "2026-03-10T14:35:00+03:00"}, {}),
    ],
)
def test_one_weak_mark_is_a_suspicion_and_two_that_agree_are_a_death(values: Values, signs: dict[str, str]) -> None:
    assert said(heard(report(values))) == signs


@pytest.mark.parametrize("transport", [{"eDisposition.30": "4230001"}, {"eDisposition.12": "4212033"}])
def test_dead_when_they_came_and_yet_transported_is_held_with_both_facts(transport: Values) -> None:
    signs = said(heard(report({"eSituation.13": "2813007"}, transport)))
    assert signs == {"eSituation.13": "expired", next(iter(transport)): "no"}


def test_a_body_brought_to_the_mortuary_is_no_contradiction() -> None:
    values = {"eSituation.13": "2813007", "eDisposition.21": "4221009", "eDisposition.30": "4230001"}
    assert set(said(heard(report(values))).values()) == {"expired"}


def test_two_marks_of_death_beside_a_pulse_are_held() -> None:
    values = {"eArrest.18": "3018007", "eSituation.13": "2813007", "eDisposition.19": "4219007"}
    assert said(heard(report(values)))["eArrest.18"] == "no"


@pytest.mark.parametrize(
    ("values", "call"),
    [
        ({}, ""),
        (ARREST, "arrest"),
        ({**ARREST, "ePatient.15": "9", "ePatient.16": "2516007"}, "arrest,child"),
        ({**ARREST, "ePatient.15": "19"}, "arrest"),
        ({"ePatient.15": "9"}, ""),
        ({"eScene.07": "9923003"}, "many hurt"),
        ({"eInjury.03": "2903007"}, "critical trauma"),
        ({"eDisposition.24": "4224011"}, "critical trauma"),
        ({"eOther.05": "9923003"}, "crew hurt"),
        ({"eOther.06": "4506027"}, ""),
        ({"eOther.06": "4506035"}, "crew hurt"),
        ({**ARREST, "ePatient.15": "", "ePatient.16": "", "ePatient.17": "2020-05-01"}, "arrest,child"),
    ],
)
def test_a_hard_call_is_told_by_what_happened(values: Values, call: str) -> None:
    assert heard(report(values)).call == call


LONG_AGO = {**ARREST, "eArrest.14": "2026-03-01T14:15:00+03:00"}


@pytest.mark.parametrize("hard", [ARREST, LONG_AGO, {**ARREST, "ePatient.15": "4"}, {"eScene.07": "9923003", **ARREST}])
@pytest.mark.parametrize(
    "death",
    [DIED, {"eSituation.13": "2813007", "eScene.08": "2708009"}, {"eDisposition.21": "4221009", "eDisposition.12": "4212017"}],
)
def test_the_call_is_the_same_with_the_death_removed(hard: Values, death: Values) -> None:
    """DECISIONS 22: an unasked message must never tell a crew that their patient died."""
    dead, alive = heard(report(hard, death)), heard(report(hard))
    assert dead.signs
    assert not alive.signs
    assert alive.call
    for_the_call = alive._replace(signs=(), died=None, died_as="", body=dead.body)
    assert for_the_call == dead._replace(signs=(), died=None, died_as="")


def test_who_died_in_the_hospital_later_is_never_told_to_the_crew() -> None:
    run, hospital = read(dataset(report(ARREST, ALIVE, {"eDisposition.02": "H1"}, extra=outcome("20", "20", "42"))))
    assert isinstance(run, Notice)
    assert isinstance(hospital, Notice)
    assert run.signs == ()
    assert run == heard(report(ARREST, ALIVE, {"eDisposition.02": "H1"}))._replace(body=run.body)
    assert said(hospital) == {"eOutcome.01": "expired", "eOutcome.02": "expired"}
    assert hospital.people == (mark("person|H1|42"),)
    assert hospital.died == datetime(2026, 3, 10, 20, tzinfo=UTC)
    assert (hospital.named, hospital.call, hospital.unit, hospital.doubt) == ((), "", "", "no current visit")
    assert not set(hospital.people) & set(run.people)
    assert hospital.document != run.document


def test_a_hospital_that_takes_its_answer_back_replaces_it() -> None:
    _, dead = read(dataset(report(extra=outcome("20"))))
    _, alive = read(dataset(report(extra=outcome("01"))), NOW + timedelta(hours=1))
    assert isinstance(dead, Notice)
    assert isinstance(alive, Notice)
    assert dead.document == alive.document
    assert alive.signs == ()
    assert alive.version > dead.version


def test_the_same_report_again_is_the_same_document_with_a_higher_version() -> None:
    first = read(dataset(report(DEATH)))[0]
    again = read(dataset(report(ARREST, ALIVE)), NOW + timedelta(minutes=5))[0]
    assert isinstance(first, Notice)
    assert isinstance(again, Notice)
    assert first.document == again.document
    assert (again.said_at, again.version) > (first.said_at, first.version)


def test_a_replay_has_the_same_body_whatever_stands_around_it() -> None:
    alone, among = heard(report(DEATH)), read(dataset(report(uuid="another", record="R-1"), report(DEATH)))[1]
    assert isinstance(among, Notice)
    assert alone.body == among.body


def test_several_reports_of_one_file_are_several_notices() -> None:
    found = read(
        dataset(report(DEATH), report(uuid="b", record="R-43"), report(uuid="", record=""), report(uuid="c", record="R-44"))
    )
    assert [type(one) for one in found] == [Notice, Notice, Unread, Notice]


@pytest.mark.parametrize("namespace", ["http://www.nemsis.org", "", "urn:another"])
def test_any_namespace_will_do(namespace: str) -> None:
    assert said(heard(report(DEATH), namespace=namespace))["eArrest.18"] == "expired"


def test_a_report_of_3_4_without_uuid_is_known_by_the_agencys_number() -> None:
    notice = heard(report(DEATH, uuid=""))
    assert notice.people == (mark("person|KISIWA-EMS|R-42"),)
    assert notice.document == mark("document|ePCR|KISIWA-EMS|R-42")


def test_a_national_export_names_nobody_and_is_still_a_death() -> None:
    notice = heard(report(DEATH, crew=()))
    assert notice.signs
    assert notice.named == ()
    assert notice.unit == "Medic 4"


def test_who_looked_after_a_patient_of_whom_nothing_hard_is_told_is_not_read() -> None:
    notice = heard(report())
    assert (notice.named, notice.facts, notice.unit, notice.signs, notice.call) == ((), frozenset(), "", (), "")


def test_a_written_order_not_to_resuscitate_makes_a_death_expected_but_not_a_living_will() -> None:
    assert "expected" in heard(report(DEATH, {"eHistory.05": "3105011"})).facts
    assert "expected" not in heard(report(DEATH, {"eHistory.05": "3105003"})).facts
    assert "expected" not in heard(report(DEATH, {"eHistory.05": "3105005"})).facts
    assert "expected" not in heard(report(DEATH, {"eHistory.05": "3105011", "eSituation.02": "9922005"})).facts


def test_the_death_of_one_of_the_crew_is_a_fact_of_its_own() -> None:
    assert "crew death" in heard(report(ARREST, {"eOther.05": "9923003", "eOther.06": "4506003"})).facts


def test_a_mannequin_is_doubted() -> None:
    notice = read(dataset(report(DEATH)), site=replace(SITE, mannequins=frozenset({"KISIWA-EMS:R-42"})))[0]
    assert isinstance(notice, Notice)
    assert notice.doubt == "mannequin"


def test_a_clock_that_runs_ahead_does_not_win_over_every_correction() -> None:
    notice = heard(report(DEATH, {"eTimes.13": "2031-03-10T15:20:00+03:00"}))
    assert notice.said_at == datetime(2026, 3, 10, 11, 40, tzinfo=UTC)


def test_a_death_without_any_time_is_refused_by_name() -> None:
    times = {f"eTimes.{n:02}": "" for n in (3, 6, 7, 9, 13)}
    assert refused(dataset(report(DEATH, times))).where == "eTimes"


def test_a_list_of_crew_gives_the_numbers_that_are_one_person() -> None:
    found = nemsis.crew_ids(personnel((("J100", "XJ1"), "17"), (("N200",), "18")))
    assert found == (
        nemsis.Member((("KISIWA-EMS", "J100"), ("KISIWA-EMS", "XJ1"), ("KISIWA-EMS", "17"))),
        nemsis.Member((("KISIWA-EMS", "N200"), ("KISIWA-EMS", "18"))),
    )
    assert isinstance(nemsis.crew_ids(dataset(report()))[0], Unread)
    assert refused(personnel((("J100",), "17"))).code == "not-ours"


TO_H1 = {**DEATH, "eDisposition.02": "H1", "eTimes.12": "2026-03-10T14:55:00+03:00"}


def test_a_hard_run_tells_what_a_human_needs_to_join_it_to_a_stay_and_nothing_in_the_clear() -> None:
    site = replace(SITE, authority="KISUMU")
    found = read(dataset(report(TO_H1, extra=outcome("09", number="42"))), site=site)[0]
    assert isinstance(found, Notice)
    numbers = [f"{what}|{whose}|42" for whose in ("H1", "KISUMU", "") for what in ("person", "visit")]
    assert found.coming == Coming(
        "run", datetime(2026, 3, 10, 11, 55, tzinfo=UTC), 6, tuple(map(mark, numbers)), mark("incident|I-7")
    )


@pytest.mark.parametrize("values", [{}, {**TO_H1, "eDisposition.02": ""}, {**TO_H1, "eDisposition.02": "H2"}, {**DEATH}])
def test_a_run_that_was_not_hard_or_went_elsewhere_leaves_nothing_to_join(values: Values) -> None:
    found = read(dataset(report(values)), site=replace(SITE, destinations=frozenset({"H1"})))[0]
    assert isinstance(found, Notice)
    assert found.coming is None
