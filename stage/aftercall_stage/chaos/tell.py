"""What the hospital's system says of a death of this night: it happened, it is told again, it was a mistake."""

from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.night import death

A_MINUTE = timedelta(minutes=1)  # night.death is written down that much after it happened

NAMES = ("Kiprono^Brian", "Wafula^Samson", "Mutiso^Daniel", "Barasa^Felix", "Cheruiyot^Amos")


def a03(at: Moment, n: int, control: str = "") -> bytes:
    """Written down at that moment. `control`: another message of the same death."""
    said = _death(at, n)
    return said.replace(b"|P|2.5.1", f"{control}|P|2.5.1".encode(), 1) if control else said


def a13(at: Moment, n: int) -> bytes:
    """The discharge is cancelled, and the patient is alive: no time of death, no sign of it."""
    lines = []
    for line in _death(at, n).decode().split("\r"):
        fields = line.split("|")
        if fields[0] == "MSH":
            fields[8], fields[9] = "ADT^A13^ADT_A01", fields[9] + "X"
        elif fields[0] == "EVN":
            fields[1], fields[6:] = "A13", []
        elif fields[0] == "PID":
            fields[29:] = ["", "N"]
        elif fields[0] == "PV1":
            fields[36], fields[45:] = "", []
        lines.append("|".join(fields))
    return "\r".join(lines).encode()


def _death(at: Moment, n: int) -> bytes:
    """Each of somebody else: two of one name and birthday who died within the minute are one to the hospital's half."""
    name = NAMES[n % len(NAMES)]
    return death(at - A_MINUTE, n).replace(b"Kiprono^Brian", name.encode(), 1).replace(b"0101|M|", _born(n), 1)


def _born(n: int) -> bytes:
    return f"0{n % 9 + 1}1{n % 9}|M|".encode()
