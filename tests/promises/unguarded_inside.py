"""Doors of the hospital's half that a hurried programmer might leave ajar: each is one change of the running program."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from aftercall.inside.doors import desk, hand


def no_check() -> None:
    """Whoever comes is let in to the list of the units' codes."""
    real = desk.Reception.of

    def of(self: desk.Reception, request: Request) -> desk.Session | None:
        if request.url.path == "/desk/units":
            return desk.Session("", self._office.now())
        return real(self, request)

    desk.Reception.of = of  # type: ignore[method-assign]


def a_new_route() -> None:
    async def board() -> Response:
        return Response("how many of each ward were written to")

    hand.router.add_api_route("/board", board)


LEAKS: dict[str, Callable[[], None]] = {
    "a route that forgets its check": no_check,
    "a route without a row": a_new_route,
}
