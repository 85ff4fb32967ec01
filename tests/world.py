"""A small world for stories: a clock moved by hand, gateways that remember, both halves, and the same few people in every play."""

import asyncio
import json
import secrets
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from aftercall_stage.phones import Asker, Handset, Peer
from sqlalchemy.engine import Connection

from aftercall.config import Inside, Outside
from aftercall.inside import run as inside_run
from aftercall.outside import codes, keys
from aftercall.outside import run as outside_run
from aftercall.send import Roads
from aftercall.words import Message, Moment

T = TypeVar("T")
CODE = "amber-river-lamp-wind"
LINK = f"https://care.example/#{CODE}"
START = datetime(2026, 11, 22, 19, 47, tzinfo=UTC)  # 22:47 in Nairobi
PHRASE = "a lamp on the water at night"
SEALED = codes.sealed(CODE)  # slow on purpose: once is enough

STAFF = """staff,name,phone,mail,language,unit,role,ids
juma,Juma Otieno,+254700000001,,sw,AMB7,paramedic,EMS:7001
amina,Amina Yusuf,+254700000002,,en,RES,registrar,KMPDC:A1234
nurse,Wanjiru Kamau,+254700000003,,sw,RES,nurse,
cleaner,Peter Mwangi,,mwangi@hospital.example,en,RES,cleaner,
away,Otieno Ouma,+254700000005,,en,ICU,nurse,
"""
UNITS = "unit,name,site\nRES,Resus,Kisumu\nICU,Intensive care,Kisumu\n"
ROTA = """unit,staff,begins,ends
RES,nurse,2026-11-22T19:00,2026-11-23T07:00
RES,cleaner,2026-11-22T19:00,2026-11-23T07:00
RES,juma,2026-11-22T22:10,2026-11-22T23:00
ICU,away,2026-11-22T19:00,2026-11-23T07:00
"""
TESTS = "On call: this is a test. Open your page."
NAMES = ("Grace", "Peter", "Halima", "Kevin", "Njeri", "Omondi", "Fatuma", "Brian", "Cherono")


class HandClock:
    """Time that moves when the story says so."""

    def __init__(self, now: Moment = START) -> None:
        self._now = now

    def now(self) -> Moment:
        return self._now

    def move(self, **by: float) -> None:
        self._now += timedelta(**by)

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        await wake.wait()


class Post:
    """A gateway that keeps what it was given, drops the second of two with one key, and fails when told to."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.fail: list[Exception] = []
        self.down: Exception | None = None

    async def send(self, message: Message) -> None:
        if self.down:
            raise self.down
        if self.fail:
            raise self.fail.pop(0)
        if message.key not in {m.key for m in self.sent}:
            self.sent.append(message)

    async def there(self) -> None:
        if self.down:
            raise self.down

    def forget(self, text: str) -> None:
        """Not to count in this story."""
        self.sent = [m for m in self.sent if m.text != text]

    def to(self, number: str) -> list[str]:
        return [m.text for m in self.sent if m.to == number]


def adt(now: Moment = START, /, control: str = "M1", patient: str = "778899", **fields: str) -> bytes:
    """A death in Resus, in the shape real ones have. Fields that differ are given as PID_30="N"."""
    zone = now.astimezone(UTC) + timedelta(hours=3)
    at, died, came = (t.strftime("%Y%m%d%H%M%S") for t in (zone, zone - timedelta(minutes=6), zone - timedelta(minutes=50)))
    pid = {1: "1", 3: f"{patient}^^^KISUMU^MR", 5: "PATIENT^TEST", 7: "20070301", 8: "M", 29: died, 30: "Y"}
    pv1 = {1: "1", 2: "E", 3: "RES^1^1^KISUMU", 4: "E", 7: "A1234^YUSUF^AMINA^^^^^^KMPDC", 19: f"V{patient}", 36: "20", 44: came}
    msh = {9: "ADT^A03^ADT_A03", 10: control, 11: "P", 12: "2.5.1"}
    evn = {1: "A03", 2: at, 6: died}
    for name, value in fields.items():
        segment, number = name.split("_")
        {"PID": pid, "PV1": pv1, "MSH": msh, "EVN": evn}[segment][int(number)] = value
    head = "|".join(["MSH", "^~\\&", "EPIC", "KISUMU", "AFTERCALL", "KISUMU", at, "", *(msh.get(n, "") for n in range(9, 13))])
    return "\r".join([head, *(_segment(name, given) for name, given in (("EVN", evn), ("PID", pid), ("PV1", pv1))), ""]).encode()


def _segment(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


class Night:
    """Both halves of a night in the ED, in one process. `run` runs a part of the story."""

    def __init__(
        self, folder: Path, inside_url: str = "", outside_url: str = "", settle: int = 0, roads: tuple[str, ...] = ()
    ) -> None:
        self.folder, self.clock = folder, HandClock()
        self.hospital_post, self.care_post = Post(), Post()
        self.care_roads = {"sms": self.care_post, **{road: Post() for road in roads}}
        self.inside_settings = self._hospital(inside_url, settle)
        self.outside_settings = self._care(outside_url)
        self.loop = asyncio.Runner()
        self.peers: dict[str, Peer] = {}
        self._wire: list[httpx.AsyncClient] = []
        self.start()

    def _hospital(self, url: str, settle: int) -> Inside:
        lists = {name: self.folder / f"{name}.csv" for name in ("staff", "units", "rota")}
        for name, text in (("staff", STAFF), ("units", UNITS), ("rota", ROTA)):
            lists[name].write_text(text)
        return Inside(
            data=self.folder / "hospital",
            url=url,
            zone="Africa/Nairobi",
            care_link=LINK,
            sms_url="x",
            settle=settle,
            staff=lists["staff"],
            units=lists["units"],
            rota=lists["rota"],
        )

    def _care(self, url: str) -> Outside:
        data = self.folder / "care"
        keys.new_root(self.folder / "stick" / "root.pem", PHRASE)
        self.root = keys.read_root(self.folder / "stick" / "root.pem", PHRASE)
        keys.new_steward(self.root, "kisumu", data, START.date())
        lines = [{"name": "Somebody to call", "tel": "1199", "hours": "day and night"}]
        base = Outside(
            data=data, url=url, programme="kisumu", name="Kisumu peers", run_by="the county alliance", codes=[SEALED],
            duty_tel="+254700000099", lines=lines, zone="Africa/Nairobi", staff=800, work=0,
        )  # fmt: skip
        return replace(base, sms_url="x")

    def start(self) -> None:
        """Both halves, new; also after a restart."""
        self.inside_store = inside_run.open_store(self.inside_settings)
        self.outside_store = outside_run.open_store(self.outside_settings)
        hospital_roads = Roads(sms=self.hospital_post, mail=self.hospital_post)
        self.inside = inside_run.build(self.inside_settings, self.clock, hospital_roads, self.inside_store, secrets.token_bytes)
        self.outside = outside_run.build(
            self.outside_settings, self.clock, Roads(**self.care_roads), self.outside_store, secrets.token_bytes
        )
        self.run(self.inside.start())
        self.run(self.outside.start())

    def stop(self) -> None:
        for client in self._wire:
            self.run(client.aclose())
        self._wire.clear()
        self.inside_store.close()
        self.outside_store.close()

    def close(self) -> None:
        self.stop()
        self.loop.close()

    def run(self, part: Awaitable[T]) -> T:
        async def whole() -> T:
            return await part

        return self.loop.run(whole())

    def wire(self) -> httpx.AsyncClient:
        """A phone's own way to the care half."""
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.outside.app), base_url="http://care.example")
        self._wire.append(client)
        return client

    def asker(self, code: str = CODE) -> Asker:
        return Asker(self.wire(), code, self.clock.now)

    def peer(self, name: str, on: bool = True, allied: str = "", professional: bool = False) -> Peer:
        """A peer, certified face to face, signed in, and on duty."""
        number = f"+2547001000{len(self.peers):02d}"
        card = {"name": name, "profession": "nurse", "unit": "ICU", "languages": ["en", "sw"], "tel": number}
        card |= {"signal": "", "whatsapp": ""}
        peer = Peer(self.wire(), card, "kisumu", clock_now=self.clock.now)
        request = self.folder / f"{name}.json"
        request.write_text(json.dumps(peer.request()))
        keys.admit(
            self.root,
            "kisumu",
            request,
            self.outside_settings.data / "peers",
            START.date(),
            allied=allied,
            professional=professional,
        )
        self.run(self.outside.half.tick())
        self.run(peer.login())
        if on:
            self.run(peer.duty(self.clock.now() + timedelta(hours=10)))
            self.run(self.outside.half.tick())
            self.run(self.outside.half.flight.landed())
            for road in self.care_roads.values():
                road.forget(TESTS)
        self.peers[name] = peer
        return peer

    def revoke(self, peer: Peer) -> None:
        """The coordinator deletes the file; within ten seconds the half knows."""
        (self.outside_settings.data / "peers" / f"{peer.pid}.json").unlink()
        self.pass_time(seconds=10)

    def all_peers(self) -> None:
        for name in NAMES:
            self.peer(name)

    def hear(self, message: bytes) -> str:
        """One message over the wire's far end; the ACK's code."""
        answer = self.run(self.inside.half.hear(message)).decode()
        return answer.split("MSA|")[1][:2]

    def tick(self) -> None:
        """Let both halves do what is due now."""
        for half in (self.inside.half, self.outside.half):
            while True:
                half.wake.clear()
                due = self.run(half.tick())
                self.run(half.flight.landed())
                if not half.wake.is_set() and (due is None or due > self.clock.now()):  # as the half's own clock does
                    break

    def pass_time(self, **by: float) -> None:
        self.clock.move(**by)
        self.tick()

    def handset(self, number: str) -> Handset:
        phone = Handset(number)
        for text in [*self.hospital_post.to(number), *self.care_post.to(number)]:
            phone.got(text)
        return phone

    def rows(self, half: str, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the named tables, as they stand in the database."""
        store = self.inside_store if half == "inside" else self.outside_store
        return {table: self.run(store.do(_all, table)) for table in tables}


def _all(conn: Connection, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.exec_driver_sql(f"SELECT * FROM {table}")]
