"""What a scanner of web servers would report: tried at every route of both halves as they run, errors too; nothing is found."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.promises.doors import TOKENS, Pair
from tests.promises.matrix import HALVES, ROWS, Row

EVIL = "https://evil.example"
SAME = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
TOLD = re.compile(
    rb"uvicorn|starlette|fastapi|pydantic|sqlalchemy|httptools|Traceback|/site-packages/|evil\.example", re.IGNORECASE
)
SCANNED = (
    *("/.git/config", "/.env", "/admin", "/docs", "/redoc", "/server-status", "/phpinfo.php", "/openapi.json", "/favicon.ico"),
    *("/phone/", "/phone/..%2f..%2fconfig.py", "/phone/%2e%2e/%2e%2e/words.py", "/hand/", "/hand/..%2fhand.py", "/hand/%00"),
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@dataclass(frozen=True)
class Seen:
    """An answer, and what was sent for it."""

    what: str
    status: int
    head: httpx.Headers
    body: bytes


def _path(row: Row) -> str:
    there = {"token": "x" * 32, "form": "x" * 32, **row.there}
    return re.sub(r"\{(\w+)(:path)?\}", lambda name: there[name[1]], row.path)


def _ask(pair: Pair, half: str, method: str, path: str, **more: object) -> Seen:
    line = pair.lines[half]
    answer = line.request(method, path, **more)  # type: ignore[arg-type]
    line.cookies.clear()
    return Seen(f"{half} {method} {path} {sorted(more)}", answer.status_code, answer.headers, answer.content)


@pytest.fixture(scope="module")
def seen(doors: Pair) -> list[Seen]:
    """Every route as a scanner meets it: plain, from a foreign origin and host, with a broken body; and wrong methods."""
    return [one for half in HALVES for one in _scan(doors, half)]


def _scan(pair: Pair, half: str) -> Iterator[Seen]:
    foreign = {"Origin": EVIL, "Host": "evil.example", "X-Forwarded-Host": "evil.example", "Referer": f"{EVIL}/"}
    routes = {row.path: {r.method for r in ROWS[half] if r.path == row.path} for row in ROWS[half]}
    for row in ROWS[half]:
        yield _ask(pair, half, row.method, _path(row))
        yield _ask(pair, half, row.method, _path(row), headers=foreign)
        if row.method != "GET":
            yield _ask(pair, half, row.method, _path(row), content=b'{"\xff": [', headers={"Content-Type": "application/json"})
    for row in ROWS[half]:
        if row is next(r for r in ROWS[half] if r.path == row.path):
            yield from (_ask(pair, half, way, _path(row)) for way in METHODS if way not in routes[row.path])
    yield from (_ask(pair, half, "GET", path) for path in SCANNED)
    yield _ask(pair, half, "POST", "/", content=bytes(200_000))
    yield _ask(pair, half, "GET", "/?lang=en%0d%0aX-Evil:%201&next=//evil.example")


def test_every_answer_shuts_the_page_in_and_is_kept_by_nobody(seen: list[Seen]) -> None:
    for one in seen:
        assert {name: one.head.get(name) for name in SAME} == SAME, one.what
        policy = one.head["content-security-policy"]
        assert policy.startswith("default-src 'none'; "), one.what
        assert "frame-ancestors 'none'" in policy, one.what
        assert "unsafe" not in policy, one.what
        assert "http" not in policy, one.what
        assert int(one.head["strict-transport-security"].removeprefix("max-age=")) >= 31_536_000, one.what
        assert {"camera=()", "microphone=()", "geolocation=()"} <= set(one.head["permissions-policy"].split(", ")), one.what


def test_what_is_not_for_all_is_kept_by_no_browser(seen: list[Seen]) -> None:
    """A page and its files are the same for all: they may be kept and asked for anew. Nothing else may be kept at all."""
    public = {(half, _path(row)) for half in HALVES for row in ROWS[half] if row.may == "all" and row.method == "GET"}
    for one in seen:
        half, _, path = one.what.split()[:3]
        if one.head["cache-control"] != "no-store":
            assert (half, path.partition("?")[0]) in public, f"{one.what} may be kept: {one.head['cache-control']}"


def test_no_answer_says_what_we_run_nor_what_was_sent(seen: list[Seen]) -> None:
    for one in seen:
        assert not {"server", "x-powered-by", "via", "allow"} & set(one.head), one.what
        assert not TOLD.search(one.body), one.what
        assert not any("evil" in value for value in one.head.values()), one.what


def test_no_other_site_may_read_and_no_cookie_is_set(seen: list[Seen]) -> None:
    for one in seen:
        assert not [name for name in one.head if name.startswith("access-control-") or name == "x-evil"], one.what
        cookie = one.head.get("set-cookie", "")
        # to the hospital's own sign-in and back, ten minutes, and shown to that one address
        assert not cookie or ("oidc" in one.what and cookie.startswith("oidc=") and "Path=/oidc;" in cookie), one.what


def test_nothing_fails_and_every_body_says_its_kind(seen: list[Seen]) -> None:
    for one in seen:
        away = one.status == 503 and ("/voice/gateway" in one.what)
        assert one.status < 500 or away, f"{one.what}: {one.status}"
        if one.body:
            assert one.head["content-type"].partition(";")[0] != "text/plain" or one.status == 200, one.what
            assert "charset" in one.head["content-type"] or not one.head["content-type"].startswith("text/html"), one.what


def test_a_wrong_method_and_what_scanners_look_for_answer_as_what_does_not_exist(doors: Pair, seen: list[Seen]) -> None:
    for half in HALVES:
        gone = doors.lines[half].get("/nothing/at/all")
        for one in seen:
            where, method, path = one.what.split()[:3]
            known = any(_path(row) == path for row in ROWS[half])
            if where == half and path in SCANNED and not known and not path.startswith("/hand"):
                assert (one.status, one.body) == (404, gone.content), one.what
            if where == half and method in ("TRACE", "OPTIONS", "PROPFIND"):
                assert one.status in (403, 404, 401), one.what  # the care half hears of the foreign method first


def test_another_sites_page_presses_no_button_with_my_cookie(doors: Pair) -> None:
    """The desk's own session and form, sent by a page of another site: by what browsers say, old ones and new ones."""
    desk = doors.badges["desk"]
    for row in ROWS["inside"]:
        if row.at == "desk" and row.method == "POST":
            for says in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
                form = {"csrf": desk.secret, "event": "x", "say": "dead"}
                answer = doors.lines["inside"].post(_path(row), headers={**desk.head, **says}, data=form)
                assert answer.status_code == 403, f"{row.route} {says}"
    for row in ROWS["outside"]:
        if row.method != "GET":
            answer = doors.lines["outside"].request(row.method, _path(row), headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403, row.route


@pytest.mark.parametrize(("half", "role"), [("inside", "desk"), ("outside", "care")])
def test_a_desks_cookie_is_the_only_one_and_no_script_reads_it(doors: Pair, half: str, role: str) -> None:
    row = next(row for row in ROWS[half] if row.route == "POST /desk")
    given = [value for name, value in doors.knock(half, row, role, may=True).head if name == "set-cookie"]
    assert len(given) == 1
    assert {"Path=/desk", "HttpOnly", "SameSite=Strict"} <= set(given[0].split("; "))  # and Secure by TLS: test_tls.py


def test_leaving_clears_what_the_browser_kept(doors: Pair) -> None:
    assert doors.lines["outside"].post("/care/v1/leave").headers["clear-site-data"] == '"cache", "cookies", "storage"'


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize(
    "bytes_",
    [
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 500_000 + b"\r\n\r\n",
        b"DEBUG / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /five HTTP/1.1\r\nA: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /phone/../../config.py HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["long address", "large head", "method", "version", "TLS", "two lengths", "negative", "no chunk", "climbs", "climbs out"],
)
def test_what_is_no_request_is_refused_once_and_the_next_is_answered(doors: Pair, half: str, bytes_: bytes) -> None:
    port = doors.troupe.inside_port if half == "inside" else doors.troupe.outside_port
    with socket.create_connection(("127.0.0.1", port), 5) as wire:
        wire.settimeout(2)
        said = b""
        try:
            wire.sendall(bytes_)
            wire.shutdown(socket.SHUT_WR)
            while piece := wire.recv(65536):
                said += piece
        except OSError:
            pass  # it has hung up
    assert said.count(b"HTTP/1.1 ") <= 1
    assert b"HTTP/1.1 200" not in said
    assert not TOLD.search(said)
    assert b"root:" not in said
    assert doors.lines[half].get("/nothing").status_code == 404


def test_a_token_opens_nothing_but_its_own_door(doors: Pair) -> None:
    """In the place of another's: in the address, in the head, in the form. (Everything else of this is the matrix.)"""
    for name, token in TOKENS.items():
        if name != "scim":
            assert doors.lines["inside"].get("/scim/v2/Users", headers={"Authorization": f"Bearer {token}"}).status_code == 401
