"""A text to the care half's own number: one word asks, one word ends it, and any other is answered with a number to call."""

from fastapi import APIRouter
from starlette.responses import Response

from aftercall.outside.doors.basic import Here, In
from aftercall.send.heard import reply, text_in

router = APIRouter(prefix="/basic/v1")


@router.post("/{token}/sms/{provider}")
async def text(here: Here, this: In, provider: str) -> Response:
    """The answer comes when the ask is on the disk: in this answer, or as a text of its own where the provider wants that."""
    came = text_in(provider, here.settings, this.path, this.head, this.body)
    said = await here.hear(came.sender, came.text)
    answer = reply(provider, said)
    if answer is None:
        here.send(here.number(came.sender), said)
        return Response("")
    return Response(answer[0], media_type=answer[1])
