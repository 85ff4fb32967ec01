"""How often something may be done in a minute, by everybody together, in this process."""

from datetime import timedelta

from aftercall.words import Moment

MINUTE = timedelta(minutes=1)


class Pace:
    def __init__(self, most: int) -> None:
        self._most, self._done = most, list[Moment]()

    def may(self, now: Moment) -> bool:
        """Counts what it allows, and nothing else."""
        self._done = [at for at in self._done if now - at < MINUTE]
        if len(self._done) >= self._most:
            return False
        self._done.append(now)
        return True
