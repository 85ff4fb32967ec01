"""Both halves as real processes with every door open, everybody's real credential, and each cell of the matrix tried with it."""

import asyncio
import hashlib
import html
import json
import re
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
from aftercall_stage.cards import CARDS
from aftercall_stage.phones import Asker, Peer
from aftercall_stage.sealing import lv, sign
from aftercall_stage.troupe import HALVES, until
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.inside.half import WEIGHTS
from aftercall.send.twilio import signature
from aftercall.watch import hatch
from aftercall.words import Sealed, b64, utc
from tests.device import Device
from tests.promises.matrix import ROLES, ROWS, Row
from tests.promises.people import INBOUND, LIVES, PHONE, STAFF, adt
from tests.promises.recorded import Night, Stage
from tests.signin import idp

T = TypeVar("T")
TWILIO = "twilio-token-of-this-test"
TOKENS = {name: f"{name}-token-of-this-test" for name in ("gateway", "watch", "intake", "fhir", "scim", "monitor")}
AT_A_DESK = ("desk", "it", "care")
UNIT, BADGE = "RESUS4", STAFF[1][0]
SHOWN = re.compile(r'name="csrf" value="([^"]*)"')


class Open(Stage):
    """With every setting that opens a door, and two peers, so that whoever asks is answered by one we know."""

    def __init__(self, folder: Path, ajar: bool) -> None:
        super().__init__(folder, {}, Night(folder), {})
        self._cards, self._ajar = CARDS[:3], ajar

    def _inside(self) -> dict[str, object]:
        more = {f"{name}_token": TOKENS[name] for name in ("intake", "fhir", "scim")}
        more |= {"oidc_issuer": self.idp.issuer, "oidc_client": idp.NAME, "oidc_secret": idp.SECRET}
        vouched = {"oidc_coordinator": ["care-coordinators"], "oidc_trust": str(self.folder / "idp" / "ca.pem")}
        return {**super()._inside(), **more, **vouched, "watch_token": TOKENS["monitor"], "address": self.inside_url, "settle": 300}

    async def _set_up(self) -> None:
        (self.folder / "idp").mkdir(parents=True)
        self.idp = self._open.enter_context(idp.running(self.folder / "idp", f"{self.inside_url}/oidc", self.now))
        await super()._set_up()

    def _outside(self) -> dict[str, object]:
        more = {
            "watch_token": TOKENS["watch"],
            "inbound_token": TOKENS["gateway"],
            "twilio_token": TWILIO,
            "address": self.outside_url,
        }
        return {**super()._outside(), **more}

    def _program(self, half: str) -> list[str]:
        return ["tests.promises.traced", "ajar" if self._ajar else ""]


@dataclass(frozen=True)
class Badge:
    """What one role shows: `head` wherever it goes, `secret` wherever a route looks for one."""

    secret: str
    head: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """One open ask, and what opens it."""

    box: str
    caps: dict[str, str]  # of the asker, and of the taker


@dataclass(frozen=True)
class Tried:
    """One call and its answer, as its sender can measure it, and what the database did for it."""

    half: str
    row: Row
    role: str
    what: str  # of which object, or with which credential
    may: bool
    status: int
    body: bytes
    head: tuple[tuple[str, str], ...]
    number: str

    def __str__(self) -> str:
        return f"{self.half} {self.row.route}, {self.role} ({self.what})"


class Pair:
    """Opened with `with`. `ajar`: with all that unguarded_*.py plants.

    Calls are plain; the troupe's loop runs in a thread of its own, so that the providers answer.
    """

    def __init__(self, folder: Path, ajar: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.troupe = Open(folder, ajar)
        self.folder, self._calls = folder, 0
        self.lines: dict[str, httpx.Client] = {}

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(60)

    def __enter__(self) -> "Pair":
        self._thread.start()
        self.run(self.troupe.__aenter__())
        urls = {"inside": self.troupe.inside_url, "outside": self.troupe.outside_url}
        self.lines = {half: httpx.Client(base_url=urls[half], trust_env=False, timeout=30) for half in HALVES}
        return self

    def __exit__(self, *_: object) -> None:
        for line in self.lines.values():
            line.close()
        self.run(self.troupe.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def routes(self, half: str) -> list[str]:
        """What the running half's router knows."""
        told: list[str] = json.loads((self.folder / half / "tmp" / "routes").read_text("utf-8"))
        return told

    def statements(self) -> dict[str, list[str]]:
        """What the databases ran for each call."""
        ran = defaultdict[str, list[str]](list)
        for half in HALVES:
            for line in (self.folder / half / "tmp" / "statements").read_text("utf-8").splitlines():
                number, _, statement = line.partition("\t")
                ran[number].append(statement)
        return ran

    def rows(self, half: str, *tables: str) -> dict[str, Any]:
        told = self.run(self.troupe.control(half).ask({"do": "rows"}))["tables"]
        return {name: told[name]["rows"] for name in tables}

    def later(self, half: str, seconds: float) -> None:
        """That half's clock alone: what may be asked only a few times a minute may be asked again."""
        self.run(self.troupe.control(half).ask({"do": "clock", "by": seconds}))

    # everybody's credential --------------------------------------------------------------------------------------------------

    def meet(self) -> None:
        """Everybody gets what they have, each on their own way."""
        self.run(self.troupe.on_duty())
        self.grace: Peer = self.troupe.peers[0]
        self.standing, self.other, self.over = self.ask(), self.ask(), self.ask()
        self._close(self.over)
        self.devices = {role: Device(self._url(ROLES[role].half)) for role in AT_A_DESK}
        self.enrol("desk", self._link_of_the_machine("inside", "Njeri"))
        self.enrol("it", self._invitation("Omondi", "it"))
        self.enrol("care", self._link_of_the_machine("outside", "Wambui"))
        session = self.sign_in("desk")
        code = self._unit_code(session)
        mine = {"X-Box": self.standing.box}
        self.badges = {
            "nobody": Badge(secrets.token_hex(16)),
            "code": Badge(self.troupe.code, {"X-Code": self.troupe.code}),
            "asker": Badge(self.standing.caps["asker"], {**mine, "X-Cap": self.standing.caps["asker"]}),
            "taker": Badge(self.standing.caps["taker"], {**mine, "X-Cap": self.standing.caps["taker"]}),
            "peer": Badge(self.grace.token, {"X-Peer": self.grace.token}),
            "desk": session,
            "it": self.sign_in("it"),
            "care": self.sign_in("care"),
            "bidden": Badge(self._link_of_the_machine("outside", "Grace").partition("#")[2]),
            "vouched": Badge(secrets.token_hex(16)),
            "invited": Badge(self._link_of_the_machine("inside", "Peter").partition("#")[2]),
            "unit": Badge(code),
            "teller": Badge(self._told(code)),
            "link": Badge(self._link()),
            "mine": self.open_mine(),
            "stop": Badge(INBOUND),
            **{name: Badge(token, _bearer(token)) for name, token in TOKENS.items()},
        }
        self.ended = {"peer": self._revoked(), "desk": self._signed_out("desk"), "care": self._signed_out("care")}
        assert self.badges.keys() == ROLES.keys()

    def ask(self) -> Ask:
        """An ask that rings for Grace; not taken yet."""
        phone = Asker(self.troupe.client, self.troupe.code, self.troupe.now)
        self.run(phone.ask(everyone=True))
        this = phone.held()
        self.run(self.grace.pages())
        return Ask(this.box, {"asker": this.cap.hex(), "taker": self.grace.known[this.box].cap.hex()})

    def _close(self, this: Ask) -> None:
        self.lines["outside"].delete("/care/v1/box", headers={"X-Box": this.box, "X-Cap": this.caps["asker"]}).raise_for_status()

    def _url(self, half: str) -> str:
        return self.troupe.inside_url if half == "inside" else self.troupe.outside_url

    def _link_of_the_machine(self, half: str, name: str) -> str:
        told = hatch.pressed(self.troupe.data(half), "/coordinator", {"name": name})
        assert told
        return told["link"]

    def _invitation(self, name: str, role: str) -> str:
        """Shown by the coordinator."""
        session, line = self.sign_in("desk"), self.lines["inside"]
        page = line.post("/desk/people/invite", headers=session.head, data={"csrf": session.secret, "name": name, "role": role})
        return page.text.partition('class="code" dir="ltr">')[2].partition("<")[0]

    def enrol(self, role: str, link: str) -> None:
        line = self.lines[ROLES[role].half]
        form = self._new_passkey(line, link.partition("#")[2], self.devices[role])
        assert line.post("/desk/enrol/made", data=form).status_code == 303
        line.cookies.clear()

    def _new_passkey(self, line: httpx.Client, code: str, device: Device) -> dict[str, str]:
        page = line.post("/desk/enrol", data={"code": code}).text
        return {"code": code, "said": device.made(_options(page))}

    def _shown(self, role: str) -> str:
        """That role's passkey, for the desk's door."""
        return self.devices[role].shown(_options(self.lines[ROLES[role].half].get("/desk").text))

    def sign_in(self, role: str) -> Badge:
        """A session at the desk: its secret is what stands in its forms."""
        line = self.lines[ROLES[role].half]
        cookie = line.post("/desk", data={"said": self._shown(role)}).headers["set-cookie"].partition(";")[0]
        line.cookies.clear()
        return Badge(SHOWN.findall(line.get("/desk", headers={"Cookie": cookie}).text)[0], {"Cookie": cookie})

    def _signed_out(self, role: str) -> Badge:
        gone = self.sign_in(role)
        self.lines[ROLES[role].half].post("/desk/out", headers=gone.head, data={"csrf": gone.secret})
        return gone

    def _own_code(self) -> dict[str, str]:
        """A code, as it came to the phone that HR gave."""
        there = self.troupe.providers["inside"].handset(PHONE[BADGE])
        had = len(there.texts)
        page = self.lines["inside"].post("/mine/code", data={"who": BADGE}).text
        self.run(until(lambda: len(there.texts) > had, "the code has come"))
        return {
            "form": page.partition('name="form" value="')[2].partition('"')[0],
            "code": re.findall(r"\b\d{8}\b", there.texts[-1])[0],
        }

    def open_mine(self) -> Badge:
        line = self.lines["inside"]
        cookie = line.post("/mine/in", data=self._own_code()).headers["set-cookie"].partition(";")[0]
        line.cookies.clear()
        return Badge(SHOWN.findall(line.get("/mine", headers={"Cookie": cookie}).text)[0], {"Cookie": cookie})

    def _unit_code(self, session: Badge) -> str:
        page = self.lines["inside"].get("/desk/units", headers=session.head).text
        return str(re.findall(rf'href="/unit/{UNIT}#(\w+)"', page)[0])

    def _told(self, code: str) -> str:
        told = self.lines["inside"].post(f"/unit/{UNIT}", data={"code": code, "when": "now"})
        return told.headers["location"].partition("?")[0].rpartition("/")[2]

    def _link(self) -> str:
        amina = {
            "userName": BADGE,
            "phoneNumbers": [{"value": PHONE[BADGE], "type": "mobile"}],
        }  # with SCIM no list of staff is read
        self.lines["inside"].post("/scim/v2/Users", headers=_bearer(TOKENS["scim"]), json=amina).raise_for_status()
        self.lines["inside"].post("/tell", data={"unit": UNIT, "when": "now", "badge": BADGE}).raise_for_status()
        there = self.troupe.providers["inside"].handset(PHONE[BADGE])
        self.run(until(lambda: any("/tell/" in text for text in there.texts), "the link has come"))
        return str(re.findall(r"/tell/(\w+)", "".join(there.texts))[0])

    def _revoked(self) -> Badge:
        """The session of a peer whom the programme has let go."""
        peer = self.troupe.peers[2]
        token = peer.token
        (self.troupe.data("outside") / "peers" / f"{peer.pid}.json").unlink()
        self.run(self.troupe.control("outside").ask({"do": "wake"}))

        def out() -> bool:
            return self.lines["outside"].get("/care/v1/peer/turns", headers={"X-Peer": token}).status_code == 401

        self.run(until(out, "the peer who left is signed out"))
        return Badge(token, {"X-Peer": token})

    # one call ----------------------------------------------------------------------------------------------------------------

    def knock(self, half: str, row: Row, role: str, what: str = "own", may: bool = False) -> Tried:
        """This role at this route; `what` says of whose object, or that the credential has ended."""
        badge = self.badges[role] if what != "ended" else self.ended[role]
        head, path, form, secret = dict(badge.head), row.path, self._body(row, role, may), badge.secret
        match row.at:
            case "code" | "peer":
                head[f"X-{row.at.title()}"] = secret
            case "bearer":
                head["Authorization"] = f"Bearer {secret}"
            case "token":
                path = re.sub(r"\{(token|form)\}", re.sub(r"[^\w-]", "_", secret), path)
            case "unit":
                form = f"{form}&code={secret}"
            case "key" if row.path.startswith(("/desk", "/mine")):
                form = urlencode(self._key_shown(half, row, role, secret, may))
            case "trip":
                path, head["Cookie"] = self._back(secret, may)
            case "box":
                head |= self._at_box(row, role, what, may)
            case "desk" | "care" | "mine":
                held = head.get("Cookie", f"={secret}").partition("=")[2]
                head["Cookie"] = f"{row.at}={held}"  # also what opens another room
                form = _with(form, secret) if row.method == "POST" else form
        for name, value in row.there.items():
            path = re.sub(rf"\{{{name}(:path)?\}}", value, path)
        return self._said(half, row, role, what, may, path, head, form)

    def _back(self, secret: str, may: bool) -> tuple[str, str]:
        """The address to which the hospital's own sign-in leads back, and the cookie of who began it; made up where none did."""
        if not may:
            return f"/oidc?state={secret}&code={secret}", f"oidc={secret}"
        line = self.lines["inside"]
        answer = line.get("/desk/oidc")
        line.cookies.clear()
        back = idp.ask(answer.headers["location"], "njeri").headers["location"]
        return back.removeprefix(self.troupe.inside_url), answer.headers["set-cookie"].partition(";")[0]

    def _key_shown(self, half: str, row: Row, role: str, secret: str, may: bool) -> dict[str, str]:
        """The real one of who may, and of everybody else what they have."""
        match row.body:
            case "passkey":
                return {"said": self._shown(role) if may else secret}
            case "own code":
                return self._own_code() if may else {"form": "none", "code": secret}
            case "new passkey" if may:
                return self._new_passkey(self.lines[half], secret, Device(self._url(half)))
        return {"code": secret}

    def _said(self, half: str, row: Row, role: str, what: str, may: bool, path: str, head: dict[str, str], form: object) -> Tried:
        self._calls += 1
        number = f"{half}{self._calls}"
        content, kind = _packed(form)
        if "/twilio" in row.path:
            told = dict(part.split("=") for part in str(form).split("&"))
            head["X-Twilio-Signature"] = signature(Sealed(TWILIO), self.troupe.outside_url + path, told)
        head |= {"X-Trace": number, "Accept-Encoding": "identity"} | ({"Content-Type": kind} if kind else {})
        line = self.lines[half]
        answer = line.request(row.method, path, headers=head, content=content)
        line.cookies.clear()
        shown = sorted((name, value) for name, value in answer.headers.items() if name != "date")
        return Tried(half, row, role, what, may, answer.status_code, answer.content, tuple(shown), number)

    def _at_box(self, row: Row, role: str, what: str, may: bool) -> dict[str, str]:
        cap = hashlib.sha256(self.badges[role].secret.encode()).hexdigest()[:32]
        match what:
            case "own" if may:
                fresh = self.ask()
                if "take" not in row.path:
                    assert self.run(self.grace.take(fresh.box))
                return {"X-Box": fresh.box, "X-Cap": fresh.caps[role]}
            case "own" if role in self.standing.caps:
                return {"X-Box": self.standing.box, "X-Cap": self.standing.caps[role]}
            case "over":
                return {"X-Box": self.over.box, "X-Cap": self.over.caps.get(role, cap)}
            case "unknown":
                return {"X-Box": secrets.token_hex(16), "X-Cap": self.standing.caps.get(role, cap)}
        return {"X-Box": self.other.box, "X-Cap": self.standing.caps.get(role, cap)}

    def _body(self, row: Row, role: str, may: bool) -> object:
        makers: dict[str, Callable[[], object]] = {
            "ask": self._form, "letter": lambda: secrets.token_bytes(288), "login": lambda: self._login(role),
            "duty": lambda: {"on": 1, "until": utc(self.troupe.now() + timedelta(hours=2))}, "turn": self._turn, "kem": self._kem,
            "file": lambda: {"file": self._report()}, "rules": lambda: {"rules": WEIGHTS.read_bytes()}, "report": self._report,
        }  # fmt: skip
        return makers[row.body]() if isinstance(row.body, str) and row.body in makers else row.body

    def _form(self) -> object:
        phone = Asker(self.troupe.client, self.troupe.code, self.troupe.now)
        self.run(phone.ask())
        return {**json.loads(phone.held().body), "box": secrets.token_hex(16)}

    def _login(self, role: str) -> object:
        told = self.lines["outside"].post("/care/v1/peer/challenge").json()["challenge"]
        key = self.grace.identity if role == "peer" else ec.generate_private_key(ec.SECP256R1())
        says = lv("ac1/login", self.grace.programme, self.grace.pid, told)
        return {"pid": self.grace.pid, "challenge": told, "sig": b64(sign(key, says))}

    def _turn(self) -> object:
        begins = self.troupe.now() + timedelta(hours=20)
        return {"on": 1, "begins": utc(begins), "ends": utc(begins + timedelta(hours=2))}

    def _kem(self) -> object:
        asked = self.grace.request()
        return {name: asked[name] for name in ("kem", "kem_after", "kem_sig")}

    def _report(self) -> bytes:
        return adt(self.troupe.now(), "A01", secrets.token_hex(4), LIVES, "")


SLOW = frozenset({"POST /desk", "POST /mine/code", "POST /tell", "POST /tell/there", "POST /tell/me"})
"""What may be pressed a few times a minute, by everybody together: these come last, and the hospital's clock is moved for them."""


def cells(pair: Pair, only: Collection[str] = ()) -> Iterator[Tried]:
    """Everybody at every door: first all who may not, then all who may. `only`: these routes alone."""
    wanted = [(half, row) for half in HALVES for row in ROWS[half] if row.route in (only or {row.route})]
    for slow in (False, True):
        for may in (False, True):
            for half, row in wanted:
                if (row.route in SLOW) is slow:
                    yield from _tries(pair, half, row, may)


def _tries(pair: Pair, half: str, row: Row, may: bool) -> Iterator[Tried]:
    for n, role in enumerate(ROLES):
        if row.route in SLOW and n % 4 == 0:
            pair.later(half, 61)
        if (role in row.roles) is may:
            yield pair.knock(half, row, role, may=may)
        if row.at == "box" and not may:
            yield from (pair.knock(half, row, role, what) for what in ("another's", "unknown", "over"))
        if row.at == role and role in pair.ended and not may:
            yield pair.knock(half, row, role, "ended")
    if may and row.route == "POST /desk/out":
        pair.badges |= {role: pair.sign_in(role) for role in AT_A_DESK if ROLES[role].half == half}
    if may and row.route == "POST /mine/out":
        pair.badges["mine"] = pair.open_mine()


def wrong(tried: list[Tried], ran: dict[str, list[str]]) -> list[str]:
    """What speaks against the matrix, in words; [] is right."""
    found, refused = list[str](), defaultdict[tuple[str, str], list[Tried]](list)
    for one in tried:
        if one.may and one.status != one.row.ok:
            found.append(f"{one} may, and got {one.status}, not {one.row.ok}")
        elif not one.may:
            refused[one.half, one.row.route].append(one)
    for these in refused.values():
        found += _told_apart(these, ran)
    return found


def _told_apart(these: list[Tried], ran: dict[str, list[str]]) -> Iterator[str]:
    """Whether the answers to those who may not can be told from one another."""
    first = these[0]
    for one in these:
        if one.status != one.row.refused:
            yield f"{one} may not, and got {one.status}, not {one.row.refused}"
        elif len(one.body) != len(first.body):
            yield f"{one} got {len(one.body)} bytes, and {first.role} ({first.what}) {len(first.body)}"
        elif one.head != first.head:
            yield f"{one} got {sorted(set(one.head) ^ set(first.head))}, other than {first.role} ({first.what})"
        elif _still(one.body) != _still(first.body) and one.row.no != "no code":  # that page has a fresh form in it
            yield f"{one} got other bytes than {first.role} ({first.what})"
        elif ran[one.number] != ran[first.number]:
            yield f"{one} made the database run {ran[one.number]}, and {first.role} ({first.what}) {ran[first.number]}"


def _still(page: bytes) -> bytes:
    """Without the fresh challenge that stands in a page which asks for a passkey."""
    return re.sub(rb'data-options="[^"]*"', b"", page)


def _options(page: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(html.unescape(page.partition('data-options="')[2].partition('"')[0]))
    return told


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _with(form: object, csrf: str) -> object:
    return {"csrf": csrf.encode(), **form} if isinstance(form, dict) else f"csrf={csrf}&{form or ''}"


def _packed(form: object) -> tuple[bytes, str]:
    """The bytes of a body, and their kind."""
    match form:
        case bytes():
            return form, "application/octet-stream"
        case str():
            return form.encode(), "application/x-www-form-urlencoded"
        case dict() if any(isinstance(value, bytes) for value in form.values()):
            parts = (
                f'--part\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n'.encode() + value for name, value in form.items()
            )
            return b"\r\n".join(parts) + b"\r\n--part--\r\n", "multipart/form-data; boundary=part"
        case dict():
            return json.dumps(form).encode(), "application/json"
    return b"", ""
