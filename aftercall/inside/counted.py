"""The roads out of the hospital's half, counted: what was taken, what was not, and how each road stands. Never to whom."""

from collections import Counter

from aftercall.send import Later, Never, Roads
from aftercall.words import Message

OUT = 3  # failures in a row


class Counted(Roads):
    def __init__(self, real: Roads) -> None:
        super().__init__()
        self._real = real
        self.went = Counter[tuple[str, str]]()  # (road, "sent" | "later" | "never")
        self.failing = Counter[str]()  # by road, since it last took something
        self.problem = dict[str, str]()  # the last one; it names a provider and a status, and nothing of the message

    def __contains__(self, name: str) -> bool:
        return name in self._real

    async def send(self, message: Message) -> None:
        road = message.road
        try:
            await self._real.send(message)
        except (Later, Never) as problem:
            self.went[road, "later" if isinstance(problem, Later) else "never"] += 1
            self.failing[road] += 1
            self.problem[road] = str(problem)
            raise
        self.went[road, "sent"] += 1
        self.failing.pop(road, None)

    async def close(self) -> None:
        await self._real.close()
