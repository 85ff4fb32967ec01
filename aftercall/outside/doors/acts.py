"""For the half's own socket: whoever works at its machine has an act written down, and reads them all."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aftercall.outside import acts
from aftercall.outside.half import Half


def from_the_machine(half: Half) -> tuple[Route, Route]:
    async def note(request: Request) -> Response:
        what = (await request.json()).get("what")
        if what not in acts.TOLD:
            return JSONResponse({}, 400)
        await half.note(what)
        return JSONResponse({})

    async def told(_: Request) -> Response:
        return JSONResponse({"acts": await half.acts_told()})

    return Route("/act", note, methods=["POST"]), Route("/acts", told, methods=["POST"])
