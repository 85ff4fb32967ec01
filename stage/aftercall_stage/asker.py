"""Amina's phone: it trusts no list it has not checked, keeps at its ask until a human answers, and forgets when it is told to."""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from aftercall.words import Moment, Randomness, b64, spoken, unb64
from aftercall_stage.line import Away, Gone, Line
from aftercall_stage.sealing import hashed, lv, pid_of, seal_contact, seal_copy, shuffled, signed, six_words, worked
from aftercall_stage.talk import ASKER, Talk, flush, read, write

MOST_COPIES = 40
NOW = "000000"  # in the place of an hour: hours since 1970, UTC, in six digits


class Distrust(Exception):
    """The list of peers does not hold, says why; a phone then shows the numbers and nothing else."""


@dataclass(frozen=True)
class Person:
    """A peer whose certificate and key hold."""

    pid: str
    card: dict[str, Any]
    kem: bytes


@dataclass(frozen=True)
class Standing:
    """How an ask stands. `state` is what the server says, or "lost": it was there, and nothing is known of it now."""

    state: str
    wave: int = 0
    rung: tuple[str, ...] = ()
    taker: str | None = None
    lapsed: int = 0


@dataclass
class Open:
    """The open ask as the phone keeps it: the very bytes it posts, and the key it gave to each peer."""

    box: str
    cap: bytes
    body: str
    keys: dict[str, bytes]
    posted: bool = False
    tag: str = ""
    last: str = ""  # who took it last; "" while nobody ever did
    talk: Talk | None = None
    taker: str | None = None
    lapsed: int = 0
    mine: list[str] = field(default_factory=list)


@dataclass
class Memory:
    """What outlives a restart of the phone. Hand it to a new Asker."""

    root: str = ""
    issued: datetime | None = None
    open: Open | None = None
    undone: list[tuple[str, str]] = field(default_factory=list)  # closes that did not get through: box, capability


class Asker:
    def __init__(
        self,
        client: httpx.AsyncClient,
        code: str,
        clock_now: Callable[[], Moment],
        rand: Randomness = secrets.token_bytes,
        memory: Memory | None = None,
    ) -> None:
        self.line, self.code, self.now, self.rand = Line(client), code, clock_now, rand
        self.memory = memory or Memory()
        self.seen: list[tuple[str, Any]] = []  # everything this phone saw, in order
        self.programme, self.people = "", dict[str, Person]()
        self.public: dict[str, Any] = {}  # duty, lines, cover, name
        self.asked: dict[str, Any] = {}  # what the last ask was answered

    # the list ----------------------------------------------------------------------------------------------------------------

    async def read_directory(self) -> dict[str, Person]:
        """The peers that hold, by pid. Raises Distrust, Refused ("code") or Away."""
        said = await self.line.call("GET", "directory", {"X-Code": self.code})
        self.people = self._checked(said.json["body"], said.json["sig"])
        self.seen.append(("directory", sorted(self.people)))
        return self.people

    def _checked(self, body: str, sig: str) -> dict[str, Person]:
        given = json.loads(body)
        root, steward, issued = unb64(given["root"]), given["steward"], datetime.fromisoformat(given["issued"])
        if self.memory.root and self.memory.root != given["root"]:
            raise Distrust("another root than before")
        if self.memory.issued and issued < self.memory.issued:
            raise Distrust("an older list than before")
        today = max(self.now(), issued).date().isoformat()  # a phone whose clock is behind can't be fed a dead key
        says = lv("ac1/steward", given["programme"], unb64(steward["key"]), steward["not_after"])
        if not signed(root, steward["cert"], says) or today > steward["not_after"]:
            raise Distrust("the steward's certificate")
        whole = lv("ac1/directory", given["programme"], hashlib.sha256(body.encode()).digest())
        if not signed(unb64(steward["key"]), sig, whole):
            raise Distrust("the list's signature")
        self.memory.root, self.memory.issued, self.programme = given["root"], issued, given["programme"]
        self.public = {name: given[name] for name in ("name", "duty", "lines", "cover")} | {"work": given.get("work", 0)}
        return {e["pid"]: Person(e["pid"], json.loads(e["card"]), unb64(e["kem"])) for e in given["peers"] if self._holds(e, today)}

    def _holds(self, e: dict[str, str], today: str) -> bool:
        idkey, root = unb64(e["idkey"]), unb64(self.memory.root)
        return (
            e["pid"] == pid_of(idkey)
            and today <= min(e["cert_after"], e["kem_after"])
            and signed(root, e["cert"], lv("ac1/cert", self.programme, e["pid"], idkey, e["cert_after"], e["card"]))
            and signed(idkey, e["kem_sig"], lv("ac1/kem", self.programme, e["pid"], unb64(e["kem"]), e["kem_after"]))
        )

    # the ask -----------------------------------------------------------------------------------------------------------------

    async def ask(
        self,
        chan: str = "letters",
        leave_out: Iterable[str] = (),
        wish: str | None = None,
        everyone: bool = False,
        name: str = "",
        tel: str = "",
        place: str = "",
        near: str = "",
        lang: str = "en",
        later: Moment | None = None,
        join: str = "",
        handle: str = "",
    ) -> int:
        """Seals one copy for every peer and posts until 201. How many are rung. Raises Away: the ask is kept, `again` goes on.

        `later`: the whole hour at which somebody shall be rung. `join`: the words of a talk for several, which goes through the
        phone of `wish`; `handle`: what the others see there.
        """
        await self.read_directory()
        box, kc = self.rand(16).hex(), self.rand(32)
        drawn = shuffled(list(self.people), self.rand)[:MOST_COPIES]
        out = [pid for pid in drawn if pid in set(leave_out) - {wish}]
        order = [p for p in drawn if p == wish] + [p for p in drawn if p != wish and p not in out] + out
        page = {"kc": kc.hex(), "lang": lang, "chan": chan, "all": int(everyone), "handle": handle or spoken(self.rand(4))}
        keys, copies = {}, {}
        for pid in order:
            keys[pid], cap = self.rand(32), self.rand(16)
            more = ({"first": 1} if pid == order[0] else {}) | ({"join": join if pid == wish else 1} if join else {})
            mine = {"answered": 1} if pid in out else {"k": keys[pid].hex(), "cap": cap.hex(), **page, **more}
            ct = seal_copy(self.programme, box, pid, self.people[pid].kem, mine)
            copies[pid] = {"cap": hashed(cap), "ct": b64(ct)}
        given = {"name": name, "tel": tel, "place": place, "near": near}
        contact = b64(seal_contact(self.programme, box, kc, given, self.rand))
        cap = self.rand(16)
        form = {"v": 1, "box": box, "hc": hashed(cap), "order": order, "copies": copies, "contact": contact, "all": int(everyone)}
        form["due"] = f"{int(-(-later.timestamp() // 3600)):06}" if later else NOW
        self.memory.open = Open(box, cap, json.dumps(form), keys)
        return await self.again()

    async def again(self) -> int:
        """Post the very same ask (once more). 0 when nobody is on duty. Raises Gone when that box has ended."""
        this = self.held()
        head = {"X-Code": self.code, "Content-Type": "application/json"}
        if bits := self.public.get("work", 0):
            head["X-Work"] = worked(self.programme, this.box, bits)
        said = await self.line.call("POST", "box", head, body=this.body.encode())
        this.posted, this.tag = True, ""
        self.asked = said.json
        self.seen.append(("asked", said.json["rung"]))
        return int(said.json["rung"])

    async def look(self, wait: int = 0) -> Standing:
        """How it stands. An ask that the server has lost before anybody took it is posted again (DECISIONS A6)."""
        this = self.held()
        head = {"X-Box": this.box, "X-Cap": this.cap.hex(), **({"X-Seen": this.tag} if this.tag and wait else {})}
        try:
            said = (await self.line.call("GET", "box/state", head, wait=wait)).json
        except Gone:
            return await self._unknown(this)
        this.tag = said["tag"]
        stands = Standing(said["state"], said["wave"], tuple(said["rung"]), said["taker"], said["lapsed"])
        if not self.seen or self.seen[-1] != ("state", stands):
            self.seen.append(("state", stands))
        if stands.state in ("ended", "off"):
            with contextlib.suppress(Away):  # it is said again
                await self.close()
        else:
            await self._meet(this, stands.taker, stands.lapsed)
        return stands

    async def _unknown(self, this: Open) -> Standing:
        if not this.last:
            try:
                await self.again()
                return await self.look()
            except Gone:
                pass
        self.seen.append(("lost", this.box))
        self.memory.open = None
        return Standing("lost")

    async def _meet(self, this: Open, taker: str | None, lapsed: int) -> None:
        """Somebody has taken it (anew): what was written so far is sealed for this one, from letter 1.

        Also when it is the same peer again: with the lease that lapsed between two looks, the letters went too.
        """
        if (taker, lapsed) == (this.taker, this.lapsed):
            return
        this.taker, this.lapsed, this.talk = taker, lapsed, None
        if taker is None or taker not in this.keys:
            return
        this.talk = Talk(self.programme, this.box, this.cap, this.keys[taker], ASKER)
        for text in this.mine:
            this.talk.seal(text, self.rand)
            this.talk.out[-1].tried = taker == this.last  # under the same key and number it may stand there already
        this.last = taker
        await flush(self.line, this.talk, self.rand)

    # the talk ----------------------------------------------------------------------------------------------------------------

    async def write(self, text: str) -> None:
        """To whoever has taken it. Raises Gone when nobody has, or it is over."""
        talk = await self._talk()
        self.held().mine.append(text)
        await write(self.line, talk, text, self.rand)

    async def read(self, wait: int = 0) -> list[str]:
        """New letters; the first of them is the first contact."""
        talk = await self._talk()
        refused = len(talk.refused)
        new = await read(self.line, talk, wait)
        if len(talk.refused) > refused and self.held().talk is talk:
            await self.look()  # what doesn't open may come from the next who took it
            if self.memory.open and self.memory.open.talk not in (None, talk):
                new += await read(self.line, await self._talk())
        self.seen += [("letter", text) for text in new]
        return new

    async def _talk(self) -> Talk:
        if self.held().talk is None:
            await self.look()
        if self.memory.open is None or self.memory.open.talk is None:
            raise Gone
        return self.memory.open.talk

    @property
    def words(self) -> str:
        """The six words that both phones show."""
        this = self.held()
        return six_words(this.keys[this.taker], this.box) if this.taker else ""

    async def close(self) -> None:
        """Everything goes: here at once, there as soon as it can be said (`undo` says it again)."""
        this = self.held()
        self.memory.open = None
        self.memory.undone.append((this.box, this.cap.hex()))
        await self.undo()

    async def undo(self) -> None:
        while self.memory.undone:
            box, cap = self.memory.undone[0]
            with contextlib.suppress(Gone):  # an earlier try got through
                await self.line.call("DELETE", "box", {"X-Box": box, "X-Cap": cap})
            self.memory.undone.pop(0)

    def held(self) -> Open:
        if self.memory.open is None:
            raise Gone
        return self.memory.open
