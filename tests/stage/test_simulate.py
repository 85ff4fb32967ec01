"""The simulator: one seed makes one world, the truth stands before the faults, and every fault occurs as often as it should."""

import json
from collections import Counter
from dataclasses import fields, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import hl7  # type: ignore[import-untyped]  # it ships no types
import pytest
from aftercall_stage.cli import main
from aftercall_stage.simulate import Rates, World, life, people, simulate
from aftercall_stage.simulate.files import labels as as_lines
from aftercall_stage.simulate.rates import OF_DEATHS, OF_MESSAGES, OF_RUNS, OF_THE_LIVING, STRANGERS
from aftercall_stage.simulate.strangers import MANNEQUINS
from aftercall_stage.simulate.truth import NURSES, Label
from aftercall_stage.simulate.world import START
from lxml import etree

PACKAGE = Path(__file__).parents[2] / "stage" / "aftercall_stage" / "simulate"
MANY = 3500
SHARES = {name: 0.05 for name in (*OF_DEATHS, *OF_THE_LIVING)} | {name: 0.04 for name in (*STRANGERS, *OF_MESSAGES)}
OFTEN = Rates(**SHARES, no_crew=0.2, outcome_later=0.5, replayed=0.3)


@cache
def world(seed: int = 7, faults: str = "usual") -> World:
    rates = {"usual": Rates(), "none": Rates.calm(), "often": OFTEN}[faults]
    return simulate(seed, MANY if faults == "often" else 600, rates=rates)


def deaths(of: World) -> list[Label]:
    return [label for label in of.labels if label.died and label.kind == "stay"]


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    again = simulate(7, 600)
    assert again == world()
    assert as_lines(again) == as_lines(world())
    assert simulate(8, 600).stream != again.stream


def test_the_truth_stands_before_the_faults() -> None:
    assert world(faults="none").labels == world().labels
    assert world(faults="none").lists == world().lists
    assert world(faults="none").stream != world().stream


def test_without_faults_every_death_can_be_asked_for() -> None:
    calm = world(faults="none")
    assert {plan.fault for plan in calm.plans} == {""}
    assert {plan.want for plan in calm.plans} == {"ring", "quiet", "never"}
    assert not any(told.faults for told in calm.stream)


def test_the_simulator_knows_nothing_of_the_product() -> None:
    for path in PACKAGE.glob("*.py"):
        text = path.read_text("utf-8")
        assert "aftercall.inside" not in text, path
        assert "aftercall.outside" not in text, path


def test_the_stream_comes_in_order_and_each_death_is_told_after_it_happened() -> None:
    times = [told.at for told in world().stream]
    assert times == sorted(times)
    died = {label.key: label.died for label in world().labels}
    for plan in world().plans:
        when = died.get(plan.key)
        if when and plan.fault not in ("merged_after", "retracted_soon"):
            assert plan.told_at is None or plan.told_at >= when


def test_who_was_there_worked_then_or_did_something() -> None:
    for label in deaths(world()):
        there = {t.staff for t in label.there}
        assert there, label.key
        assert not there & set(label.may)
        assert not there & set(label.wrongly)
        assert all(t.how for t in label.there)


def test_stays_follow_each_other_and_nobody_acts_outside_a_visit() -> None:
    hospital = people.hire(Random("people"))
    rota = people.roster(Random("rota"), hospital, START, 20, 0.1)
    for visit in life.Life(Random("life"), hospital, rota).visits(START, 4, 200):
        assert all(a.ends == b.begins for a, b in pairwise(visit.stays))
        assert all(visit.arrives <= act.at <= visit.ends for act in visit.acts)
        assert visit.died in (None, visit.ends)


def test_some_who_were_there_are_known_to_no_system() -> None:
    unknown = [t for label in deaths(world()) for t in label.there if not t.known_by]
    everyone = sum(len(label.there) for label in deaths(world()))
    assert 0.02 < len(unknown) / everyone < 0.15
    roles = {row.split(",")[0]: row.split(",")[6] for row in world().lists["staff.csv"].splitlines()[1:]}
    assert {"porter", "cleaner"} <= {roles[t.staff] for t in unknown}
    assert {"porter", "security", "chaplain", "cleaner", "student"} <= set(roles.values())


def test_one_shift_of_ten_is_worked_by_another_than_the_rota_says() -> None:
    shares = []
    for swaps in (0.0, 0.1):
        made = simulate(7, 600, swaps=swaps)
        wrongly = sum(len(label.wrongly) for label in deaths(made))
        shares.append(wrongly / sum(1 for label in deaths(made) for t in label.there if "rota" in t.known_by))
    assert shares[0] == 0
    assert 0.04 < shares[1] < 0.16


def test_one_doctor_has_up_to_three_authorities_and_the_crews_stand_under_their_agency() -> None:
    rows = [row.split(",") for row in world().lists["staff.csv"].splitlines()[1:]]
    doctors = Counter(len(row[7].split(";")) for row in rows if row[6] in ("registrar", "consultant"))
    assert min(doctors[1], doctors[2], doctors[3]) > 0
    assert all(row[7].startswith("254-0417:") for row in rows if row[6] in ("paramedic", "EMT", "driver"))
    assert all(not row[7] for row in rows if row[6] in ("porter", "cleaner", "security", "chaplain", "student"))


def share(of: World, fault: str) -> tuple[float, int]:
    """How often a fault fell, among how many it could fall on."""
    if fault in OF_MESSAGES:
        sent = [told for told in of.stream if told.format == "hl7v2" and not {"replayed", "duplicate"} & set(told.faults)]
        if fault == "duplicate":
            again = [t for t in of.stream if "duplicate" in t.faults and "replayed" not in t.faults]
            return len(again) / len(sent), len(sent)
        return sum(fault in told.faults for told in sent) / len(sent), len(sent)
    if fault in STRANGERS:
        visits = sum(label.kind == "stay" for label in of.labels)
        return sum(plan.fault == fault for plan in of.plans) / visits, visits
    kind = "run" if fault in OF_RUNS else "stay"
    hospital = {t.about[0] for t in of.stream if t.format == "hl7v2" and len(t.about) == 1}
    fits = [
        label.key for label in of.labels
        if label.kind == kind and (kind == "run" or (label.key in hospital and bool(label.died) is (fault in OF_DEATHS)))
    ]  # fmt: skip
    fallen = {plan.key for plan in of.plans if plan.fault == fault}
    return len(fallen & set(fits)) / len(fits), len(fits)


@pytest.mark.parametrize("fault", [*OF_DEATHS, *OF_THE_LIVING, *OF_RUNS, *STRANGERS, *OF_MESSAGES])
def test_every_fault_occurs_as_often_as_its_rate(fault: str) -> None:
    rate, among = share(world(faults="often"), fault)
    wanted: float = getattr(OFTEN, fault)
    spread = 4 * (wanted * (1 - wanted) / among) ** 0.5
    assert abs(rate - wanted) < spread + 0.2 * wanted * (fault == "batch"), (rate, wanted, among)


def test_whole_days_are_replayed_and_one_clock_runs_ahead() -> None:
    often = world(faults="often")
    replayed = [told for told in often.stream if "replayed" in told.faults]
    first = {told.body for told in often.stream if "replayed" not in told.faults}
    assert replayed
    assert {told.body for told in replayed} <= first
    straight = simulate(7, 600, rates=Rates.calm()).stream
    ahead = simulate(7, 600, rates=replace(Rates.calm(), skew=420.0)).stream
    moved = {told.source for a, told in zip(straight, ahead, strict=True) if a.body != told.body}
    assert len(moved) == 1


def test_every_message_without_odd_line_ends_parses_with_another_library() -> None:
    kinds: Counter[str] = Counter()
    for told in world().stream:
        if told.format == "hl7v2" and not {"lf", "crlf", "batch"} & set(told.faults) and b"\n" not in told.body:
            message = hl7.parse(told.body.decode("latin-1" if "latin1" in told.faults else "utf-8"))
            assert str(message.segment("PID")[3])
            kinds[str(message.segment("MSH")[9])[:7]] += 1
    assert {"ADT^A01", "ADT^A02", "ADT^A03", "ADT^A04", "ADT^A08", "ORU^R01", "ORM^O01", "RAS^O17"} <= set(kinds)


def test_every_trigger_of_the_corrections_occurs() -> None:
    seen = {
        told.body.split(b"|")[8][:7] for told in world(faults="often").stream if told.format == "hl7v2" and told.body[:3] == b"MSH"
    }
    assert {f"ADT^A{n:02}".encode() for n in (1, 2, 3, 4, 8, 11, 13, 17, 23, 28, 31, 40)} <= seen


def test_authors_stand_where_the_standard_has_them() -> None:
    nurses = {row.split(",")[0] for row in world().lists["staff.csv"].splitlines()[1:] if row.split(",")[6] in NURSES}
    text = b"".join(told.body for told in world().stream if told.format == "hl7v2").decode("latin-1")
    lines = [line.split("|") for line in text.replace("\n", "\r").split("\r")]
    for name, place in (("OBX", 16), ("RXA", 10), ("ORC", 10), ("PR1", 11)):
        assert any(line[0] == name and len(line) > place and "^KMPDC" in line[place] + "^KMPDC" for line in lines), name
    assert nurses


def test_fhir_is_json_and_reports_are_well_formed() -> None:
    kinds = Counter(told.format for told in world().stream)
    assert min(kinds["hl7v2"], kinds["fhir"], kinds["nemsis"]) > 0
    for told in world().stream:
        if told.format == "fhir":
            bundle = json.loads(told.body)
            assert bundle["resourceType"] == "Bundle"
            assert {e["resource"]["resourceType"] for e in bundle["entry"]} >= {"Patient", "Encounter"}
        elif told.format == "nemsis":
            root = etree.fromstring(told.body)
            assert etree.QName(root).localname == "EMSDataSet"
            assert [report for report in root.iter("{*}PatientCareReport") if report.get("UUID")]


def test_a_retraction_in_time_is_in_time_as_it_arrived() -> None:
    plans = [plan for plan in world(faults="often").plans if plan.fault.startswith("retracted")]
    assert {plan.want for plan in plans} == {"never"}
    in_time = Counter((plan.fault, plan.in_time) for plan in plans)
    assert in_time["retracted_soon", True] > 10 * in_time["retracted_soon", False] or in_time["retracted_soon", False] < 10
    assert in_time["retracted_late", True] < in_time["retracted_late", False]
    assert all(plan.taken_back for plan in plans)


def test_mannequins_carry_a_listed_number() -> None:
    bare = {number.rpartition(":")[2].encode() for number in MANNEQUINS}
    told = [t for t in world(faults="often").stream if t.about[0].endswith("mannequin") and len(t.about) == 1]
    assert told
    assert all(any(number in t.body for number in bare) for t in told)


def test_every_rate_has_a_name_in_a_group() -> None:
    grouped = {*OF_DEATHS, *OF_THE_LIVING, *OF_RUNS, *STRANGERS, *OF_MESSAGES}
    assert {f.name for f in fields(Rates)} - grouped == {"replayed", "skew", "window", "by_fhir_too"}


def test_the_command_writes_a_folder_a_source_with_lists_and_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "7", "--encounters", "30", "--days", "2", "--out", str(tmp_path / "made")]) == 0
    made = tmp_path / "made"
    assert "messages" in capsys.readouterr().out
    index = (made / "stream.csv").read_text().splitlines()[1:]
    assert index
    assert all((made / row.rsplit(",", 1)[1]).exists() for row in index)
    assert {"hl7-adt", "ambulance", "fhir"} <= {path.name for path in made.iterdir() if path.is_dir()}
    assert {"staff.csv", "units.csv", "rota.csv", "labels.jsonl"} <= {path.name for path in made.iterdir()}
    lines = [json.loads(line) for line in (made / "labels.jsonl").read_text().splitlines()]
    assert {"key", "plan", "label"} == set(lines[0])


def test_the_command_refuses_a_fault_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--rate", "gremlins=1"]) == 2
    assert "gremlins" in capsys.readouterr().err
