"""A menu for any phone: ask for a call, and for a peer also on duty and off. It keeps nothing from one press to the next."""

from fastapi import APIRouter
from starlette.responses import Response

from aftercall.locale import marked as _
from aftercall.outside.doors.basic import CALLED, PLEASE, Basic, Here, In, digits
from aftercall.outside.road.directory import Entry
from aftercall.send.heard import form_of

router = APIRouter(prefix="/basic/v1")
LONGEST = 16  # hours of a duty


ASK = _("1 A colleague calls me")
DUTY = _("2 I am on call\n3 I am not on call")
HOURS = _("For how many hours? 1 to 16")
KEY = _("Open your page once first, then come back.")


@router.post("/{token}/ussd/africastalking")
async def menu(here: Here, this: In) -> Response:
    """`text` is everything typed so far, with * between."""
    form = form_of(this.body)
    number = here.number(form.get("phoneNumber", ""))
    typed = [part.strip() for part in form.get("text", "").split("*")] if form.get("text") else []
    peer = await here.peer_of(number)
    return Response(await _answer(here, number, peer, typed), media_type="text/plain; charset=utf-8")


async def _answer(here: Basic, number: str, peer: Entry | None, typed: list[str]) -> str:
    language = str((peer.known().get("languages") or [""])[0]) if peer else ""
    match typed:
        case ["1"]:
            kept = bool(number) and await here.call_me(number, language or here.settings.basic_language)
            return f"END {here.say(CALLED if kept else PLEASE, language)}"
        case ["2"] if peer:
            return f"CON {here.say(HOURS, language)}"
        case ["2", hours] if peer and 1 <= digits(hours) <= LONGEST:
            return f"END {await here.duty(peer, digits(hours)) or here.say(KEY, language)}"
        case ["3"] if peer:
            return f"END {await here.duty(peer, 0)}"
        case []:
            return "CON " + "\n".join(here.say(text, language) for text in ((ASK, DUTY) if peer else (ASK,)))
    return f"END {here.say(PLEASE, language)}"
