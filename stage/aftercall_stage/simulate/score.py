"""Compare what a product did with the truth. Nothing of the product is known here, only what came of it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.truth import Label, Plan

NEAR = timedelta(hours=12)  # how far a product's time of death may lie from the true one (it may know the day alone)
SOURCES = ("record", "charted", "rota", "ambulance")


@dataclass(frozen=True)
class Event:
    """A loss as the product held it, each time it changed. `about`: whom the message spoke of that changed it."""

    name: str
    at: Moment
    state: str
    weight: int
    died_at: Moment | None
    unit: str
    about: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reached:
    """One person whom the product believes to have been there."""

    event: str
    staff: str
    why: str


@dataclass(frozen=True)
class Sent:
    """One message that left. step: "first", "day", or "later" for those of a week and more, which belong to no event."""

    staff: str
    at: Moment
    step: str
    event: str


@dataclass
class Did:
    """Everything a product did in one run."""

    events: list[Event] = field(default_factory=list)
    reached: list[Reached] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)


@dataclass
class Tally:
    right: float = 0
    wrong: float = 0
    missed: float = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 0.0


@dataclass
class Score:
    """The figures of one run."""

    n: Counter[str] = field(default_factory=Counter)
    missed_by: Counter[str] = field(default_factory=Counter)  # fault -> deaths
    told_by: Counter[str] = field(default_factory=Counter)  # fault -> deaths that had to be found
    false_by: Counter[str] = field(default_factory=Counter)  # fault -> messages
    waits: list[float] = field(default_factory=list)  # seconds from the feed's telling to the belief
    first: list[float] = field(default_factory=list)  # ... to the first message
    there: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    @property
    def recall(self) -> float:
        return self.n["found"] / self.n["deaths"] if self.n["deaths"] else 0.0

    @property
    def strict_recall(self) -> float:
        """As if every death that was held for a human had been missed."""
        all_told = self.n["deaths"] + self.n["held deaths told"]
        return (self.n["found"] + self.n["held deaths confirmed"]) / all_told if all_told else 0.0

    @property
    def false_per_thousand(self) -> float:
        return 1000 * self.n["false messages"] / self.n["deaths"] if self.n["deaths"] else 0.0


def judge(labels: Iterable[Label], plans: Iterable[Plan], did: Did) -> Score:
    """One score. Every patient is judged by their plan; what can be linked to nobody is false."""
    truth, planned, score = {label.key: label for label in labels}, {plan.key: plan for plan in plans}, Score()
    keys = link(truth, did.events)
    states: dict[str, list[Event]] = defaultdict(list)
    for event in did.events:
        states[keys[event.name]].append(event)
    reached: dict[str, list[Reached]] = defaultdict(list)
    for person in did.reached:
        reached[keys.get(person.event, "")].append(person)
    for plan in planned.values():
        _losses(score, plan, truth.get(plan.key), states.get(plan.key, []), bool(reached.get(plan.key)))
    score.n["false losses"] += len({e.name for e in states.get("", []) if e.state == "confirmed"})
    _messages(score, planned, truth, keys, did.sent)
    for plan in planned.values():
        if plan.want == "ring":
            _presence(score, truth[plan.key], reached.get(plan.key, []))
    return score


def link(truth: Mapping[str, Label], events: Iterable[Event]) -> dict[str, str]:
    """Whose death each event is: by the message it came with, else by unit and time; "" when it fits nobody's."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for event in events:
        if event.name in found:
            continue
        if len(event.about) == 1:
            found[event.name] = event.about[0]
        else:
            known = [truth[key] for key in event.about if key in truth] if event.about else list(truth.values())
            found[event.name] = _nearest(event, known, taken)
        taken.add(found[event.name])
    return found


def _nearest(event: Event, labels: Iterable[Label], taken: set[str]) -> str:
    """The death on that unit that lies nearest in time, and that no event has yet, where there is one."""
    if event.died_at is None:
        return ""
    fits = [
        (label.key in taken, abs(label.died - event.died_at), label.key)
        for label in labels
        if label.died and (label.unit == event.unit or not event.unit) and abs(label.died - event.died_at) <= NEAR
    ]
    return min(fits)[2] if fits else ""


def _losses(score: Score, plan: Plan, label: Label | None, seen: list[Event], reached: bool) -> None:
    confirmed, last = any(event.state == "confirmed" for event in seen), _last(seen)
    names = {event.name for event in seen if event.state == "confirmed"}
    score.n["second losses"] += max(0, len(names) - 1)
    if plan.want == "ring" and label and label.died:
        _one_death(score, plan, label, seen, last, reached)
    elif plan.want == "ring":
        score.n["hard calls"] += 1
        score.n["hard calls found"] += reached
    elif plan.want == "quiet":
        score.n["expected deaths"] += 1
        score.n["expected deaths found"] += confirmed
    elif plan.want == "held":
        who = "held deaths" if label and label.died else "held living"
        score.n[f"{who} told"] += 1
        score.n[f"{who} held"] += last == "held"
        score.n[f"{who} confirmed"] += last == "confirmed"
    elif plan.want == "never" and (last == "confirmed" or (confirmed and not plan.taken_back)):
        score.n["false losses"] += 1


def _last(seen: list[Event]) -> str:
    """What is believed in the end; of several events of one patient the one that says most."""
    ends = {event.name: event.state for event in seen}.values()
    return next((state for state in ("confirmed", "held") if state in ends), next(iter(ends), ""))


def _one_death(score: Score, plan: Plan, label: Label, seen: list[Event], last: str, reached: bool) -> None:
    fault = plan.fault or "none" if label.kind == "stay" or plan.fault == "no_crew" else "ambulance"
    score.n["deaths"] += 1
    score.told_by[fault] += 1
    if last == "confirmed":
        score.n["found"] += 1
        score.n["found, nobody reached"] += not reached and bool(label.there) and plan.fault != "no_crew"
        at = next(event.at for event in seen if event.state == "confirmed")
        if plan.told_at:
            score.waits.append((at - plan.told_at).total_seconds())
        return
    score.missed_by[fault] += 1
    score.n["held without need"] += last == "held"


def _messages(
    score: Score, planned: Mapping[str, Plan], truth: Mapping[str, Label], keys: Mapping[str, str], sent: Iterable[Sent]
) -> None:
    often: Counter[tuple[str, str, str]] = Counter()
    began: set[str] = set()
    for message in sent:
        score.n["messages"] += 1
        if message.step == "later":
            score.n["later messages"] += 1
            continue
        key = keys.get(message.event, "")
        often[message.staff, key, message.step] += 1
        plan = planned.get(key)
        _one_message(score, plan, truth.get(key), message)
        if plan and plan.want == "ring" and plan.told_at and key not in began:
            began.add(key)
            score.first.append((message.at - plan.told_at).total_seconds())
    score.n["double messages"] += sum(count - 1 for (_, key, _), count in often.items() if key and count > 1)


def _one_message(score: Score, plan: Plan | None, label: Label | None, message: Sent) -> None:
    if plan and (plan.want == "ring" or (plan.want == "held" and label and label.died)):
        return
    back = plan.taken_back if plan else None
    if plan and back and message.at <= back and not plan.in_time:
        score.n["excused messages"] += 1  # the feed said it, and took it back when the settle time was over
        return
    if plan and plan.want == "quiet":
        score.n["messages for an expected death"] += 1  # unwanted, but true
        return
    score.n["messages after a retraction"] += bool(back and message.at > back)
    score.n["false messages"] += 1
    score.false_by[(plan.fault or plan.want) if plan else "nobody's"] += 1


def source_of(why: str) -> str:
    """Which source a product's reason stands for, by the names that the standards give to places."""
    for source, words in _PLACES.items():
        if re.match(words, why, re.IGNORECASE):
            return source
    return "other"


_PLACES = {
    "rota": r"rota|schedule|shift|at work",
    "ambulance": r"e(Crew|Procedures|Medications|Other|PCR)|crew|ambulance|dPersonnel",
    "charted": r"ORC|OBR|OBX|RXA|PR1|TXA|(Observation|Procedure|Medication\w*|ServiceRequest|DiagnosticReport)\b|performer|chart",
    "record": r"PV1|ROL|PRT|PD1|Encounter|CareTeam|EpisodeOfCare|participant|record",
}


def _presence(score: Score, label: Label, reached: list[Reached]) -> None:
    """Who was there, against who the product says was there: in all, weighted, by source, without the rota, and at best."""
    must, may = {t.staff: t for t in label.there}, set(label.may)
    said = {r.staff: source_of(r.why) for r in reached}
    of_record = {staff for staff, source in said.items() if source != "rota"}
    _count(score.there["all"], said.keys(), must.keys(), may)
    _count(score.there["without rota"], of_record, must.keys(), may)
    best = {t.staff for t in label.there if t.known_by} | set(label.wrongly)
    _count(score.there["by this record and the rota at best"], best, must.keys(), may)
    weighted = score.there["weighted"]
    weighted.right += sum(t.weight for who, t in must.items() if who in said)
    weighted.missed += sum(t.weight for who, t in must.items() if who not in said)
    weighted.wrong += len(said.keys() - must.keys() - may)
    for source in SOURCES:
        tally = score.there[source]
        known = {who for who, t in must.items() if source in t.known_by}
        tally.right += len(known & said.keys())
        tally.missed += len(known - said.keys())
        tally.wrong += sum(1 for who, s in said.items() if s == source and who not in must and who not in may)
    nobody = score.there["nobody's system knows"]
    nobody.missed += sum(1 for who, t in must.items() if not t.known_by and who not in said)
    nobody.right += sum(1 for who, t in must.items() if not t.known_by and who in said)


def _count(tally: Tally, said: Iterable[str], must: Iterable[str], may: set[str]) -> None:
    said, must = set(said), set(must)
    tally.right += len(said & must)
    tally.wrong += len(said - must - may)
    tally.missed += len(must - said)
