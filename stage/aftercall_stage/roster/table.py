"""The ninety days as one table, the field's figures beside them, and what was missed."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from aftercall_stage.roster.programme import Asked, Programme
from aftercall_stage.roster.rates import Rates

MINUTE = timedelta(minutes=1)
RESTED = "rings in a rest, waves 1 and 2"
P50, P95, NOW_P95 = 4.0, 15.0, 5.0
CAPPED = "rings over a cap, waves 1 and 2"
FIELD = {
    "to a human, p50": "Code Lavender, RISE: <= 30 min after a page",
    "to a human, p95": "target: <= 15 min (FIELD 2)",
    "now: p95": "target: <= 5 min",
    "routine match": "UW 24 working h, VPSN 1-2 business days",
    "hours a month of a peer, most": "VPSN asks for 2-4 h",
    "unanswered": "no programme publishes it",
}


def percentile(values: Iterable[float], p: float) -> float:
    """Of nothing it is 0."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p))] if ordered else 0.0


def waited(asked: Asked) -> float | None:
    """Minutes to the first word of a human."""
    return None if asked.word is None else (asked.word - asked.at) / MINUTE


def turn(asked: Asked) -> float | None:
    """Minutes until whoever greeted them had time for them."""
    return None if asked.turn is None else (asked.turn - asked.at) / MINUTE


def reachable(programme: Programme) -> list[Asked]:
    """Whose phone was on, or who was reached by a call; the others' end is the duty phone."""
    return [asked for asked in programme.asked.values() if asked.phone == "on" or asked.word]


def unanswered(programme: Programme) -> list[Asked]:
    """No human spoke to them; or their phone was off for good, and the duty phone never rang either."""
    off = [a for a in programme.asked.values() if a.phone == "off" and not a.word and not (a.duty or a.yes)]
    return [asked for asked in reachable(programme) if asked.word is None] + off


def _times(
    programme: Programme, which: Callable[[Asked], bool] = lambda _: True, until: Callable[[Asked], float | None] = waited
) -> list[float]:
    return [minutes for asked in reachable(programme) if which(asked) and (minutes := until(asked)) is not None]


def rows(programme: Programme) -> dict[str, float]:
    all_of, now, mass = _times(programme), _times(programme, lambda a: a.now), _times(programme, lambda a: a.kind == "mass")
    usual, out = _times(programme, lambda a: a.kind != "mass"), _times(programme, lambda a: a.kind == "no texts")
    turns = _times(programme, lambda a: a.kind == "mass", turn)
    months = programme.rates.size["days"] / 30
    return {
        "asks": len(programme.asked),
        "to a human, p50": percentile(all_of, 0.5),
        "to a human, p95": percentile(all_of, 0.95),
        "to a human, longest": max(all_of, default=0.0),
        "to their turn (no greeting counts), p95": percentile(_times(programme, until=turn), 0.95),
        "without the mass-casualty night, p50": percentile(usual, 0.5),
        "without the mass-casualty night, p95": percentile(usual, 0.95),
        "now: p50": percentile(now, 0.5),
        "now: p95": percentile(now, 0.95),
        "now, without the mass-casualty night: p95": percentile(_times(programme, lambda a: a.now and a.kind != "mass"), 0.95),
        "mass-casualty night, p50": percentile(mass, 0.5),
        "mass-casualty night, p95": percentile(mass, 0.95),
        "mass-casualty night, to their turn, p50": percentile(turns, 0.5),
        "mass-casualty night, to their turn, p95": percentile(turns, 0.95),
        "talks of a peer at once, most": programme.most_talks,
        "two hours without texts, longest": max(out, default=0.0),
        "unanswered": len(unanswered(programme)),
        "duty phone rung, of 100 asks": 100 * sum(a.duty is not None for a in programme.asked.values()) / len(programme.asked),
        "rings an ask": programme.rings.total() / len(programme.asked),
        CAPPED: programme.over_caps[1] + programme.over_caps[2],
        RESTED: programme.over_rest[1] + programme.over_rest[2],
        "rings over a cap, wave 3 and everyone": programme.over_caps[3],
        "hours a month of a peer, most": max(someone.hours for someone in programme.people.values()) / months,
    }


def shown(rates: Rates, columns: Mapping[str, Mapping[str, float]]) -> str:
    """A column for each way of life, all under one seed: the same asks, the same duties of ours."""
    size, allies = rates.size, rates.allies
    next_door = f"{allies['peers']} peers next door, {allies['by_day']} on duty by day, {allies['by_night']} by night"
    out = [
        f"{size['days']} days, {size['staff']} staff, {size['peers']} peers, a duty phone; minutes until a human's first word",
        f"with allies: {next_door}; 50 % worse: alone, half as many answer, half as late again",
        f"{'':48}" + "".join(f"{name:>13}" for name in columns) + "   the field, or the target",
    ]
    for name in next(iter(columns.values())):
        out.append(
            (f"{name:48}" + "".join(f"{got[name]:13.1f}" for got in columns.values()) + f"   {FIELD.get(name, '')}").rstrip()
        )
    return "\n".join(out)


def missed(got: Mapping[str, float]) -> list[str]:
    """The targets that do not hold in this column."""
    wrong = [
        (got["to a human, p50"] > P50, f"half of all reach a human in {got['to a human, p50']:.1f} min, not {P50:.0f}"),
        (got["to a human, p95"] > P95, f"95 of 100 reach a human in {got['to a human, p95']:.1f} min, not {P95:.0f}"),
        (got["now: p95"] > NOW_P95, f"now: 95 of 100 reach a human in {got['now: p95']:.1f} min, not {NOW_P95:.0f}"),
        (got["unanswered"] > 0, f"{got['unanswered']:.0f} were never answered"),
        (
            got["rings over a cap, waves 1 and 2"] > 0,
            f"a cap was broken {got['rings over a cap, waves 1 and 2']:.0f} times in waves 1 and 2",
        ),
    ]
    return [what for bad, what in wrong if bad]
