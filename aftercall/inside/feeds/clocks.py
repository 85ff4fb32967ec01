"""How far each sender's clock runs ahead of ours, as its own messages show: so that what overtakes keeps its place."""

from datetime import date, timedelta

from aftercall.words import Moment

NONE = timedelta(0)
SENDERS = 500  # more names than a hospital has; beyond, all are learnt anew


class Clocks:
    """Nothing a sender wrote can be of later than now. By the most that it ever was, today or yesterday, its clock is ahead."""

    def __init__(self) -> None:
        self._ahead: dict[bytes, tuple[date, timedelta, timedelta]] = {}

    @property
    def any_known(self) -> bool:
        return bool(self._ahead)

    def ahead(self, sender: bytes, written: Moment, now: Moment, at_most: timedelta) -> timedelta:
        """By how much, with this message: what was written beyond `at_most` is no clock, but a mistake."""
        by = written - now
        day, today, before = self._ahead.get(sender, (now.date(), NONE, NONE))
        if day != now.date():
            day, today, before = now.date(), NONE, today if now.date() - day == timedelta(days=1) else NONE
        if NONE < by <= at_most and by > today:
            if len(self._ahead) >= SENDERS:
                self._ahead.clear()
            self._ahead[sender] = day, by, before
            today = by
        return max(today, before)
