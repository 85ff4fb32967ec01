"""How often each fault of real feeds occurs (FEEDS 7). Every one can be set, and all can be off."""

import random
from dataclasses import dataclass, fields

OF_DEATHS = (
    "only_disposition", "only_flag", "only_time", "midnight", "late_death", "very_late", "home_yet_dead", "time_but_no",
    "disposition_but_no", "discharge_cancelled", "merged_before", "merged_after", "no_visit",
)  # fmt: skip
OF_THE_LIVING = ("retracted_soon", "retracted_late", "living_conflict", "weak_sign", "cancelled", "merged_alive", "swapped")
OF_RUNS = ("no_crew", "outcome_later")
STRANGERS = ("training", "mannequin", "historic", "outside")
OF_MESSAGES = ("duplicate", "same_control", "lf", "crlf", "latin1", "batch", "shuffled")
CONFLICTS = frozenset({"time_but_no", "disposition_but_no", "living_conflict"})
"""A human must decide: the feed says both in one breath."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Shares of what stands in the heading above them. At most one fault of a group falls on one visit."""

    # of deaths
    only_disposition: float = 0.08  # told by PV1-36 alone
    only_flag: float = 0.06  # by PID-30 alone
    only_time: float = 0.05  # by PID-29 alone
    midnight: float = 0.05  # PID-29 has no hour, or 0000
    late_death: float = 0.08  # A03 without a word of it, an A08 with the death hours later
    very_late: float = 0.003  # ... more than three days later: no first message any more
    home_yet_dead: float = 0.02  # PID-30=Y beside PV1-36 home
    time_but_no: float = 0.01  # PID-29 filled beside PID-30=N
    disposition_but_no: float = 0.01  # PV1-36 died beside PID-30=N
    discharge_cancelled: float = 0.02  # A13 after the A03, then the A03 again
    merged_before: float = 0.01  # A40 before the death
    merged_after: float = 0.01  # A40 after it, and the death told once more under the other number
    no_visit: float = 0.01  # the first telling has no PV1; three of ten are never told with one
    # of visits that end well
    retracted_soon: float = 0.004  # told dead by mistake, taken back within the settle time
    retracted_late: float = 0.002  # ... after it
    living_conflict: float = 0.002  # PID-29 filled in error beside PID-30=N
    weak_sign: float = 0.004  # a diagnosis of cardiac arrest in somebody who lives
    cancelled: float = 0.01  # A11 or A13 of a visit without any death
    merged_alive: float = 0.005  # A40
    swapped: float = 0.003  # A17 of two beds
    # of ambulance calls
    no_crew: float = 0.02  # the national subset, which leaves the crew out
    outcome_later: float = 0.3  # of those brought: the same report again, with what became of the patient
    # strangers, for each visit
    training: float = 0.005  # MSH-11 T or D
    mannequin: float = 0.003  # a listed number, dead in every message
    historic: float = 0.008  # died months ago, entered today (A31, A28, A08)
    outside: float = 0.002  # died at home yesterday, a registry's A31
    # of messages
    duplicate: float = 0.02  # the same bytes, or the same with other line ends
    same_control: float = 0.01  # MSH-10 of the message before
    lf: float = 0.02
    crlf: float = 0.02
    latin1: float = 0.02
    batch: float = 0.01  # FHS/BHS around two messages
    shuffled: float = 0.02  # arrives up to `window` seconds late
    # others
    replayed: float = 0.03  # of days: everything once more, one or five days later
    skew: float = 420.0  # seconds by which one sender's clock runs ahead
    window: float = 600.0
    by_fhir_too: float = 0.15  # of visits: told a second time by a FHIR feed

    @classmethod
    def calm(cls) -> "Rates":
        """No fault at all."""
        return cls(**{f.name: 0.0 for f in fields(cls)})


def one_of(rng: random.Random, rates: Rates, names: tuple[str, ...]) -> str:
    """At most one of these, each as often as its rate says."""
    point = rng.random()
    for name in names:
        point -= getattr(rates, name)
        if point < 0:
            return name
    return ""
