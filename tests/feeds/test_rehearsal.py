"""A dry run of whatever lies in a folder: each file gives a line, no death goes by in silence, and no line names a patient."""

import gzip
import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aftercall import cli
from aftercall.inside.rehearsal import table
from tests.feeds.epcr import DEATH, dataset, report

NOW = "2026-03-10T15:00:00+00:00"
NAME, NUMBER, PHONE, STREET = "Kanariya", "98765432198", "0700111222", "Zulustreet"
FIELDS = ["file", "message", "source", "kind", "state", "rings", "died_at", "precision", "signals", "unit", "who"]
FIELDS += ["corrects", "doubt", "problem"]


def er7(pid29: str = "20260310142000", pid30: str = "Y", more: str = "", kind: str = "ADT^A08", end: str = "\r") -> str:
    pid = ["PID", "1", "", f"{NUMBER}^^^KISUMU^MR", "", f"{NAME}^Otieno", "", "19540302", "F", "", "", STREET, "", PHONE]
    pid += [""] * (29 - len(pid)) + [pid29, pid30]
    lines = [f"MSH|^~\\&|ADT|KISUMU|||20260310143000||{kind}|1|P|2.5.1", "EVN||20260310143000", "|".join(pid)]
    lines += [f"NK1|1|{NAME}^Juma|SPO||{PHONE}", "PV1|1|I|ICU^B1||||KC1^Yusuf^Amina^^^^^^KMPDC", *filter(None, [more])]
    return end.join(lines) + end


V2XML = (
    '<ADT_A08 xmlns="urn:hl7-org:v2xml"><MSH><MSH.7><TS.1>20260310143000</TS.1></MSH.7><MSH.9><MSG.1>ADT</MSG.1><MSG.2>A08</MSG.2>'
    f"</MSH.9><MSH.11><PT.1>P</PT.1></MSH.11></MSH><PID><PID.3><CX.1>{NUMBER}</CX.1></PID.3><PID.30>Y</PID.30></PID>"
    "<PV1><PV1.2>I</PV1.2><PV1.3><PL.1>ICU</PL.1></PV1.3></PV1></ADT_A08>"
)


def patient(**said: Any) -> dict[str, Any]:
    number = [{"system": "urn:kisumu", "value": NUMBER}]
    return {"resourceType": "Patient", "id": "p", "identifier": number, "name": [{"family": NAME}], **said}


STAY = {
    "resourceType": "Encounter", "id": "e", "status": "in-progress", "class": {"code": "IMP"},
    "subject": {"reference": "Patient/p"}, "period": {"start": "2026-03-10T10:00:00Z"},
}  # fmt: skip


def bundle(*resources: dict[str, Any]) -> str:
    entries = [{"fullUrl": f"http://his/{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "timestamp": "2026-03-10T14:30:00Z", "entry": entries})


def diagnosis(system: str, code: str, state: str = "confirmed") -> str:
    status = {"coding": [{"code": state}]}
    about = {"subject": {"reference": "Patient/p"}, "code": {"coding": [{"system": system, "code": code}], "text": NAME}}
    return bundle(patient(), STAY, {"resourceType": "Condition", "id": "c", "verificationStatus": status, **about})


def ended(name: str) -> str:
    exp = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "exp"}]}
    return bundle(patient(), {**STAY, "status": "finished", name: {"dischargeDisposition": exp}})


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.hl7", er7())
    return made.getvalue()


DEAD = patient(deceasedDateTime="2026-03-10T14:20:00Z")
KENYA = {
    "MESSAGE_HEADER": {"MESSAGE_TYPE": "ADT^A08", "MESSAGE_DATETIME": "20260310143000", "SENDING_FACILITY": "10829"},
    "PATIENT_IDENTIFICATION": {"INTERNAL_PATIENT_ID": [{"ID": NUMBER}], "DEATH_DATE": "20260310142000", "DEATH_INDICATOR": "Y"},
    "PATIENT_VISIT": {"VISIT_DATE": "20260310"},
}
LIST = f"unit,died,patient\nICU,2026-03-10 14:20,{NUMBER}\n"
OTHERWISE = ("10/03/2026 14:20", "10.03.2026", "20260310 1420", "20260310142000EAT", "20260310T142000Z", "Mar 10 2026", "20261310")
NO_DAY = ("0000", "00000000000000", "99991231", "0001-01-01 00:00:00", "01/01/1900", "N/A", "1753-01-01")

FILES: dict[str, tuple[str | bytes, list[str]]] = {
    # two bytes a letter, and marks before the first
    "le.hl7": (("\ufeff" + er7()).encode("utf-16-le"), ["confirmed"]),
    "be.hl7": (("\ufeff" + er7()).encode("utf-16-be"), ["confirmed"]),
    "v2.xml": (V2XML, ["confirmed"]),
    "v2 two bytes.xml": (('<?xml version="1.0" encoding="UTF-16"?>' + V2XML).encode("utf-16"), ["confirmed"]),
    "prefix.xml": (V2XML.replace("<", "<h:").replace("<h:/", "</h:").replace("xmlns=", "xmlns:h="), ["confirmed"]),
    "fhir le.json": (bundle(DEAD, STAY).encode("utf-16"), ["confirmed"]),
    "fhir le bare.json": (bundle(DEAD, STAY).encode("utf-16-le"), ["confirmed"]),
    "kenya be.json": (("\ufeff" + json.dumps(KENYA)).encode("utf-16-be"), ["confirmed"]),
    "list le.csv": (LIST.encode("utf-16"), ["confirmed"]),
    "blank line first.xml": (b"\n \n" + dataset(report(DEATH)), ["confirmed"]),
    # lists as spreadsheets save them
    "no unit.csv": (f"patient,died\n{NUMBER},2026-03-10 14:20\n", ["confirmed"]),
    "sep.csv": ("sep=;\r\n" + LIST.replace(",", ";").replace("\n", "\r\n"), ["confirmed"]),
    "other.csv": (f"name,date_of_death\n{NAME},2026-03-10\n", ["refused"]),
    # what says that somebody died, as no standard has it, is looked at by a human
    **{f"otherwise {n}.hl7": (er7(said, ""), ["suspected"]) for n, said in enumerate(OTHERWISE)},
    **{f"no day {n}.hl7": (er7(said, ""), ["none"]) for n, said in enumerate(NO_DAY)},
    "in words.hl7": (er7("", "DECEASED"), ["suspected"]),
    "in quotes.hl7": (er7("", '"Y"'), ["confirmed"]),
    "unknown.hl7": (er7("", "U"), ["none"]),
    "icd.json": (diagnosis("http://hl7.org/fhir/sid/icd-10", "I46.9"), ["none", "suspected"]),
    "snomed.json": (diagnosis("http://snomed.info/sct", "419099009"), ["none", "suspected"]),
    "refuted.json": (diagnosis("http://snomed.info/sct", "419099009", "refuted"), ["none", "none"]),
    "other diagnosis.json": (diagnosis("http://hl7.org/fhir/sid/icd-10", "J18.9"), ["none"]),
    "r5.json": (ended("admission"), ["none", "confirmed"]),
    "r4.json": (ended("hospitalization"), ["none", "confirmed"]),
    "parameters.json": (json.dumps({"resourceType": "Parameters", "parameter": [{"name": "p", "resource": DEAD}]}), ["confirmed"]),
    "parameters bundle.json": (
        json.dumps({"resourceType": "Parameters", "parameter": [{"name": "b", "resource": json.loads(bundle(DEAD, STAY))}]}),
        ["confirmed"],
    ),
    "both.json": (json.dumps(patient(deceasedBoolean=False, deceasedDateTime="2026-03-10T14:20:00Z")), ["held"]),
    "lines.ndjson": (json.dumps(DEAD) + "\n" + json.dumps(STAY), ["confirmed", "none"]),
    # what is none of ours is refused, and says why
    "a.zip": (zipped(), ["refused"]),
    "a.gz": (gzip.compress(er7().encode()), ["refused"]),
    "a.tar": (b"a.hl7".ljust(257, b"\0") + b"ustar" + er7().encode(), ["refused"]),
    "cda.xml": ('<ClinicalDocument xmlns="urn:hl7-org:v3"/>', ["refused"]),
    "fhir.xml": ('<Patient xmlns="http://hl7.org/fhir"><deceasedBoolean value="true"/></Patient>', ["refused"]),
    "wrapped.json": (json.dumps({"message": KENYA}), ["refused"]),
    "empty": (b"", ["refused"]),
    "zeros.bin": (b"\0" * 100_000, ["refused"]),
    "deep.json": ('{"resourceType":"Bundle","entry":' + "[" * 100_000, ["refused"]),
    "bomb.xml": ('<!DOCTYPE a [<!ENTITY b "c">]><EMSDataSet xmlns="http://www.nemsis.org">&b;</EMSDataSet>', ["refused"]),
    "long.hl7": (er7(more="OBX|1|TX|||" + NAME * 500_000), ["confirmed"]),
}


def hear(paths: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    monkeypatch.setattr(sys, "argv", ["aftercall", "hear", *map(str, paths), "--now", NOW, *more])
    cli.main()
    return capsys.readouterr().out


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_file_gives_a_line_and_none_names_a_patient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (body, _) in FILES.items():
        (tmp_path / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    said = hear([tmp_path], monkeypatch, capsys, "--json")
    states: dict[str, list[str]] = {}
    for line in lines(said):
        assert list(line) == FIELDS
        states.setdefault(line["file"].partition("/")[2], []).append(line["state"])
        if line["state"] == "refused":
            assert line["problem"]["text"], line
            assert line["problem"]["do"], line
            assert line["problem"]["field"], line
    assert {name: states.get(name, ["silence"]) for name in FILES} == {name: want for name, (_, want) in FILES.items()}
    whole = said + hear([tmp_path], monkeypatch, capsys)
    assert not [canary for canary in (NAME, NUMBER, PHONE, STREET, "19540302") if canary.casefold() in whole.casefold()]


def test_each_message_is_heard_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """That the first says "not dead" of the same patient at the same minute must not hold the second."""
    (tmp_path / "1.hl7").write_text(er7('""', '""'))
    (tmp_path / "2.hl7").write_text(er7())
    assert [line["state"] for line in lines(hear([tmp_path], monkeypatch, capsys, "--json"))] == ["none", "confirmed"]
    *_, last = lines(hear([tmp_path], monkeypatch, capsys, "--json", "--stream"))
    assert last["loss"] == "held"


def test_what_can_not_be_opened_is_said_and_the_others_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = tmp_path / "in" / "feed"
    inner.mkdir(parents=True)
    (inner / "a.hl7").write_text(er7())
    (inner / os.fsdecode(b"b\xe9.hl7")).write_text(er7())  # named by an old machine
    (inner / "c.hl7").symlink_to("nowhere")
    (inner / "d.hl7").symlink_to("d.hl7")
    os.mkfifo(inner / "e")
    (inner / "up").symlink_to("..")  # a circle
    states = [(line["file"].rpartition("/")[2], line["state"]) for line in lines(hear([inner], monkeypatch, capsys, "--json"))]
    assert states[0] == ("a.hl7", "confirmed")
    assert states[1][1] == "confirmed"
    assert states[2:] == [("c.hl7", "refused"), ("d.hl7", "refused"), ("e", "refused")]
    assert "b\\udce9.hl7" in hear([inner / os.fsdecode(b"b\xe9.hl7")], monkeypatch, capsys, "--json")


def test_a_link_to_another_folder_is_followed_and_each_folder_is_heard_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.hl7").write_text(er7())
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "one").symlink_to(tmp_path / "there")
    (tmp_path / "here" / "two").symlink_to(tmp_path / "there")
    heard = lines(hear([tmp_path / "here"], monkeypatch, capsys, "--json"))
    assert [line["file"] for line in heard] == ["here/one/a.hl7"]


def test_nothing_to_hear_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="there is no file in"):
        hear([tmp_path], monkeypatch, capsys)
    (tmp_path / "a.hl7").write_text(er7())
    with pytest.raises(SystemExit, match="nowhere"):
        hear([tmp_path / "a.hl7", tmp_path / "nowhere"], monkeypatch, capsys)
    assert capsys.readouterr().out == ""  # before the first is heard
    monkeypatch.setattr(sys, "argv", ["aftercall", "hear", str(tmp_path), "--now", "22:00"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "write it as 2026-11-22T22:47+03:00" in capsys.readouterr().err


def test_a_death_of_the_future_says_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the hospital's settings a time is taken as UTC; in Kisumu that is three hours ahead."""
    (tmp_path / "a.hl7").write_text(er7("20260310172000"))
    (line,) = lines(hear([tmp_path], monkeypatch, capsys, "--json"))
    assert (line["state"], line["doubt"]) == ("none", "future time")
    assert (line["problem"]["segment"], line["problem"]["field"]) == ("PID", "30")
    assert "zone" in hear([tmp_path], monkeypatch, capsys)


def test_a_word_of_a_feed_moves_no_cursor() -> None:
    line = {"file": "a\x1b[2J\nb", "message": 1, "kind": "ADT^A08", "state": "none", "died_at": None, "unit": "I\u2028CU",
            "signals": [], "doubt": "", "corrects": "", "problem": None}  # fmt: skip
    assert table(line).isprintable()
