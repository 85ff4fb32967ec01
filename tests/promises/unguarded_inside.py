"""Doors of the hospital's half that a hurried programmer might leave ajar: each is one change of the running program."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from aftercall.inside.doors import hand, reception
from aftercall.signin.seat import MACHINE, Session


def no_check() -> None:
    """Whoever comes is let in to the list of the units' codes."""
    real = reception.Reception.of

    async def of(self: reception.Reception, request: Request, *roles: str) -> reception.Seated | None:
        if request.url.path == "/desk/units":
            return reception.Seated(Session("", MACHINE, self._office.now(), self._office.now(), self._office.now()), "")
        return await real(self, request, *roles)

    reception.Reception.of = of  # type: ignore[method-assign, assignment]


def a_new_route() -> None:
    async def board() -> Response:
        return Response("how many of each ward were written to")

    hand.router.add_api_route("/board", board)


LEAKS: dict[str, Callable[[], None]] = {
    "a route that forgets its check": no_check,
    "a route without a row": a_new_route,
}
