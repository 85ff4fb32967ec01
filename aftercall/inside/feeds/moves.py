"""What a message takes back, and which records it says are one patient's (FEEDS 8a, corrections)."""

from collections.abc import Iterator

from aftercall.inside.feeds.er7 import at
from aftercall.inside.feeds.scene import Scene, identifiers
from aftercall.inside.road.notice import ALIVE, DEAD, Sign

VISIT_ALONE = frozenset({"A11", "A12", "A13", "A23", "A25", "A26", "A27", "A32", "A33", "A38"})
"""These may name the visit only, and no patient."""

_VOIDS = {event: (Sign("visit", "void"), "admission") for event in ("A11", "A27", "A38")}
_VOIDS |= {event: (Sign("record", "void"), "record") for event in ("A23", "A29")}
_VOIDS["A13"] = (Sign("PV1-36", "cancelled"), "discharge")

# A42-A45 and A48 move a visit or an account from one number to another, and the numbers may be two patients' whose papers were
# mixed up. They are joined all the same: while both live nothing comes of it, and for the three days that a mark can be made
# a death filed under the wrong number is still heard once, and not twice. What it costs: a "not dead" said later of the one
# takes back a death told of the other, and when both die within the three days theirs is one loss.
_MERGES = frozenset(
    ["A18", "A30", "A34", "A35", "A36", "A39", "A40", "A41", "A42", "A43", "A44", "A45", "A46", "A47", "A48", "A49", "A50", "A51"]
)


def taken_back(scene: Scene, signs: list[Sign]) -> tuple[list[Sign], str]:
    """The signs with those that take something back, and what is corrected.

    What a deleted record says goes with it; a cancelled admission leaves what it says of the person.
    """
    trigger = scene.trigger
    if trigger in _VOIDS:
        sign, corrects = _VOIDS[trigger]
        return ([sign] if corrects == "record" else [*signs, sign]), corrects
    if trigger in _MERGES and scene.patient.merges:
        return signs, "merge"
    values = {sign.value for sign in signs}
    return signs, "death" if values & ALIVE and not values & DEAD else ""


def joined(scene: Scene) -> Iterator[str]:
    """What to mark: the numbers, visits and accounts of the other record (MRG-1 and 4, 5 and 3), and the visits an A45 moves."""
    if scene.trigger not in _MERGES:
        return
    coding = scene.coding
    for mrg in scene.patient.merges:
        for number in (1, 4):
            yield from (f"person|{authority}|{one}" for authority, one in identifiers(coding, at(mrg, number)))
        for number in (5, 3):
            yield from (f"visit|{authority}|{one}" for authority, one in identifiers(coding, at(mrg, number)))
    for pv1 in scene.patient.visits:
        yield from (f"visit|{authority}|{one}" for authority, one in identifiers(coding, at(pv1, 19)))
