"""Is the care half well? It says so, and nothing that moves when somebody asks (DECISIONS 13)."""

import asyncio
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy.engine import Connection
from starlette.types import ASGIApp

from aftercall.config import Outside
from aftercall.outside import acts, confirmed
from aftercall.outside.codes import QUARTER, made_on
from aftercall.outside.half import Half
from aftercall.outside.keys import NoKey, read_steward
from aftercall.outside.planning import kept
from aftercall.outside.road.directory import Entry
from aftercall.outside.road.duty import TWO, Gaps
from aftercall.outside.road.seal import CONTACT, COPY, LETTERS
from aftercall.outside.road.work import done
from aftercall.outside.store.standing import Standing, standing
from aftercall.watch import looks
from aftercall.watch.audit import OVERDUE, Audit, late
from aftercall.watch.canary import Fallen, Flights
from aftercall.watch.doctor import examined
from aftercall.watch.figures import gauge, text
from aftercall.watch.findings import BROKEN, LOOK, OK, Finding
from aftercall.words import Moment, b64, unb64

WHAT = "keys, peers, rota and settings"
KEY_SOON, CARD_SOON = timedelta(days=7), timedelta(days=30)  # a phone that is opened makes its next sealing key by itself


class Watch:
    """`clock`: is it in this process that the clock runs? Else another worker's watch speaks of it."""

    def __init__(self, half: Half, app: ASGIApp, over_the_wire: bool, clock: bool) -> None:
        self._half, self._clock_here = half, clock
        self._way = Way(half, app, over_the_wire)
        self.flights = Flights(self._way.fly, half.clock, half.settings.canary if clock else 0)
        self._looked: Moment | None = None
        self._stands = Standing(0.0, False, 0, None, ())
        self._disk = 1.0

    async def look(self) -> None:
        now = self._half.clock.now()
        self._stands = await self._half.store.do(standing, self._half.settings.programme, now)
        self._disk = looks.free(self._half.settings.data)
        self._looked = now

    def audit(self) -> Audit:
        now = self._half.clock.now()
        since = (now - self._looked).total_seconds() if self._looked else 2 * OVERDUE
        tick = (now - self._half.ticked).total_seconds() if self._clock_here else 0.0
        return Audit(tick, since, self._stands.overdue, self.flights.told, self._disk)

    def problems(self) -> tuple[str, ...]:
        return self.audit().problems()

    def health(self) -> tuple[bool, str]:
        """What DECISIONS 13 names, and of each only whether it is well: whoever reads this may be the hospital."""
        audit = self.audit()
        well = not audit.problems()
        lines = (
            ("clock", audit.tick_age <= OVERDUE and audit.look_age <= OVERDUE),
            ("nothing overdue", audit.overdue <= OVERDUE),
            ("canary", not audit.canary),
            ("two on duty", self._stands.two),
        )
        told = "".join(f"{'ok' if good else 'NO'}  {what}\n" for what, good in lines)
        return well, told + f"{'well' if well else 'NOT WELL'}; more: aftercall doctor outside\n"

    def metrics(self) -> str:
        audit = self.audit()
        return text(
            (
                gauge("aftercall_tick_age_seconds", "Since the clock last came round; 0 until it is 30.", late(audit.tick_age)),
                gauge("aftercall_overdue_seconds", "The oldest row that is overdue; 0 until it is 30.", late(audit.overdue)),
                gauge("aftercall_canary_passed", "1 when the last canary came back.", not audit.canary),
                gauge("aftercall_two_on_duty", "1 when at least two peers are on duty.", self._stands.two),
            )
        )

    async def doctor(self) -> list[Finding]:
        await self.look()
        audit, s, now = self.audit(), self._half.settings, self._half.clock.now()
        return [
            looks.clock(audit, self._clock_here),
            _canary(audit, s.canary if self._clock_here else 0),
            *self._tests(),
            *of_rows(self._stands, self._half.planning.gaps, self._half.planning.problem, s, now),
            looks.chain((await self._half.acts())[1], WHAT),
            *of_this_machine(s, now),
        ]

    def _tests(self) -> Iterator[Finding]:
        """Of the roads only what the test rings of duties showed: what became of a ring for somebody would tell that they asked."""
        for road, problem in sorted(self._half.ringing.tests.items()):
            do = "Is the provider there, the account in credit, the number right?" if problem else ""
            seen = f"the last test ring of a duty failed: {problem}" if problem else "the last test ring of a duty went out"
            yield Finding(f"by {road}", BROKEN if problem else OK, seen, do)
        if not self._half.ringing.tests:
            yield Finding("roads", OK, "no duty has begun since the start, so no test ring went out")


def _canary(audit: Audit, every: int) -> Finding:
    if not every:
        return Finding("canary", LOOK, "none flies here", "Set `canary` to seconds between two, as 300.")
    if not audit.canary:
        return Finding("canary", OK, "the last one came back: asked, rung, taken, written to, closed, gone")
    return Finding("canary", BROKEN, f"did not come back: {audit.canary}", "What stands in this half's log? Start it again.")


def of_rows(stands: Standing, gaps: Gaps, problem: str, s: Outside, now: Moment) -> Iterator[Finding]:
    """What the rows say, whoever reads them."""
    if stands.overdue > OVERDUE:
        do = "Rings and waves stand still. Is this half running, and is its database there?"
        yield Finding("overdue", BROKEN, f"the oldest row has been due for {late(stands.overdue):.0f} s", do)
    else:
        yield Finding("overdue", OK, "nothing is overdue by more than 30 s")
    yield from _duty(stands, gaps, ZoneInfo(s.zone), now)
    if problem:
        yield Finding("rota", BROKEN, problem, "Mend the file; until then the rota stays as it was.")
    yield _keys(stands.peers, now)


def _duty(stands: Standing, gaps: Gaps, zone: ZoneInfo, now: Moment) -> Iterator[Finding]:
    coming = f"; the next duty begins {stands.next.astimezone(zone):%a %H:%M}" if stands.next else "; no duty is planned"
    seen = f"{stands.here} of ours now{coming}"
    do = "" if stands.here >= TWO else "Who could come? Until then asks go to allied peers, the duty phone and the published lines."
    yield Finding("on duty", OK if stands.here >= TWO else LOOK if stands.here else BROKEN, seen, do)
    if not gaps:
        yield Finding("gaps", OK, "at least two peers at every hour of the next 14 days")
        return
    first = gaps[0][0].astimezone(zone)
    near = gaps[0][0] <= now + timedelta(days=1)
    seen = f"fewer than two peers: {len(gaps)} x in 14 days, first from {first:%a %Y-%m-%d %H:%M}"
    yield Finding("gaps", BROKEN if near else LOOK, seen, "`aftercall duty --gaps` lists them. Who could take them?")


def _keys(peers: tuple[Entry, ...], now: Moment) -> Finding:
    """Sealing keys of 35 days, certificates of a year. Who these are everybody may know: it stands in the list."""
    if not peers:
        return Finding("peers' keys", BROKEN, "no peer is certified", "Certify peers with `aftercall keys certify`.")
    ends = [(e.kem_after, "sealing key", KEY_SOON, e) for e in peers] + [(e.cert_after, "certificate", CARD_SOON, e) for e in peers]
    soon = sorted((day, what, str(e.known().get("name", e.pid))) for day, what, near, e in ends if _day(day) < now.date() + near)
    if not soon:
        return Finding("peers' keys", OK, f"of all {len(peers)} good for more than a week, their certificates for a month")
    dead = any(_day(day) < now.date() for day, _, _ in soon)
    seen = ", ".join(f"{name}'s {what} ends {day}" for day, what, name in soon)
    do = "A sealing key is made anew when the peer opens their page; a certificate by `aftercall keys certify`."
    return Finding("peers' keys", BROKEN if dead else LOOK, seen, do)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def of_this_machine(s: Outside, now: Moment) -> Iterator[Finding]:
    """What is seen without the half: files, certificates, and what a human has confirmed."""
    yield looks.disk(looks.free(s.data))
    yield looks.apart(s)
    try:
        last = datetime.combine(date.fromisoformat(read_steward(s.data).not_after) + timedelta(days=1), time(), UTC)
        yield looks.ends("steward", last, now, "Make the next one with `aftercall keys steward`, before phones refuse the list.")
    except (NoKey, ValueError) as problem:
        yield Finding("steward", BROKEN, str(problem), "Make it with `aftercall keys steward`.")
    yield from looks.door(s, now)
    yield _code(s, now.date())
    yield from confirmed.findings(s, now.date())


def _code(s: Outside, today: date) -> Finding:
    made = made_on(s.codes[-1]) if s.codes else None
    do = "`aftercall keys code --config FILE` makes the next four words; those before stay good beside them."
    if made is None:
        return Finding("staff code", OK, "the settings don't say when it was made")
    old = (today - made).days
    return Finding("staff code", OK if old <= QUARTER.days else LOOK, f"made {old} days ago", "" if old <= QUARTER.days else do)


def examine(s: Outside, now: Moment) -> list[Finding]:
    """`aftercall doctor outside`."""

    def rows(conn: Connection) -> Iterator[Finding]:
        yield from of_rows(standing(conn, s.programme, now), *kept(s.data), s, now)
        yield looks.chain(acts.wrong_in(conn, s.programme, s.data), WHAT)

    return examined(s, "outside", s.data / "care.db", rows, of_this_machine(s, now))


# the canary's way ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """As a phone goes it: through the web door, and where this process has none straight to what stands behind it."""

    half: Half
    app: ASGIApp
    over_the_wire: bool

    async def fly(self) -> None:
        """Asked, rung, taken, written to, read, closed, gone. Raises Fallen."""
        canary = self.half.canary
        pid = await canary.settle()
        try:
            async with self._line() as line:
                await self._ask_and_talk(line, pid)
        finally:
            left = await canary.clear()
        if left:
            raise Fallen("its box was closed and stands there still")

    def _line(self) -> httpx.AsyncClient:
        s = self.half.settings
        if not self.over_the_wire:
            return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://canary")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(s.host, s.host)  # noqa: S104 - not where we listen
        base = f"http{'s' if s.tls_cert else ''}://{host}:{s.port}"
        itself = ssl.create_default_context()
        itself.check_hostname, itself.verify_mode = False, ssl.CERT_NONE  # our own door, by another name than its certificate's
        wire = httpx.AsyncHTTPTransport(verify=itself, trust_env=False, uds=s.socket or None)
        return httpx.AsyncClient(base_url=base, transport=wire, timeout=15, headers={"User-Agent": ""})

    async def _ask_and_talk(self, line: httpx.AsyncClient, pid: str) -> None:
        canary, rand = self.half.canary, self.half.rand
        mine, theirs, sealed, block = rand(16), rand(16), rand(COPY), rand(CONTACT)
        letter = struct.pack(">I", 1) + rand(LETTERS[0] - 4)
        copies = {pid: {"cap": sha256(theirs).hexdigest(), "ct": b64(sealed)}}
        form = {"v": 1, "box": canary.box, "hc": sha256(mine).hexdigest(), "order": [pid], "copies": copies}
        form |= {"contact": b64(block), "all": 0, "due": "000000"}
        asker, peer = ({"X-Box": canary.box, "X-Cap": cap.hex()} for cap in (mine, theirs))

        s = self.half.settings
        work = await asyncio.to_thread(done, s.programme, canary.box, s.work) if s.work else ""
        asked = await self._said(line, "POST", "box", 201, {"X-Code": canary.code, "X-Work": work}, json=form)
        if asked["rung"] != 1:
            raise Fallen("its ask rang nobody")
        await canary.nobody.came()
        if await canary.copy(pid) != sealed:
            raise Fallen("the peer's copy is not what was sealed")
        if unb64(str((await self._said(line, "POST", "box/take", 200, peer))["contact"])) != block:
            raise Fallen("the contact block is not what was sealed")
        await self._said(line, "POST", "box/m", 204, peer, content=letter)
        if (await self._said(line, "GET", "box/m", 200, asker))["letters"] != [b64(letter)]:
            raise Fallen("the letter is not what was written")
        met = await self._said(line, "GET", "box/m", 200, {**asker, "X-After": "1"})
        if (met["state"], met["letters"]) != ("talk", []):
            raise Fallen("the two have not met")
        await self._said(line, "DELETE", "box", 204, asker)
        await self._said(line, "GET", "box/state", 404, asker)

    async def _said(
        self, line: httpx.AsyncClient, method: str, path: str, status: int, head: dict[str, str], **body: object
    ) -> dict[str, object]:
        try:
            answer = await line.request(method, f"/care/v1/{path}", headers=head, **body)  # type: ignore[arg-type]
        except httpx.HTTPError as problem:
            raise Fallen(f"{method} {path}: {type(problem).__name__}") from None
        if answer.status_code != status:
            raise Fallen(f"{method} {path} was answered {answer.status_code}")
        told: dict[str, object] = answer.json() if answer.content else {}
        return told
