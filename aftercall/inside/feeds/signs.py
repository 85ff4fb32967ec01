"""Every mark of death or of life in one patient's part of a message (FEEDS 8a). Absence is never read as alive."""

import re
from collections.abc import Iterator
from functools import lru_cache

from aftercall.inside.feeds.er7 import DELETE, Coding, at
from aftercall.inside.feeds.scene import Fields, Scene
from aftercall.inside.feeds.site import DEATH_RESULTS, NO, YES, is_death_diagnosis
from aftercall.inside.feeds.times import Time
from aftercall.inside.road.notice import Sign

DISPOSES = frozenset({"ADT^A03", "ADT^A08"})
"""Only a discharge and an update say how a visit ended."""
_PLACES = frozenset({"A02", "A03", "A08"})

_DIED = frozenset(
    [
        "dead",
        "died",
        "death",
        "deceased",
        "decease",
        "expired",
        "expire",
        "exitus",
        "demised",
        "mort",
        "morte",
        "morto",
        "decede",
        "decedee",
        "deces",
        "décédé",
        "décédée",
        "décès",
    ]
) | frozenset(
    [
        "muerto",
        "muerta",
        "muerte",
        "fallecido",
        "fallecida",
        "fallecimiento",
        "obito",
        "óbito",
        "falecido",
        "falecida",
        "tod",
        "tot",
        "verstorben",
        "gestorben",
        "overleden",
        "overlijden",
        "deceduto",
        "deceduta",
        "amekufa",
        "amefariki",
        "alikufa",
        "alifariki",
        "kifo",
        "marehemu",
        "mortuary",
        "morgue",
    ]
)
_WORDS = re.compile(r"[^\W\d_]+")
_NO_DAY = r"(?:0001|1753|1800|1899|1900|9999)"  # the ends of the calendar, as systems write for "none"
_WRITTEN_OTHERWISE = re.compile(rf"(?!00|{_NO_DAY})(?!.*\b{_NO_DAY}\b)(?=.*[1-9])(?=.*(?:\D|(?:19|20)\d{{6}})).{{6,40}}", re.ASCII)
"""A time as no standard has it, or an impossible day."""


def death_of(scene: Scene) -> Time | None:
    """PID-29, unless it lies before the birth."""
    said = at(scene.patient.pid, 29)
    death = scene.time(said) if said else None
    birth = scene.time(at(scene.patient.pid, 7)) if death else None
    return None if death and birth and death.last < birth.first else death


def signs_of(scene: Scene, death: Time | None) -> list[Sign]:
    pid = scene.patient.pid
    found = list(_indicator(scene, pid[30].strip())) if len(pid) > 30 and pid[30] else []
    if death:
        found.append(Sign("PID-29", "day" if death.is_day or death.is_coarse else "time"))
    elif len(pid) > 29 and at(pid, 29) == DELETE:
        found.append(Sign("PID-29", "delete"))
    elif len(pid) > 29 and pid[29] and _is_written_otherwise(scene, pid[29]):
        found.append(Sign("PID-29", "maybe"))  # somebody wrote when they died, and we can't read it: a human has to look
    if scene.kind in DISPOSES and (said := at(scene.patient.pv1, 36)):
        found.append(Sign("PV1-36", _disposition(scene, said)))
    if scene.site.mortuaries:
        found += _places(scene)
    for name, fields in scene.patient.rest:
        if name in _MORE and (sign := _MORE[name](scene, fields)) and sign not in found:
            found.append(sign)
    return found


def _is_written_otherwise(scene: Scene, said: bytes) -> bool:
    return scene.time(said) is None and _WRITTEN_OTHERWISE.fullmatch(scene.word(said)) is not None


_ALIVE, _DEAD, _DELETED, _MAYBE = ((Sign("PID-30", what),) for what in ("no", "yes", "delete", "maybe"))


def _indicator(scene: Scene, said: bytes) -> tuple[Sign, ...]:
    if said == DELETE:
        return _DELETED
    word = scene.word(said).casefold().strip("\"' ")
    if word in YES or word in NO:
        return _DEAD if word in YES else _ALIVE
    return _MAYBE if _DIED.intersection(_WORDS.findall(word)) else ()


def _disposition(scene: Scene, said: bytes) -> str:
    """A delete says that the disposition is no longer "died", as any other value does."""
    if scene.site.is_dead(scene.word(said)):
        return "expired"
    words = scene.coding.text(said.replace(scene.coding.component, b" ").replace(scene.coding.sub, b" ")).casefold()
    return "maybe" if _DIED.intersection(_WORDS.findall(words)) else "other"


def _places(scene: Scene) -> Iterator[Sign]:
    """Who lies in the mortuary died; who was only discharged, or moved, there by mistake did not."""
    if scene.trigger in _PLACES:
        for number in (3, 37):
            if scene.site.is_mortuary(scene.pv1(number)):
                yield Sign(f"PV1-{number}", "maybe")
    elif scene.trigger == "A12" and not scene.site.is_mortuary(scene.pv1(3)):
        yield Sign("PV1-3", "other")
    elif scene.trigger == "A13":
        yield Sign("PV1-37", "other")


def _certificate(scene: Scene, pda: Fields) -> Sign | None:
    """PDA: a certificate or an autopsy that has a time, or an indicator that says yes, is strong; a cause alone is weak."""
    for number in (4, 7):
        if scene.time(at(pda, number)):
            return Sign(f"PDA-{number}", "yes")
    for number in (3, 6, 9):
        if scene.word(at(pda, number)).casefold() in YES:
            return Sign(f"PDA-{number}", "yes")
    number = next((n for n in (1, 2, 5, 8) if scene.word(at(pda, n))), 0)
    return Sign(f"PDA-{number}", "maybe") if number else None


def _result(scene: Scene, obx: Fields) -> Sign | None:
    """A result whose LOINC speaks of a death and that has a value; one that was deleted or wrong says so no longer."""
    asked = at(obx, 3) or b""
    if not asked or DEATH_RESULTS.isdisjoint(map(scene.coding.text, asked.split(scene.coding.component)[:6])):
        return None
    if scene.word(at(obx, 11)).upper() in ("D", "W"):  # HL7 table 0085
        return Sign("OBX-3", "other")
    return Sign("OBX-3", "maybe") if scene.coding.text(at(obx, 5)) else None


def _diagnosis(scene: Scene, dg1: Fields) -> Sign | None:
    said = at(dg1, 3)
    if not said or not (_is_deadly if len(said) > _SHORT else _known)(scene.coding, said):
        return None
    return Sign("DG1-3", "other" if scene.word(at(dg1, 21)).upper() == "D" else "maybe")


def _is_deadly(coding: Coding, said: bytes) -> bool:
    coded = said.split(coding.component)
    return any([is_death_diagnosis(coding.text(code)) for code in (*coded[:1], *coded[3:4]) if code])


_SHORT = 128  # bytes of a field worth remembering
_known = lru_cache(maxsize=1024)(_is_deadly)  # a hospital's diagnoses are few


_MORE = {b"PDA": _certificate, b"OBX": _result, b"DG1": _diagnosis}
