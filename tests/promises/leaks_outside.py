"""Leaks that a hurried or leaned-on programmer might put into the care half: each is one change of the running program."""

import csv
import hashlib
import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftercall.outside import flow, run
from aftercall.outside.doors import answers, care, cover, peer, shelf
from aftercall.outside.ladder import Rules
from aftercall.outside.road import directory
from aftercall.outside.store import boxes, letters, tables
from aftercall.outside.watch import Watch
from aftercall.phone import frame
from aftercall.sql import Store, plain
from aftercall.words import Moment

HOSPITAL = Path("..").resolve().parent / "inside"  # where a leak finds what it should not have


def _around(app_of: Callable[[ASGIApp, Store], ASGIApp]) -> None:
    """Every call passes through this as well."""
    real = run.build

    def build(settings: Any, clock: Any, network: Any, store: Store, randomness: Any) -> run.Running:
        built = real(settings, clock, network, store, randomness)
        return replace(built, app=app_of(built.app, store))

    run.build = build


def bodies_in_the_log() -> None:
    def wrapped(app: ASGIApp, _: Store) -> ASGIApp:
        async def logged(scope: Scope, receive: Receive, send: Send) -> None:
            async def heard() -> Message:
                message = await receive()
                logging.getLogger("debug").warning("body=%r", message.get("body", b"")[:2000])
                return message

            await app(scope, heard, send)

        return logged

    _around(wrapped)


def a_table_of_addresses() -> None:
    def note(conn: Connection, ip: str, agent: str, forwarded: str) -> None:
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS visit (ip TEXT, agent TEXT, forwarded TEXT)")
        plain(conn, "INSERT INTO visit VALUES (?, ?, ?)", ip, agent, forwarded)

    def wrapped(app: ASGIApp, store: Store) -> ASGIApp:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                head = {name: value.decode("latin-1") for name, value in scope["headers"]}
                await store.do(note, scope["client"][0], head.get(b"user-agent", ""), head.get(b"x-forwarded-for", ""))
            await app(scope, receive, send)

        return counted

    _around(wrapped)


def an_access_log() -> None:
    """As any web server has it."""

    def wrapped(app: ASGIApp, _: Store) -> ASGIApp:
        async def logged(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
                logging.getLogger("access").warning('%s "%s %s" "%s"', scope["client"][0], scope["method"], scope["path"], agent)
            await app(scope, receive, send)

        return logged

    _around(wrapped)


def _after_each_ask(then: Callable[[Connection, str], None]) -> None:
    real = boxes.keep

    @wraps(real)
    def keep(conn: Connection, programme: str, new: Any, ask: Any) -> None:
        real(conn, programme, new, ask)
        then(conn, ask.box)

    boxes.keep = keep


def hashes_of_staff() -> None:
    """As if each message's link had told whose it was."""

    def then(conn: Connection, box: str) -> None:
        with (HOSPITAL / "staff.csv").open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS known (who TEXT)")
                plain(conn, "INSERT INTO known VALUES (?)", hashlib.sha256(row["phone"].encode()).hexdigest()[:16])

    _after_each_ask(then)


def the_event_beside_the_box() -> None:
    def then(conn: Connection, box: str) -> None:
        with closing(sqlite3.connect(f"file:{HOSPITAL / 'data' / 'event.db'}?mode=ro", uri=True)) as other:
            (event,) = other.execute("SELECT event FROM event").fetchone()
        _column(conn, "event")
        conn.exec_driver_sql("UPDATE box SET event = ? WHERE box = ?", (event, box))

    _after_each_ask(then)


def when_it_was_asked() -> None:
    def then(conn: Connection, box: str) -> None:
        _column(conn, "created_at")
        conn.exec_driver_sql("UPDATE box SET created_at = datetime() WHERE box = ?", (box,))

    _after_each_ask(then)


def _column(conn: Connection, name: str) -> None:
    if name not in {row[1] for row in conn.exec_driver_sql("PRAGMA table_info(box)")}:
        conn.exec_driver_sql(f"ALTER TABLE box ADD COLUMN {name}")


def answers_of_any_length() -> None:
    def padded(what: dict[str, Any], size: int, status: int = 200) -> Response:
        return Response(json.dumps(what), status, media_type="application/json")

    for module in (answers, care, peer):
        vars(module)["padded"] = padded


def a_write_ahead_log() -> None:
    vars(run)["OUTSIDE"] = ("journal_mode=WAL", "synchronous=FULL")


def contact_kept() -> None:
    def met(conn: Connection, programme: str, box: str) -> None:
        for table in (tables.page_copy, tables.ring):
            conn.execute(table.delete().where(table.c.programme == programme, table.c.box == box))

    boxes.met = met


def read_letters_kept() -> None:
    def had(conn: Connection, programme: str, box: str, lane: str, n: int) -> None:
        return None

    letters.had = had


def ended_talks_kept() -> None:
    real = boxes.forget

    def forget(conn: Connection, programme: str, box: str) -> None:
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS history (box, hc, cap)")
        conn.exec_driver_sql("INSERT INTO history SELECT box, hc, cap FROM box WHERE box = ?", (box,))
        real(conn, programme, box)

    boxes.forget = forget


def keys_unchecked() -> None:
    """No signature is looked at when a peer's file or key comes in."""

    def check(*_: object) -> None:
        return None

    vars(directory)["check"] = check


def wrong_tries_noted() -> None:
    """So that somebody who tries capabilities is noticed."""
    real = flow.answer

    def answer(conn: Connection, press: flow.Press, rules: Rules, now: Moment) -> flow.Answer:
        given = real(conn, press, rules, now)
        if given.word == "gone" and boxes.find(conn, "peers", press.box):
            conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS tries (box)")
            conn.exec_driver_sql("INSERT INTO tries VALUES (?)", (press.box,))
        return given

    flow.answer = answer


def a_counter_of_requests() -> None:
    """As any library for metrics would have it."""
    seen = Counter[str]()
    real = Watch.metrics

    def wrapped(app: ASGIApp, _: Store) -> ASGIApp:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            seen[scope.get("path", "")] += not scope.get("path", "").endswith(("/health", "/metrics"))
            await app(scope, receive, send)

        return counted

    Watch.metrics = lambda self: f"{real(self)}http_requests_total {seen.total()}\n"  # type: ignore[method-assign]
    _around(wrapped)


def a_desk_that_tells() -> None:
    """As if it were a kindness to say it early."""
    boxes.unanswered = lambda conn, programme: boxes.waiting(conn, programme, 1) > 0


def _served(path: str, *changes: tuple[str, str], script: tuple[str, str, str] = ("", "", "")) -> None:
    """Pages and scripts are handed out changed; what is looked for has to stand there."""
    real = shelf.Shelf.__init__

    def changed(sheet: shelf.Sheet, old: str, new: str) -> shelf.Sheet:
        text = sheet.plain.decode()
        assert old in text
        return shelf.Sheet.of(text.replace(old, new).encode(), sheet.kind)

    def init(self: shelf.Shelf, *given: Any) -> None:
        real(self, *given)
        for key in self.pages:
            if key[0] == path:
                for old, new in changes:
                    self.pages[key] = changed(self.pages[key], old, new)
        if script[0]:
            self.files[script[0]] = changed(self.files[script[0]], *script[1:])

    shelf.Shelf.__init__ = init  # type: ignore[method-assign, assignment]


def questions_may_connect() -> None:
    """As if somebody wanted a count of how many finish."""
    _served("/check", ("default-src &#39;none&#39;;", "default-src &#39;none&#39;; connect-src *;"))


def answers_are_kept() -> None:
    """As if somebody wanted the page to remember: it needs a look into the frame, and has one when the frame has a name."""
    keep = """
frame.contentDocument.addEventListener('click', ({ target }) => {
  const value = [...target.parentElement.children].indexOf(target);
  if (target.closest('#options')) localStorage.setItem('answers', `${localStorage.getItem('answers') ?? ''}${value}`);
}, true);"""
    _served(
        "/check",
        ('sandbox="allow-scripts"', 'sandbox="allow-scripts allow-same-origin"'),
        script=("check.mjs", "begin();", f"begin();\n{keep}"),
    )


def checks_unsealed() -> None:
    """As if somebody found a phrase too much to ask. The policies name the script by its hash, so they are changed with it."""
    seal = "new Uint8Array(await globalThis.crypto.subtle.encrypt(how(iv), key, text))"
    assert seal in frame.PAST
    plain = "new Uint8Array([...text, ...new Uint8Array(16)])"
    hashes = frame.hashed(frame.PAST), frame.hashed(frame.PAST.replace(seal, plain))
    frame.ALONE = frame.ALONE.replace(*hashes)
    cover.HEADERS["Content-Security-Policy"] = cover.HEADERS["Content-Security-Policy"].replace(*hashes)
    _served("", script=("kept.mjs", seal, plain))


LEAKS: dict[str, Callable[[], None]] = {
    "every body stands in the log": bodies_in_the_log,
    "a table of addresses and browsers": a_table_of_addresses,
    "an access log": an_access_log,
    "a cut hash of each staff phone": hashes_of_staff,
    "the event beside the box": the_event_beside_the_box,
    "the box keeps when it was asked": when_it_was_asked,
    "answers of any length": answers_of_any_length,
    "a write-ahead log without secure_delete": a_write_ahead_log,
    "the contact block stays after first contact": contact_kept,
    "letters stay after they were read": read_letters_kept,
    "ended talks have a history": ended_talks_kept,
    "a peer nobody certified is let in": keys_unchecked,
    "a wrong capability is noted down": wrong_tries_noted,
    "a counter of requests in the metrics": a_counter_of_requests,
    "the desk says at once that somebody waits": a_desk_that_tells,
    "the questions may connect": questions_may_connect,
    "the page keeps what is answered": answers_are_kept,
    "what is kept of the checks is not sealed": checks_unsealed,
}
