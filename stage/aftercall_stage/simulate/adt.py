"""Write HL7 v2 as a hospital's systems do. A draft is a message that still has fields; a fault is a change of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.truth import ZONE, Encounter, Patient, Staff, Stay

HOUSE = "KISUMU"
Fields = Mapping[int, str]


@dataclass(frozen=True)
class Draft:
    """One message before it is written. `said` is the sender's true time; the sender's clock may be wrong."""

    said: Moment
    sender: str  # "ADT" | "LAB" | "PHARM" | "ORDERS"
    kind: str  # "ADT^A03^ADT_A03"
    about: str
    pid: Fields
    pv1: Fields | None
    happened: Moment | None = None  # EVN-6
    merged: str = ""  # MRG-1
    more: tuple[str, ...] = ()  # segments after PV1
    beside: tuple["Draft", ...] = ()  # A17: the other bed
    processing: str = "P"
    tells: str = ""
    faults: tuple[str, ...] = field(default=())
    latin1: bool = False

    def with_pid(self, fields: Fields) -> "Draft":
        return replace(self, pid={**self.pid, **fields})

    def with_pv1(self, fields: Fields) -> "Draft":
        return replace(self, pv1={**(self.pv1 or {}), **fields})


def when(moment: Moment) -> str:
    return moment.astimezone(ZONE).strftime("%Y%m%d%H%M%S")


def segment(name: str, fields: Fields) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields, default=0) + 1))])


def numbers(ids: Iterable[tuple[str, str]]) -> str:
    """PID-3: one number for each authority, the hospital's own first."""
    return "~".join(f"{number}^^^{authority}^{'MR' if authority == HOUSE else 'NI'}" for authority, number in ids)


def xcn(staff: Staff) -> str:
    """One doctor, as often as authorities know them."""
    given, _, family = staff.name.partition(" ")
    return "~".join(f"{number}^{family}^{given}^^^^^^{authority}" for authority, number in staff.ids)


def pid(patient: Patient, flag: str = "") -> dict[int, str]:
    return {
        1: "1", 3: numbers(patient.ids), 5: f"{patient.family}^{patient.given}^^^^^L", 7: f"{patient.born:%Y%m%d}", 8: patient.sex,
        11: "^^Kisumu^^40100^KEN", 18: f"A{patient.ids[0][1]}^^^{HOUSE}^AN", 30: flag,
    }  # fmt: skip


def pv1(visit: Encounter, stay: Stay) -> dict[int, str]:
    authority, number, name = visit.referring
    given, _, family = name.partition(" ")
    fields = {
        1: "1", 2: "E" if stay.unit in ("ED", "RES") else "I", 3: f"{stay.unit}^B{int(visit.visit[1:]) % 20 + 1}^1^{HOUSE}",
        4: "E" if visit.emergency else "R", 7: xcn(stay.attending), 8: f"{number}^{family}^{given}^^^^^^{authority}",
        10: "PAL" if visit.expected else stay.unit[:3], 17: xcn(visit.admitting), 18: "E" if visit.emergency else "I",
        19: f"{visit.visit}^^^{HOUSE}^VN", 44: when(visit.arrives),
    }  # fmt: skip
    return fields | ({9: xcn(visit.consulting)} if visit.consulting else {})


def roles(visit: Encounter) -> tuple[str, ...]:
    return tuple(segment("ROL", {1: "1", 2: "AD", 3: "PN^Primary nurse^L", 4: xcn(s)}) for s in visit.in_roles)


def write(draft: Draft, control: str, skew: float) -> bytes:
    """The message as bytes, with CR behind every segment."""
    clock = when(draft.said + timedelta(seconds=skew))
    charset = "8859/1" if draft.latin1 else "UNICODE UTF-8"
    msh = {3: draft.sender, 4: HOUSE, 5: "AFTERCALL", 6: HOUSE, 7: clock, 9: draft.kind, 10: control, 11: draft.processing}
    msh |= {12: "2.5.1", 17: "KEN", 18: charset}
    lines = ["MSH|^~\\&|" + "|".join(msh.get(n, "") for n in range(3, 19))]
    if draft.kind.startswith("ADT"):
        event = {1: draft.kind[4:7], 2: clock, 5: "KC12^Njoroge^Peris"}
        lines.append(segment("EVN", event | ({6: when(draft.happened)} if draft.happened else {})))
    for part in (draft, *draft.beside):
        lines.append(segment("PID", part.pid))
        if part.merged:
            lines.append(segment("MRG", {1: part.merged}))
        if part.pv1 is not None:
            lines.append(segment("PV1", part.pv1))
    text = "".join(line + "\r" for line in (*lines, *draft.more))
    return text.encode("latin-1" if draft.latin1 else "utf-8")
