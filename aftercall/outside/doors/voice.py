"""A missed call is enough: it is turned away unanswered, costs nothing, and a colleague calls back."""

from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter
from starlette.responses import Response

from aftercall.locale import LANGUAGES, speak
from aftercall.outside.doors.basic import Here, In
from aftercall.outside.ringing import CALL
from aftercall.send.heard import Unheard, form_of, signed

router = APIRouter(prefix="/basic/v1")


@router.post("/{token}/voice/africastalking")
async def africas_talking(here: Here, this: In) -> Response:
    """A call came in, or one of ours was answered and wants to know what to say (send/africastalking.py)."""
    form = form_of(this.body)
    if form.get("isActive") != "1":
        return _xml("")  # it is over; what it cost and how long it was is not read
    if form.get("direction", "").lower() == "outbound":
        language = form.get("clientRequestId", "")[:2]
        return _xml(_twice(here.settings.voice_sounds, language if language in LANGUAGES else "en"))
    kept = await _flashed(here, form.get("callerNumber", ""))
    return _xml("<Reject/>" if kept else f"<Dial phoneNumbers={quoteattr(here.settings.duty_tel)}/>")


@router.post("/{token}/voice/twilio")
async def twilio(here: Here, this: In) -> Response:
    form = form_of(this.body)
    if not signed(here.settings, this.path, this.head, form):
        raise Unheard
    kept = await _flashed(here, form.get("From", ""))
    return _xml('<Reject reason="busy"/>' if kept else f"<Dial>{escape(here.settings.duty_tel)}</Dial>")


@router.post("/{token}/voice/gateway")
async def own_line(here: Here, this: In) -> Response:
    """From a modem or exchange of one's own, as a form with `caller`: 204, turn it away; 503, let it ring the duty phone."""
    return Response(status_code=204 if await _flashed(here, form_of(this.body).get("caller", "")) else 503)


async def _flashed(here: Here, caller: str) -> bool:
    """Is the number kept? One that hides itself can't be called back: it is put through to the duty phone."""
    number = here.number(caller)
    if number and number == here.number(here.settings.duty_tel) and await here.half.phone_heard():
        return True  # this answers its test: nothing more is wanted
    return bool(number) and await here.call_me(number, here.settings.basic_language)


def _twice(sounds: str, language: str) -> str:
    if sounds:
        return f"<Play url={quoteattr(f'{sounds.rstrip(chr(47))}/{language}.mp3')}/>" * 2
    return f"<Say>{escape(speak(language)(CALL))}</Say>" * 2


def _xml(inner: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>', media_type="text/xml")
