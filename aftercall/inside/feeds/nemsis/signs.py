"""What an ambulance report says of the patient's death, and what speaks against it (FEEDS 8c)."""

from aftercall.inside.feeds.nemsis.opened import Part
from aftercall.inside.road.notice import Sign

EXPIRED = frozenset({"3018001", "3018003"})  # eArrest.18: in the emergency department, in the field
_PULSE = frozenset({"3018007", "3018009"})
_ONGOING = frozenset({"3018005", "3018011"})
_AGREE = {
    "eDisposition.19": frozenset({"4219007", "4219009"}),  # final acuity: dead without, with resuscitation (3.4 has the first)
    "eDisposition.21": frozenset({"4221009"}),  # brought to the mortuary
    "eDisposition.12": frozenset({"4212013", "4212015", "4212017", "4212019"}),  # 3.4: dead at scene
    "eSituation.13": frozenset({"2813007"}),  # dead when they came
    "eScene.08": frozenset({"2708009"}),  # black tag
}
_TRANSPORT = {
    "eDisposition.30": frozenset({"4230001", "4230003", "4230005", "4230007"}),
    "eDisposition.12": frozenset({"4212033"}),  # 3.4: treated, transported by this unit
}
_LATER = frozenset({"20"})  # eOutcome.01 and .02: expired


def signs(report: Part) -> tuple[Sign, ...]:
    """The end of a resuscitation is a death by itself; of the other marks two must agree, one alone is only a suspicion.

    That resuscitation was stopped (eArrest.15) says nothing: it is stopped when the pulse is back, too.
    """
    told = [path for path, codes in _AGREE.items() if report.has(path, codes)]
    if report.has("eArrest.18", EXPIRED):
        return tuple(Sign(path, "expired") for path in ("eArrest.18", *told))
    against = tuple(_against(report, told))
    strong = len(told) > 1 or any(sign.path in _TRANSPORT for sign in against)
    return (*(Sign(path, "expired" if strong else "maybe") for path in told), *against)


def _against(report: Part, told: list[str]) -> list[Sign]:
    """A contradiction is held for a human, who sees both."""
    found = []
    if told and (report.has("eArrest.18", _PULSE) or (len(told) > 1 and report.has("eArrest.18", _ONGOING))):
        found.append(Sign("eArrest.18", "no"))
    if "eSituation.13" in told and "eDisposition.21" not in told:
        # Whoever was dead when they came is left there, or brought to the mortuary.
        found += [Sign(path, "no") for path, codes in _TRANSPORT.items() if report.has(path, codes)]
    return found


def later(report: Part) -> tuple[Sign, ...]:
    """The hospital's answer in a report that was sent again: died there, after the crew had gone."""
    return tuple(Sign(path, "expired") for path in ("eOutcome.01", "eOutcome.02") if report.has(path, _LATER))


def is_answered(report: Part) -> bool:
    return bool(report.first("eOutcome.01", "eOutcome.02"))
