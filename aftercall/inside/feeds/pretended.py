"""A loss that never was, for one colleague who knows of it: real words on the real way, to one real phone."""

from datetime import UTC, timedelta

from aftercall.inside.road.crew import Person
from aftercall.words import Moment

WHERE = "PRETENDED"  # MSH-4, the patient's number's authority, and a unit on which nobody is on any rota
AGO = timedelta(minutes=3)


class Unnamed(Exception):
    """This person can't be named in a message: says what is missing on the list."""


def death(patient: str, attended: tuple[str, str], where: str, now: Moment, control: str, back: bool = False) -> bytes:
    """ADT^A03 of HL7 v2.5.1: a patient of nobody's has died. `attended`: authority and number of who was there.

    `back`: the A08 that says the patient lives, as a hospital takes such a mistake back.
    """
    authority, number = attended
    at, died, came = (f"{t.astimezone(UTC):%Y%m%d%H%M%S}+0000" for t in (now, now - AGO, now - timedelta(days=2)))
    trigger, shape = ("A08", "ADT_A01") if back else ("A03", "ADT_A03")
    pid = {3: f"{patient}^^^{where}", 5: "NOBODY^A", **({30: "N"} if back else {29: died, 30: "Y"})}
    pv1 = {2: "I", 3: where, 7: f"{number}^NOBODY^^^^^^^{authority}", 19: f"V{patient}^^^{where}", 44: came}
    lines = (
        f"MSH|^~\\&|AFTERCALL|{where}|AFTERCALL|{where}|{at}||ADT^{trigger}^{shape}|{control}|P|2.5.1",
        f"EVN|{trigger}|{at}",
        "|".join(["PID", *(pid.get(n, "") for n in range(1, 31))]),
        "|".join(["PV1", *(pv1.get(n, "") for n in range(1, 45))]),
    )
    return "".join(f"{line}\r" for line in lines).encode()


def message(person: Person, now: Moment, control: str, back: bool = False) -> bytes:
    """One patient for a person and a day, so that what is taken back is what was told. Raises Unnamed."""
    if not person.ids:
        raise Unnamed(f"{person.staff}: without a number in the column ids, as NCK:7001, no message can name them")
    patient = f"{person.staff}-{now.astimezone(UTC):%Y%m%d}".upper()
    return death(patient, person.ids[0], WHERE, now, control, back)
