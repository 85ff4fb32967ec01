"""May this half call itself well? Five things that can go wrong in silence, and from when on each is said aloud."""

from dataclasses import dataclass

OVERDUE = 30.0  # seconds; the auditor of DECISIONS 13 and MEASURED section 4, P7
STEP = 30.0  # what is late is told in steps of this: the second at which the clock last moved would tell of an ask
DISK = 0.10  # of the volume that must be free
LOG = 256 * 1024 * 1024  # bytes of write-ahead log


@dataclass(frozen=True)
class Audit:
    """How a half stands. Ages in seconds; `canary` is "" when the last one came back, else what became of it."""

    tick_age: float
    look_age: float  # of what stands below
    overdue: float
    canary: str
    disk: float  # the part that is free
    outbox_old: bool = False  # something waits for more than its third try
    log: int = 0

    def problems(self) -> tuple[str, ...]:
        """Why no heartbeat goes out; () when all is well."""
        said = {
            f"the clock has stood still for {late(self.tick_age):.0f} s": self.tick_age > OVERDUE,
            "the database has not been looked at for half a minute": self.look_age > OVERDUE,
            f"the oldest row is {late(self.overdue):.0f} s overdue": self.overdue > OVERDUE,
            "messages were tried three times and wait: is the provider there?": self.outbox_old,
            f"the canary did not come back: {self.canary}": bool(self.canary),
            "less than 10 % of the disk is free": self.disk < DISK,
            "the write-ahead log is larger than 256 MB": self.log > LOG,
        }
        return tuple(text for text, true in said.items() if true)


def late(seconds: float) -> float:
    """0 until it is half a minute, then in steps: what moves with one ask can't be seen in it (DECISIONS 13)."""
    return 0.0 if seconds <= OVERDUE else seconds // STEP * STEP
