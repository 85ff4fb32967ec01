"""Whatever is sent to a call that the OpenAPI documents name, by whom ever: no failure, no answer they don't name, no hint."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftercall.inside.doors import described as inside
from aftercall.outside.doors import described as outside
from tests.promises.doors import Pair
from tests.promises.made import WEIRD, bodies, unlike
from tests.promises.matrix import HALVES

EXAMPLES = int(os.environ.get("SCAN", "8"))  # for each call; `make night` tries more
CALLS = [(half, call) for half, known in (("outside", outside.CALLS), ("inside", inside.CALLS)) for call in known]
ROLES = ("nobody", "code", "asker", "taker", "peer", "gateway", "intake", "fhir", "stop")
ENDS = ("DELETE /care/v1/box", "POST /care/v1/box/pass", "POST /care/v1/box/take", "POST /care/v1/box/spoken")
MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def documents(doors: Pair) -> dict[str, dict[str, Any]]:
    paths = {"outside": "/care/v1/openapi.json", "inside": "/inside/v1/openapi.json"}
    return {half: doors.lines[half].get(path).json() for half, path in paths.items()}


def test_the_documents_name_every_call_and_every_answer(documents: dict[str, dict[str, Any]]) -> None:
    named = [(half, f"{m.upper()} {path}") for half in HALVES for path, ways in documents[half]["paths"].items() for m in ways]
    assert sorted(named) == sorted(CALLS)
    for half in HALVES:
        assert documents[half]["info"]["version"] == "1"
        for path, ways in documents[half]["paths"].items():
            for method, one in ways.items():
                assert one["responses"], path
                has_body = "requestBody" in one
                assert has_body == (method in ("post", "put") and not _takes_nothing(path)), f"{method} {path}"
                assert not has_body or all(
                    "example" in c
                    for k, c in one["requestBody"]["content"].items()
                    if k == "application/json" and "$ref" in c["schema"]
                )


def _takes_nothing(path: str) -> bool:
    return path.endswith(("/take", "/pass", "/spoken", "/leave", "/challenge"))


@pytest.mark.parametrize(("half", "call"), CALLS, ids=[call for _, call in CALLS])
def test_no_call_fails_or_says_more_than_is_named(doors: Pair, documents: dict[str, dict[str, Any]], half: str, call: str) -> None:
    method, path = call.split()
    operation = documents[half]["paths"][path][method.lower()]
    heads = [p["name"] for p in operation.get("parameters", []) if p["in"] == "header"]
    roles = [role for role in ROLES if call not in ENDS or role not in ("asker", "taker")]

    @given(
        role=st.sampled_from(roles),
        head=st.fixed_dictionaries({}, optional={name: WEIRD for name in heads}),
        sent=bodies(operation, documents[half]),
        own=st.booleans(),
    )
    @MANY
    def tried(role: str, head: dict[str, str], sent: tuple[bytes, str], own: bool) -> None:
        badge, (body, kind) = doors.badges[role], sent
        shown = {**(head if not own else {}), **badge.head, **({"Content-Type": kind} if kind else {})}
        raw = {name.encode(): value.encode("latin-1") for name, value in shown.items() if name.lower() != "x-wait"}
        there = {"token": badge.secret.replace("/", "_"), "provider": "gateway", "kind": "Patient", "ident": "1"}
        answer = doors.lines[half].request(method, path.format(**there), headers=raw, content=body)
        assert answer.status_code < 500 or (call.endswith("/voice/gateway") and answer.status_code == 503), answer.text
        assert unlike(answer.status_code, answer.headers.get("content-type", ""), answer.content, operation) == ""

    tried()


@given(cap=st.binary(min_size=16, max_size=16), after=WEIRD, body=st.binary(max_size=300) | st.just(bytes(288)))
@settings(MANY, max_examples=3 * EXAMPLES)
def test_an_ask_that_is_there_answers_as_one_that_is_not(doors: Pair, cap: bytes, after: str, body: bytes) -> None:
    for call in ("GET box/state", "GET box/m", "POST box/m", "DELETE box", "POST box/take", "POST box/pass", "POST box/spoken"):
        method, path = call.split()
        said = []
        for box in (doors.other.box, doors.over.box, "0" * 32):
            head = {b"X-Box": box.encode(), b"X-Cap": cap.hex().encode(), b"X-After": after.encode("latin-1")}
            told = body if path == "box/m" else b""
            answer = doors.lines["outside"].request(method, f"/care/v1/{path}", headers=head, content=told)
            said.append((answer.status_code, answer.content, sorted((n, v) for n, v in answer.headers.items() if n != "date")))
        assert said[0] == said[1] == said[2], call
