"""Grace's phone: her keys never leave it; it signs in, hears who waits, says yes to one, and stays with them."""

import contextlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.words import Moment, Randomness, b64, unb64
from aftercall_stage.line import Gone, Line, Refused, Said
from aftercall_stage.sealing import lv, open_contact, open_copy, pid_of, point, sign, six_words
from aftercall_stage.talk import PEER, Talk, read, write

KEY_DAYS = 35
TRIES = 4  # a server that restarts between the challenge and its answer knows that challenge no more


def wall() -> Moment:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Page:
    """One copy that opened. A copy for somebody who was left out says only that it is answered."""

    box: str
    k: bytes = b""
    cap: bytes = b""
    kc: bytes = b""
    lang: str = ""
    chan: str = ""
    all: int = 0
    handle: str = ""
    answered: bool = False
    first: bool = False  # of all in the asker's order
    join: str | int = 0  # words of a talk for several; 1: of another's; 0: an ask like any


@dataclass
class Sealing:
    key: ec.EllipticCurvePrivateKey
    after: str
    sig: bytes


class Peer:
    def __init__(
        self,
        client: httpx.AsyncClient,
        card: dict[str, Any],
        programme: str,
        clock_now: Callable[[], Moment] = wall,
        rand: Randomness = secrets.token_bytes,
    ) -> None:
        self.line, self.card, self.programme, self.now, self.rand = Line(client), card, programme, clock_now, rand
        self.identity = ec.generate_private_key(ec.SECP256R1())
        self.pid = pid_of(point(self.identity.public_key()))
        self.sealing = [self.next_key()]
        self.opened: dict[str, Page] = {}  # what rings for me now
        self.known: dict[str, Page] = {}  # everything that ever opened
        self.talks: dict[str, Talk] = {}
        self.contacts: dict[str, dict[str, str]] = {}
        self.on, self.until, self.tag, self.token = False, "", "", ""
        self.rests, self.asked = "", ""  # until when; a standing duty that has begun, and asks

    def next_key(self) -> Sealing:
        """One that is good for five weeks, and not in use yet."""
        key = ec.generate_private_key(ec.SECP256R1())
        after = (self.now().date() + timedelta(days=KEY_DAYS)).isoformat()
        return Sealing(key, after, sign(self.identity, lv("ac1/kem", self.programme, self.pid, point(key.public_key()), after)))

    def request(self) -> dict[str, Any]:
        """What the peer hands to the coordinator to be certified."""
        idkey, s, card = point(self.identity.public_key()), self.sealing[-1], json.dumps(self.card, ensure_ascii=False)
        kem = point(s.key.public_key())
        says = lv("ac1/enrol", self.programme, self.pid, idkey, kem, s.after, s.sig, card)
        return {
            "v": 1, "programme": self.programme, "pid": self.pid, "card": card, "idkey": b64(idkey), "kem": b64(kem),
            "kem_after": s.after, "kem_sig": b64(s.sig), "sig": b64(sign(self.identity, says)),
        }  # fmt: skip

    # signed in ---------------------------------------------------------------------------------------------------------------

    async def login(self) -> None:
        """Raises Refused (401) when the programme does not know this phone."""
        for left in range(TRIES - 1, -1, -1):
            challenge = (await self.line.call("POST", "peer/challenge")).json["challenge"]
            sig = b64(sign(self.identity, lv("ac1/login", self.programme, self.pid, challenge)))
            form = {"pid": self.pid, "challenge": challenge, "sig": sig}
            try:
                self.token = (await self.line.call("POST", "peer/login", json=form)).json["token"]
                return
            except Refused as problem:
                if problem.status != 401 or not left:
                    raise

    async def _as_me(self, method: str, path: str, json: Any = None, wait: int = 0, head: dict[str, str] | None = None) -> Said:
        if not self.token:
            await self.login()
        for again in (True, False):
            try:
                return await self.line.call(method, path, {**(head or {}), "X-Peer": self.token}, json=json, wait=wait)
            except Refused as problem:
                if problem.status != 401 or not again:
                    raise
                await self.login()
        raise AssertionError("not reached")

    async def duty(self, until: Moment, answer: bool = True) -> None:
        """On duty. The page is open and asks who waits, which answers the test ring; without `answer` it is shut at once."""
        await self._as_me("POST", "peer/duty", {"on": 1, "until": _text(until)})
        if answer:
            await self.pages()

    async def off(self) -> None:
        await self._as_me("POST", "peer/duty", {"on": 0})

    async def rest(self, until: Moment) -> None:
        await self._as_me("POST", "peer/rest", {"until": _text(until)})

    async def gather(self, until: Moment | None) -> None:
        """Others may come to my talk for several until then; None: no longer."""
        await self._as_me("POST", "peer/gather", {"until": _text(until) if until else ""})

    async def mail(self) -> dict[str, int]:
        """The boxes that I hold, each with the number of the newest letter that waits there."""
        told: dict[str, int] = (await self._as_me("GET", "peer/pages", head={"X-Mail": "1"})).json["mail"]
        return told

    async def turns(self) -> list[dict[str, Any]]:
        """My standing duties: [{"begins", "ends", "own", "on"}]."""
        told: list[dict[str, Any]] = (await self._as_me("GET", "peer/turns")).json["turns"]
        return told

    async def put(self, begins: Moment, ends: Moment) -> None:
        await self._as_me("POST", "peer/turn", {"on": 1, "begins": _text(begins), "ends": _text(ends)})

    async def cant(self, begins: Moment) -> None:
        await self._as_me("POST", "peer/turn", {"on": 0, "begins": _text(begins)})

    async def renew_key(self) -> None:
        """The next sealing key, kept before it is told; the one before still opens what was sealed to it."""
        s = self.next_key()
        self.sealing.append(s)
        form = {"kem": b64(point(s.key.public_key())), "kem_after": s.after, "kem_sig": b64(s.sig)}
        await self._as_me("PUT", "peer/key", form)

    async def rung_by(self, *roads: tuple[str, str, int] | tuple[str, str, int, bool], reserve: bool = False) -> None:
        """By which roads this phone wants its owner to be rung: road, number or address, seconds after the first, and whether the
        last test by it came; also off duty?
        """
        names = ("road", "to", "after", "came")
        form = {"roads": [dict(zip(names, way, strict=False)) for way in roads], "reserve": reserve}
        await self._as_me("PUT", "peer/roads", form)

    async def test_by(self, road: str) -> None:
        """A ring that says "test", by this road, now."""
        await self._as_me("POST", "peer/test", {"road": road})

    async def pages(self, wait: int = 0) -> list[Page]:
        """Who waits for me now: the copies that open with one of my keys."""
        head = {"X-Seen": self.tag} if self.tag and wait else {}
        told = (await self._as_me("GET", "peer/pages", wait=wait, head=head)).json
        self.tag, self.on, self.until = told["tag"], bool(told["duty"]["on"]), told["duty"]["until"]
        self.rests, self.asked = told["duty"]["rest"], told["duty"]["turn"]
        pages = [page for one in told["pages"] if (page := self._opened(one["box"], unb64(one["ct"])))]
        self.opened = {page.box: page for page in pages}
        self.known |= self.opened
        for box in self.opened:
            self.talks.pop(box, None)  # nobody holds it now, so neither do I
        return pages

    def _opened(self, box: str, ct: bytes) -> Page | None:
        for s in reversed(self.sealing):
            with contextlib.suppress(InvalidTag):
                page = open_copy(self.programme, box, self.pid, s.key, ct)
                if page.get("answered"):
                    return Page(box, answered=True)
                k, cap, kc = (bytes.fromhex(page[name]) for name in ("k", "cap", "kc"))
                more = {"first": bool(page.get("first")), "join": page.get("join", 0)}
                return Page(box, k, cap, kc, page["lang"], page["chan"], page["all"], page["handle"], **more)
        return None

    # with somebody -----------------------------------------------------------------------------------------------------------

    async def take(self, box: str) -> bool:
        """True when it is ours. False: another was first, or it is over."""
        page = self.known[box]
        try:
            said = (await self.line.call("POST", "box/take", _head(page))).json
        except (Gone, Refused) as problem:
            if isinstance(problem, Refused) and problem.word != "taken":
                raise
            return False
        if said["contact"]:
            self.contacts[box] = open_contact(self.programme, box, page.kc, unb64(said["contact"]))
        self.talks.setdefault(box, Talk(self.programme, box, page.cap, page.k, PEER))
        return True

    async def pass_on(self, box: str) -> None:
        """Not me. Gives back what I took, too, as long as we have not met."""
        await self._press("POST", "box/pass", box)
        self.talks.pop(box, None)

    async def spoken(self, box: str) -> None:
        await self._press("POST", "box/spoken", box)

    async def state(self, box: str) -> dict[str, Any]:
        return (await self.line.call("GET", "box/state", _head(self.known[box]))).json

    async def write(self, box: str, text: str) -> None:
        """Raises Gone when the talk is over or went on to another, Away when the letter waits here."""
        await write(self.line, self.talks[box], text, self.rand)

    async def read(self, box: str, wait: int = 0) -> list[str]:
        return await read(self.line, self.talks[box], wait)

    async def close(self, box: str) -> None:
        await self._press("DELETE", "box", box)
        self.talks.pop(box, None)

    async def _press(self, method: str, path: str, box: str) -> None:
        with contextlib.suppress(Gone):  # an earlier try got through, or it is over
            await self.line.call(method, path, _head(self.known[box]))

    def words(self, box: str) -> str:
        return six_words(self.known[box].k, box)


def _head(page: Page) -> dict[str, str]:
    return {"X-Box": page.box, "X-Cap": page.cap.hex()}


def _text(at: Moment) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
