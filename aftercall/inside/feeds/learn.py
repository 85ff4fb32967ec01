"""What a site's own codes were, so that a desk can ask: these values were seen; which mean died?"""

import re

from aftercall.inside.feeds.er7 import at
from aftercall.inside.feeds.scene import Scene, identifiers
from aftercall.inside.feeds.signs import DISPOSES

LONGEST, WORDS = 20, 3
_CODE = re.compile(r"[\w][\w .,/&()+-]*")
_NUMBER = re.compile(r"\d{5}")


def dispositions(scene: Scene) -> tuple[tuple[str, str], ...]:
    """("PV1-36", value) of a discharge or an update; nothing that could be a name or a number of the patient."""
    raw = at(scene.patient.pv1, 36) if scene.kind in DISPOSES else None
    value = scene.word(raw)
    return (("PV1-36", value),) if value and is_code(value) and not _is_the_patients(scene, value) else ()


def is_code(value: str) -> bool:
    """Short, of few words, without a long number."""
    return (
        len(value) <= LONGEST
        and len(value.split()) <= WORDS
        and _CODE.fullmatch(value) is not None
        and _NUMBER.search(value) is None
    )


def _is_the_patients(scene: Scene, value: str) -> bool:
    """Where fields slipped by one, a name may stand in the place of a code."""
    pid, coding = scene.patient.pid, scene.coding
    names = {word for n in (5, 6, 9) for word in re.findall(r"\w+", coding.text(at(pid, n)).casefold()) if len(word) > 1}
    numbers = {number.casefold() for n in (2, 3, 4, 18, 19) for _, number in identifiers(coding, at(pid, n))}
    return value.casefold() in numbers or not names.isdisjoint(re.findall(r"\w+", value.casefold()))
