"""Juma's crew brings somebody to Resus: the ambulance's report and the hospital's messages of one patient, for the stories."""

from datetime import timedelta

from aftercall.words import Moment
from tests.feeds.epcr import ARREST, Values, dataset, outcome, report
from tests.world import START, adt

CREW = (("7001", "9925007", "2403011"),)  # Juma, a paramedic
HERE = "KNH"
IN_THE_ED = {"eArrest.18": "3018001"}
WITH_A_PULSE = {"eArrest.18": "3018009", "eDisposition.30": "4230001"}
HANDED_OVER, DEATH = START - timedelta(minutes=48), START - timedelta(minutes=6)  # 21:59 and 22:41


def clock(at: Moment) -> str:
    return (at + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S+03:00")


def run(
    *more: Values, over: Moment = HANDED_OVER, left: Moment | None = None, number: str = "", uuid: str = "run-1", age: str = "19"
) -> bytes:
    """A resuscitation on the way; handed over at `over`, free again at `left`."""
    minutes = {name: clock(over - timedelta(minutes=m)) for name, m in (("03", 40), ("06", 30), ("07", 29), ("09", 12))}
    times = {f"eTimes.{name}": at for name, at in minutes.items()} | {"eTimes.12": clock(over)}
    times["eTimes.13"] = clock(left or over + timedelta(minutes=20))
    here = {"eDisposition.02": HERE, "ePatient.15": age, "eArrest.14": clock(over - timedelta(minutes=30)), "eArrest.15": ""}
    known = outcome("", number=number) if number else ""
    return dataset(report(ARREST, times, here, *more, crew=CREW, uuid=uuid, record="", extra=known), agency="EMS")


SILENT = {"PID_29": "", "PID_30": "", "PV1_36": ""}


def registered(patient: str = "778899", **fields: str) -> bytes:
    """Somebody came to Resus at 21:57, nineteen years old."""
    said = {"MSH_9": "ADT^A04", "EVN_1": "A04", "EVN_6": "", "PV1_44": "20261122215700", **SILENT}
    return adt(START - timedelta(minutes=45), "A1", patient, **{**said, **fields})


def died(patient: str = "778899", **fields: str) -> bytes:
    return adt(START, "M1", patient, **fields)


def taken_back(patient: str = "778899") -> bytes:
    """It was a mistake, the hospital says, three minutes after it had said so."""
    return adt(START + timedelta(minutes=3), "M2", patient, **{"MSH_9": "ADT^A08", "PID_29": '""', "PID_30": "N", "PV1_36": ""})
