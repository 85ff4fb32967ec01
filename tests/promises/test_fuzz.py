"""Whatever bytes come to the care half's door, it answers in the 4xx, in one size, and nothing has changed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.world import CODE, Night

TABLES = ("peer", "session", "box", "page_copy", "ring", "msg")
LIKELY = settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)


class Door:
    """The care half with one open box, one talk and Grace on duty; nothing may move any of it."""

    def __init__(self, night: Night) -> None:
        self.night = night
        night.all_peers()
        self.grace, self.phone = night.peers["Grace"], night.asker()
        night.run(self.phone.ask(wish=self.grace.pid))
        night.run(self.grace.pages())
        box = self.phone.held().box
        assert night.run(self.grace.take(box))
        night.run(self.grace.write(box, "I'm here."))
        self.form = json.loads(self.phone.held().body)
        self.mine = {"X-Box": box, "X-Cap": self.phone.held().cap.hex()}
        transport = httpx.ASGITransport(app=night.outside.app, raise_app_exceptions=False)
        self.wire = httpx.AsyncClient(transport=transport, base_url="http://care.example")
        self.before = self.rows()

    def rows(self) -> dict[str, Any]:
        return self.night.rows("outside", *TABLES)

    def knock(self, method: str, path: str, head: dict[bytes, bytes], body: bytes = b"") -> httpx.Response:
        given = [(name, value) for name, value in head.items()]
        return self.night.run(self.wire.request(method, f"/care/v1/{path}", headers=given, content=body))

    def refuses(self, method: str, path: str, head: dict[bytes, bytes], body: bytes = b"") -> None:
        """4xx, 256 bytes, and every row stands as it stood."""
        answer = self.knock(method, path, head, body)
        assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:100]}"
        assert len(answer.content) == 256
        assert self.rows() == self.before


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    night = Night(tmp_path_factory.mktemp("door"))
    here = Door(night)
    yield here
    night.run(here.wire.aclose())
    night.close()


# What a header can carry over HTTP/1.1: any bytes but the line's end and NUL.
HEADER = st.binary(max_size=70).map(lambda raw: raw.translate(None, b"\0\r\n")) | st.sampled_from(
    [b"", b"\xb2", b"-1", b"1e9", b"9" * 400, b"0x10", b"\xff\xfe", b"a" * 32, b"aa " * 11, b"\xd9\xa3", b" 0", b"+1"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=90), inner, max_size=4),
    max_leaves=8,
)
AS_JSON = {b"Content-Type": b"application/json", b"X-Code": CODE.encode()}


@given(box=HEADER, cap=HEADER, after=HEADER, wait=st.sampled_from([b"", b"0", b"\xb2", b"-5", b"x"]))
@example(box=b"a" * 32, cap=b"00" * 16, after=b"\xb2", wait=b"\xb2")
@LIKELY
def test_no_box_no_capability_and_no_number_is_one_answer(door: Door, box: bytes, cap: bytes, after: bytes, wait: bytes) -> None:
    head = {b"X-Box": box, b"X-Cap": cap, b"X-After": after, b"X-Wait": wait}
    for method, path in (("GET", "box/state"), ("GET", "box/m"), ("DELETE", "box"), ("POST", "box/take"), ("POST", "box/pass")):
        door.refuses(method, path, head)


@given(after=HEADER, seen=HEADER)
@LIKELY
def test_a_strange_number_of_letters_never_breaks_a_talk(door: Door, after: bytes, seen: bytes) -> None:
    mine = {name.encode(): value.encode() for name, value in door.mine.items()}
    if not (after.strip().isdigit() and int(after) > 0):  # a true number means "I have these", and they go
        answer = door.knock("GET", "box/m", {**mine, b"X-After": after})
        assert answer.status_code in (200, 400)
    assert door.knock("GET", "box/state", {**mine, b"X-Seen": seen}).status_code == 200
    assert door.rows() == door.before


@given(letter=st.binary(max_size=400) | st.binary(min_size=284, max_size=284).map(lambda rest: bytes(4) + rest))
@example(letter=b"\xff" * 4129)
@example(letter=bytes(288))
@LIKELY
def test_what_is_no_letter_is_not_kept(door: Door, letter: bytes) -> None:
    mine = {name.encode(): value.encode() for name, value in door.mine.items()}
    if len(letter) not in (288, 1056, 4128) or letter[:4] == bytes(4):
        door.refuses("POST", "box/m", mine, letter)


@given(body=st.binary(max_size=300) | JSON.map(lambda what: json.dumps(what).encode("utf-8", "surrogatepass")))
@example(body=b"[" * 50_000)
@example(body=b'{"v":' + b"9" * 5000 + b"}")
@example(body=json.dumps({"\U0001f600" * 90: 1}, ensure_ascii=False).encode())
@example(body=json.dumps({'"\\' * 90: 1}).encode())
@example(body=b'{"\\ud800": 1}')
@LIKELY
def test_bytes_that_are_no_form_are_refused_at_every_door_that_takes_one(door: Door, body: bytes) -> None:
    as_grace = {**AS_JSON, b"X-Peer": door.grace.token.encode()}
    door.refuses("POST", "box", AS_JSON, body)
    door.refuses("POST", "peer/login", AS_JSON, body)
    door.refuses("POST", "peer/duty", as_grace, body)
    door.refuses("PUT", "peer/key", as_grace, body)


MEMBERS = ("v", "box", "hc", "order", "copies", "contact", "all")


@given(member=st.sampled_from(MEMBERS), value=JSON)
@example(member="contact", value="A" * 380)
@example(member="order", value=["00000000"] * 41)
@example(member="copies", value={})
@LIKELY
def test_an_ask_with_one_member_spoilt_opens_no_box(door: Door, member: str, value: Any) -> None:
    good = {**door.form, "box": "c3" * 16}
    if member in ("v", "all") and str(value).strip().lstrip("+-").rstrip(".0") in ("", "1", "True", "False"):
        return  # true, 1.0 and "1" are 1: that is an ask
    if value != good[member]:
        door.refuses("POST", "box", AS_JSON, json.dumps({**good, member: value}).encode("utf-8", "surrogatepass"))


@given(pid=st.text(max_size=12), challenge=st.text(max_size=60), sig=st.text(max_size=90))
@example(pid="00000000", challenge="\u00b2.x", sig="A" * 88)
@example(pid="00000000", challenge="NOW.\u00e9", sig="A" * 88)
@LIKELY
def test_nobody_signs_in_by_luck(door: Door, pid: str, challenge: str, sig: str) -> None:
    now = str(int(door.night.clock.now().timestamp()))
    form = {"pid": pid, "challenge": challenge.replace("NOW", now), "sig": sig}
    door.refuses("POST", "peer/login", AS_JSON, json.dumps(form).encode("utf-8", "surrogatepass"))


@given(until=st.text(max_size=40) | st.datetimes().map(lambda at: at.isoformat() + "+23:59"))
@example(until="0001-01-01T00:00:00+23:59")
@example(until="9999-12-31T23:59:59-23:59")
@LIKELY
def test_a_duty_without_a_good_end_is_refused(door: Door, until: str) -> None:
    as_grace = {**AS_JSON, b"X-Peer": door.grace.token.encode()}
    door.refuses("POST", "peer/duty", as_grace, json.dumps({"on": 1, "until": until}).encode("utf-8", "surrogatepass"))


@given(code=HEADER)
@settings(LIKELY, max_examples=25)  # each unknown code costs an scrypt
def test_a_wrong_code_opens_nothing(door: Door, code: bytes) -> None:
    door.refuses("GET", "directory", {b"X-Code": code})
