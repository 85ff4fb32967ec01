"""What this half says to people, in every language, and how it is set: to be read here, and changed where it stands."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from aftercall.config import listed
from aftercall.inside.doors import hand, mine, signin
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import PATH
from aftercall.inside.doors.signin import Seat
from aftercall.inside.half import ELSEWHERE, PROMPT, STOPPED
from aftercall.inside.posting import NOTE, SUBJECT
from aftercall.inside.road.report import PROVE, WAITS
from aftercall.locale import DRAFTS, LANGUAGES, speak
from aftercall.locale import marked as _
from aftercall.locale.revealing import revealing
from aftercall.send.kannel import GSM7, GSM7_TWICE, places
from aftercall.signin.seat import ROLES

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=hand.Caught)
ONE = 160  # places of one text message
TEXTS = (
    (NOTE, _("To everyone who was there, now and later")),
    (PROMPT, _("To a unit's own number, after a loss of weight 2")),
    (STOPPED, _("To whoever said STOP")),
    (ELSEWHERE, _("To whoever answers with any other word")),
    (PROVE, _("To a colleague who told of a loss")),
    (mine.CODE, _("To whoever opens their own page")),
    (WAITS, _("To the coordinator")),
    (SUBJECT, _("Subject of a mail")),
    (mine.SUBJECT, _("Subject of a mail with a code")),
)
"""Every text that leaves this half, and to whom it goes."""
TOKEN = "x" * 32  # as long as a link's


@dataclass(frozen=True)
class Spoken:
    """A text in one language as it goes out. `strange`: letters that not every telephone has, with which 70 make a text."""

    language: str
    text: str
    places: int
    strange: str
    revealing: tuple[str, ...]
    draft: bool

    @property
    def fits(self) -> bool:
        return self.places <= ONE and not self.strange


def spoken(text: str, language: str, filled: dict[str, str]) -> Spoken:
    said = speak(language)(text).format(**filled)
    strange = "".join(sorted(set(said) - GSM7 - GSM7_TWICE))
    words = tuple(revealing(language, speak(language)(text)))
    return Spoken(language, said, places(said), strange, words, language in DRAFTS)


def _filled(here: Office, text: str) -> dict[str, str]:
    """What stands in it when it goes out, as long as it is then."""
    address = here.contacts.address.rstrip("/")
    links = {NOTE: here.half.settings.care_link, PROMPT: here.contacts.cover or address, PROVE: f"{address}/tell/{TOKEN}"}
    return {"link": links.get(text, f"{address}/desk"), "code": "12345678"}


@router.get("/texts")
async def texts(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if await seat.of(request, *ROLES) is None:
        return signin.show(request, on, seat, 403, "session")
    said = [(whom, [spoken(text, language, _filled(here, text)) for language in LANGUAGES]) for text, whom in TEXTS]
    return on.show(request, "texts.html", texts=said, one=ONE)


@router.get("/settings")
async def settings(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Meaning and reason are the documentation's own words, and in English as they are."""
    if await seat.of(request, *ROLES) is None:
        return signin.show(request, on, seat, 403, "session")
    return on.show(request, "settings.html", **listed(here.half.settings))
