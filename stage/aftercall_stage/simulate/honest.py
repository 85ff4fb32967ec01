"""What a hospital without any fault says of one visit in HL7 v2: coming, moving, acts with their authors, going, or a death."""

import random
from collections.abc import Iterator
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.adt import Draft, pid, pv1, roles, segment, when, xcn
from aftercall_stage.simulate.truth import Act, Encounter, Stay

HOME = "01"
DIED = "20"


def honest(rng: random.Random, visit: Encounter) -> list[Draft]:
    """In the order of the sender's times. The drafts that tell of a death say so in `tells`."""
    flag = "N" if rng.random() < 0.4 else ""  # four of ten desks fill PID-30 for the living
    drafts = [*_moves(rng, visit, flag), *(d for act in visit.acts if (d := authored(rng, visit, act)))]
    if visit.died is None:
        drafts.append(_home(visit, flag))
    else:
        drafts = [d if d.said <= visit.died else d.with_pid({30: ""}) for d in drafts]
        drafts += death(rng, visit)
    return sorted(drafts, key=lambda d: d.said)


def message(visit: Encounter, at: Moment, trigger: str, stay: Stay, flag: str = "") -> Draft:
    shape = {"A04": "A01", "A08": "A01", "A13": "A01", "A11": "A09", "A28": "A05", "A31": "A05"}.get(trigger, trigger)
    return Draft(at, "ADT", f"ADT^{trigger}^ADT_{shape}", visit.key, pid(visit.patient, flag), pv1(visit, stay), more=roles(visit))


def _moves(rng: random.Random, visit: Encounter, flag: str) -> Iterator[Draft]:
    for number, stay in enumerate(visit.stays):
        trigger = ("A04" if visit.emergency else "A01") if number == 0 else "A02"
        yield message(visit, stay.begins, trigger, stay, flag)
        at = stay.begins + (stay.ends - stay.begins) * rng.uniform(0.2, 0.8)
        if rng.random() < 0.3:
            yield message(visit, _whole(at), "A08", stay, flag)


def _home(visit: Encounter, flag: str) -> Draft:
    draft = message(visit, visit.ends, "A03", visit.stays[-1], flag)
    return draft.with_pv1({36: HOME, 45: when(visit.ends)})


def death(rng: random.Random, visit: Encounter) -> Iterator[Draft]:
    """Entered some minutes later: an A03 with everything, or an A08 first and the A03 when the body has left."""
    assert visit.died
    entered = _whole(visit.died + timedelta(minutes=min(120.0, max(1.0, rng.lognormvariate(2.1, 0.8)))))
    if rng.random() < 0.4:
        yield dead(visit, entered, "A08")
        entered += timedelta(minutes=rng.randint(60, 300))
    yield dead(visit, entered, "A03")
    if rng.random() < 0.1:  # the billing desk, days later, when our rows of this death are long gone
        yield dead(visit, entered + timedelta(minutes=rng.randint(4600, 8600)), "A08")


def dead(visit: Encounter, at: Moment, trigger: str) -> Draft:
    assert visit.died
    draft = message(visit, at, trigger, visit.stays[-1]).with_pid({29: when(visit.died), 30: "Y"})
    draft = draft.with_pv1({36: DIED, 45: when(visit.died)}) if trigger == "A03" or at - visit.died > timedelta(days=2) else draft
    return _told(draft, visit.died)


def _told(draft: Draft, died: Moment) -> Draft:
    happened = died if draft.kind[4:7] == "A03" else None
    return Draft(**{**draft.__dict__, "tells": "dead", "happened": happened})


def authored(rng: random.Random, visit: Encounter, act: Act) -> Draft | None:
    """A result, a medicine or an order, with who wrote it; None when no name is written down."""
    if not act.told or not act.staff.ids:
        return None
    said = _whole(act.at + timedelta(minutes=rng.uniform(0, 12)))
    who, at = xcn(act.staff), when(act.at)
    sender, kind, more = _shape(act, who, at, f"{visit.visit}-{rng.getrandbits(32):08x}")
    return Draft(said, sender, kind, visit.key, pid(visit.patient), pv1(visit, visit.at(act.at)), more=more)


def _shape(act: Act, who: str, at: str, order: str) -> tuple[str, str, tuple[str, ...]]:
    if act.how == "gave medication":
        given = segment("RXA", {1: "0", 2: "1", 3: at, 4: at, 5: "387207008^Ibuprofen^SCT", 6: "1", 10: who, 20: "CP"})
        return "PHARM", "RAS^O17^RAS_O17", (segment("ORC", {1: "RE", 2: order}), given)
    if act.how == "ordered":
        asked = segment("ORC", {1: "NW", 2: order, 9: at, 10: who, 12: who})
        return "ORDERS", "ORM^O01^ORM_O01", (asked, segment("OBR", {1: "1", 2: order, 4: "24323-8^Panel^LN", 16: who}))
    if act.how in ("did CPR", "intubated"):
        code = "89666000^CPR^SCT" if act.how == "did CPR" else "112798008^Intubation^SCT"
        return "ADT", "ADT^A08^ADT_A01", (segment("PR1", {1: "1", 3: code, 5: at, 11: who}),)
    seen = segment("OBX", {1: "1", 2: "NM", 3: "8867-4^Heart rate^LN", 5: "88", 11: "F", 14: at, 16: who})
    return "LAB", "ORU^R01^ORU_R01", (segment("OBR", {1: "1", 3: order, 4: "34566-0^Vital signs^LN", 7: at}), seen)


def _whole(at: Moment) -> Moment:
    return at.replace(microsecond=0)
