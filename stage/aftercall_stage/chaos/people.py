"""Those who live through the night: a hospital that tells, phones that ask, peers who answer or don't. What they saw is noted."""

import asyncio
import contextlib
import time
from collections import Counter

import httpx

from aftercall.inside.feeds.mllp import send
from aftercall_stage.chaos.house import CODE, INBOUND, START, WORDS, House
from aftercall_stage.chaos.plan import Ask, Death, Habit
from aftercall_stage.chaos.tell import a03, a13
from aftercall_stage.night import juma
from aftercall_stage.peer import Page, Peer
from aftercall_stage.phones import Asker, Away, Gone

PATIENCE = 60.0  # real seconds for one call, and for one message of the hospital
TWICE = 2  # times a peer says yes to somebody who is never there
LEAVES = 150  # seconds until somebody who wouldn't wait closes


# the hospital ----------------------------------------------------------------------------------------------------------------


async def hospital(house: House, n: int, death: Death) -> None:
    """It tells, and says it again until it hears AA; later once more, or that it was a mistake."""
    await house.sleep(death.at)
    at = house.now()
    await _tell(house, n, "A03", a03(at, n))
    later = sorted((after, what) for after, what in ((death.again, "A03"), (death.back, "A13")) if after is not None)
    for after, what in later:
        await house.sleep((START - house.now()).total_seconds() + death.at + after)
        await _tell(house, n, what, a03(at, n, "B") if what == "A03" else a13(house.now(), n))


async def _tell(house: House, n: int, what: str, message: bytes) -> None:
    house.note("hospital", "tells", death=n, code=what)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            answers = [answer async for answer in send("127.0.0.1", house.mllp.port, [message], 5.0)]
        except OSError:
            answers = []
        if answers and b"MSA|AA|" in answers[0]:
            house.note("hospital", "AA", death=n, code=what)
            return
        if time.monotonic() > end:
            house.note("hospital", "gave up", death=n, code=what)
            return
        await asyncio.sleep(0.02)


async def stopper(house: House, at: float) -> None:
    """Juma wants no more of it, and his provider hands his word on until it is answered."""
    await house.sleep(at)
    tel, end = juma().phone, time.monotonic() + PATIENCE
    house.note("juma", "stops", tel=tel)
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            url = f"http://127.0.0.1:{house.desk.port}/inside/v1/inbound/{WORDS}"
            if (await house.client.post(url, json={"sender": tel, "text": "STOP"})).is_success:
                house.note("juma", "stopped", tel=tel)
                return
        await asyncio.sleep(0.02)
    house.note("juma", "not sent")


# who asks --------------------------------------------------------------------------------------------------------------------


class Phone:
    """One who asks. Each letter names its box and its number, so that a reader who is somebody else, or a gap, can be seen."""

    def __init__(self, house: House, n: int, ask: Ask) -> None:
        self._house, self._ask, self._name = house, ask, f"asker-{n}"
        self._phone = Asker(house.client, CODE, house.now)
        self._phone.line.patience = PATIENCE
        self._written = self._posts = 0

    async def live(self) -> None:
        await self._house.sleep(self._ask.at)
        if not await self._accepted() or self._ask.phone == "off":
            return
        began = self._house.now()
        while self._phone.memory.open and self._house.goes_on:
            await self._house.sleep(25)
            with contextlib.suppress(Away, Gone):
                await self._look()
                if self._phone.memory.open and self._ask.phone == "leaves" and (self._house.now() - began).total_seconds() > LEAVES:
                    await self._close()

    async def _accepted(self) -> bool:
        phone, peers = self._phone, self._house.peers
        out = [peers[self._ask.leaves_out].pid] if self._ask.leaves_out is not None else []
        wish = peers[self._ask.wish].pid if self._ask.wish is not None else None
        self._house.note(self._name, "asks", everyone=self._ask.everyone, phone=self._ask.phone)
        for _ in range(3):
            try:
                if phone.memory.open:
                    await phone.again()
                else:
                    await phone.ask(everyone=self._ask.everyone, wish=wish, leave_out=out, name=self._name, tel="+254700999999")
            except Away:
                continue
            self._posts = self._asked()
            self._house.note(self._name, "accepted", box=phone.held().box, out=out, everyone=self._ask.everyone)
            return True
        self._house.note(self._name, "not sent")
        return False

    def _asked(self) -> int:
        return sum(what == "asked" for what, _ in self._phone.seen)

    async def _look(self) -> None:
        phone = self._phone
        box = phone.held().box
        before = phone.seen[-1]
        stands = await phone.look()
        if self._asked() > self._posts:  # the phone mends what the half has lost, and we want to know of it
            self._posts = self._asked()
            self._house.note(self._name, "lost", box=box, mended=True)
        if phone.seen[-1] != before:
            self._house.note(self._name, "sees", box=box, state=stands.state, wave=stands.wave, taker=stands.taker)
        if stands.state == "lost":
            self._house.note(self._name, "lost", box=box, mended=False)
        elif phone.memory.open and stands.taker:
            with contextlib.suppress(Gone):
                await self._talk(stands.taker)

    async def _talk(self, taker: str) -> None:
        box = self._phone.held().box
        if self._ask.phone == "first" and not self._written:
            await self._write(box, taker)
        for text in await self._phone.read():
            self._house.note(self._name, "reads", box=box, text=text)
            await self._write(box, taker)
            if self._written >= 3:
                await self._close()
                return

    async def _write(self, box: str, taker: str) -> None:
        self._written += 1
        text = f"{box[:8]} for {taker} number {self._written}"
        self._house.note(self._name, "writes", box=box, text=text)
        await self._phone.write(text)
        if (self._phone.memory.open and not self._phone.held().talk) or self._delivered():
            self._house.note(self._name, "written", box=box, text=text)

    def _delivered(self) -> bool:
        held = self._phone.memory.open
        return bool(held and held.talk and not held.talk.out)

    async def _close(self) -> None:
        box = self._phone.held().box
        self._house.note(self._name, "closes", box=box)
        await self._phone.close()
        self._house.note(self._name, "closed", box=box)


async def texter(house: House, n: int, at: float) -> None:
    """A basic phone sends the one word, and its provider hands it on until it is answered."""
    await house.sleep(at)
    who, tel = f"texter-{n}", f"+2547009990{n:02}"
    house.note(who, "texts", tel=tel)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            answer = await house.client.post(f"/basic/v1/{INBOUND}/sms/gateway", json={"sender": tel, "text": "TALK"})
            if answer.is_success:
                house.note(who, "answered", tel=tel, text=answer.json()["reply"], promised="colleague" in answer.json()["reply"])
                return
        await asyncio.sleep(0.02)
    house.note(who, "not sent")


# who answers -----------------------------------------------------------------------------------------------------------------


class OnDuty:
    """A peer with habits. Their phone looks when it was rung, and now and then by itself."""

    def __init__(self, house: House, peer: Peer, habit: Habit) -> None:
        self._house, self._peer, self._habit, self._name = house, peer, habit, f"peer-{peer.pid}"
        peer.line.patience = PATIENCE
        self._decided: set[str] = set()
        self._texts, self._turn = 0, 0
        self._letters: dict[str, int] = {}  # written to each, while I have it
        self._taken: Counter[str] = Counter()

    async def live(self) -> None:
        await self._peer.duty(self._house.now().replace(hour=23, minute=59))
        self._house.note(self._name, "on duty", way=self._habit.way)
        if self._habit.way == "sleeps":
            return
        while self._house.goes_on:
            await self._house.sleep(self._habit.looks)
            with contextlib.suppress(Away):
                await self._look()
                for box in list(self._letters):
                    await self._talk(box)

    async def _look(self) -> None:
        self._turn += 1
        texts = self._house.providers["outside"].handset(self._peer.card["tel"]).texts
        if len(texts) == self._texts and self._turn % 6:
            return
        self._texts = len(texts)
        for page in await self._peer.pages():
            if not page.answered and page.box not in self._decided:
                await self._decide(page)

    async def _decide(self, page: Page) -> None:
        if self._habit.way == "passes":
            self._decided.add(page.box)
            self._house.note(self._name, "passes", box=page.box)
            await self._peer.pass_on(page.box)
            return
        self._house.note(self._name, "takes", box=page.box)
        got = await self._peer.take(page.box)
        self._house.note(self._name, "has" if got else "too late", box=page.box)
        self._taken[page.box] += got
        if self._taken[page.box] == TWICE:
            self._decided.add(page.box)
        if got and self._habit.way == "forgets":
            self._decided.add(page.box)
        elif got and page.chan == "call":
            await self._call(page.box)
        elif got:
            self._letters[page.box] = 0
            await self._write(page.box)

    async def _call(self, box: str) -> None:
        """They have no letters: the number is called, and then it is over."""
        self._house.note(self._name, "calls", box=box, tel=self._peer.contacts[box]["tel"])
        await self._peer.spoken(box)
        self._house.note(self._name, "spoken", box=box)
        await self._peer.close(box)
        self._house.note(self._name, "closed", box=box)

    async def _write(self, box: str) -> None:
        self._letters[box] += 1
        text = f"{box[:8]} from {self._peer.pid} number {self._letters[box]}"
        self._house.note(self._name, "writes", box=box, text=text)
        try:
            await self._peer.write(box, text)
            self._house.note(self._name, "written", box=box, text=text)
        except Gone:
            self._over(box)

    async def _talk(self, box: str) -> None:
        if box not in self._peer.talks:
            self._over(box)
            return
        try:
            for text in await self._peer.read(box):
                self._house.note(self._name, "reads", box=box, text=text)
                await self._write(box)
        except Gone:
            self._over(box)
            return
        if self._habit.closes and self._letters.get(box, 0) >= 3:
            self._house.note(self._name, "closes", box=box)
            await self._peer.close(box)
            self._house.note(self._name, "closed", box=box)
            self._over(box)

    def _over(self, box: str) -> None:
        self._letters.pop(box, None)
