"""Doors of the care half that a hurried programmer might leave ajar: each is one change of the running program."""

from collections.abc import Callable

from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.outside import flow
from aftercall.outside.doors import answers, care
from aftercall.outside.ladder import Rules
from aftercall.outside.store import boxes
from aftercall.words import Moment


def _instead(kind: type[flow.Held], then: Callable[[Connection, flow.Press, Rules], flow.Answer]) -> None:
    """What is answered to this press when no capability of that box was shown, and the box is there."""
    real = flow.answer

    def answer(conn: Connection, press: flow.Press, rules: Rules, now: Moment) -> flow.Answer:
        given = real(conn, press, rules, now)
        if isinstance(press, kind) and given.word == "gone" and boxes.find(conn, rules.programme, press.box):
            return then(conn, press, rules)
        return given

    flow.answer = answer


def no_check() -> None:
    _instead(flow.Spoken, lambda *_: flow.Answer("ok", moved=False))


def another_size() -> None:
    """As if it were a help to say that there is such an ask."""
    here = [False]

    def seen(*_: object) -> flow.Answer:
        here[0] = True
        return flow.GONE

    def gone() -> Response:
        there, here[0] = here[0], False
        return answers.padded({"error": "gone", "say": "not with this capability"}, 512, 404) if there else answers.gone()

    _instead(flow.Pass, seen)
    vars(care)["gone"] = gone


def one_look_more() -> None:
    def looked(conn: Connection, press: flow.Press, rules: Rules) -> flow.Answer:
        boxes.copies(conn, rules.programme, press.box)
        return flow.GONE

    _instead(flow.Close, looked)


def a_new_route() -> None:
    async def all_that_wait() -> Response:
        return answers.padded({"boxes": []}, 256)

    care.router.add_api_route("/boxes", all_that_wait)


LEAKS: dict[str, Callable[[], None]] = {
    "a route that forgets its check": no_check,
    "a forbidden answer of another size": another_size,
    "one statement more for a box that is there": one_look_more,
    "a route without a row": a_new_route,
}
