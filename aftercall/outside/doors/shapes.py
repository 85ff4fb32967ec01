"""The forms in which phones write to the care half. Everything has a length and an alphabet; what doesn't fit is refused."""

import re
from typing import Annotated, Literal

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from aftercall.outside.doors.answers import Refused
from aftercall.outside.flow import Held
from aftercall.outside.road.box import LATEST, MOST_COPIES, Ask
from aftercall.outside.road.reach import LATEST as LATEST_WAY
from aftercall.outside.road.reach import Way
from aftercall.outside.road.seal import CONTACT, COPY
from aftercall.words import Moment, moment, unb64

Hex16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Pid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
Sig = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z+/=]{88}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z+/=]{88}$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]
Text = Annotated[str, StringConstraints(max_length=200)]
Hour = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]  # hours since 1970, UTC: six digits until 2084
NOW = "000000"


def of_size(text: str, size: int) -> bytes:
    try:
        data = unb64(text)
    except ValueError:
        raise ValueError("not base64") from None
    if len(data) != size:
        raise ValueError(f"should be {size} bytes, is {len(data)}")
    return data


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class CopyForm(Form):
    cap: Hex32
    ct: Annotated[str, StringConstraints(max_length=2000)]

    @field_validator("ct")
    @classmethod
    def whole(cls, text: str) -> str:
        of_size(text, COPY)
        return text


class AskForm(Form):
    """One request: see docs/care-api.md."""

    v: int
    box: Hex16
    hc: Hex32
    order: list[Pid]
    copies: dict[Pid, CopyForm]
    contact: Annotated[str, StringConstraints(max_length=400)]
    all: int
    due: Hour = NOW

    @field_validator("contact")
    @classmethod
    def whole(cls, text: str) -> str:
        of_size(text, CONTACT)
        return text

    @model_validator(mode="after")
    def one_copy_each(self) -> "AskForm":
        if self.v != 1 or self.all not in (0, 1):
            raise ValueError("v must be 1, all must be 0 or 1")
        if not 1 <= len(self.order) <= MOST_COPIES:
            raise ValueError(f"order must name 1 to {MOST_COPIES} peers")
        if len(set(self.order)) != len(self.order) or set(self.order) != set(self.copies):
            raise ValueError("order must name each peer of copies once, and no other")
        return self

    def ask(self, now: Moment) -> Ask:
        """Raises Refused for an hour too far away; one that has begun is now."""
        copies = {pid: (copy.cap, unb64(copy.ct)) for pid, copy in self.copies.items()}
        later = moment(int(self.due) * 3600)
        if later > now + LATEST:
            raise Refused(400, "due", "At most two days from now. Is the clock of this phone right? You can ask for now, or call.")
        return Ask(self.box, self.hc, tuple(self.order), copies, unb64(self.contact), bool(self.all), later)


class LoginForm(Form):
    pid: Pid
    challenge: Text
    sig: Sig


class DutyForm(Form):
    on: int
    until: Text = ""


class RestForm(Form):
    until: Text = ""


class GatherForm(Form):
    until: Text = ""


class TurnForm(Form):
    on: int
    begins: Text
    ends: Text = ""


class KeyForm(Form):
    kem: Key
    kem_after: Day
    kem_sig: Sig


Road = Literal["push", "sms", "voice", "mail"]


class WayForm(Form):
    """One road to this peer: a number for sms and voice, an address for mail, a push service's address for push."""

    road: Road
    to: Annotated[str, StringConstraints(pattern=r"^[!-~](?:[ -~]{0,998}[!-~])?$")]
    after: Annotated[int, Field(ge=0, le=LATEST_WAY)]
    came: bool = True  # did the last test ring by it arrive?

    @model_validator(mode="after")
    def fits_its_road(self) -> "WayForm":
        form = {"push": r"https://\S+", "mail": r"[^\s@<>,;\"]+@[^\s@<>,;\"]+"}.get(self.road, r"\+?[0-9][0-9 ()-]{2,24}")
        if not re.fullmatch(form, self.to):
            raise ValueError("to is no number for sms and voice, no address for mail, or no https address for push")
        return self


class ReachForm(Form):
    roads: Annotated[list[WayForm], Field(max_length=4)]
    reserve: bool = False  # may be rung off duty, when more wait than those on duty can answer

    @model_validator(mode="after")
    def one_each(self) -> "ReachForm":
        if len({way.road for way in self.roads}) != len(self.roads):
            raise ValueError("each road once")
        return self

    def ways(self) -> tuple[Way, ...]:
        return tuple(Way(way.road, way.to, way.after, way.came) for way in self.roads)


class TestForm(Form):
    road: Road


async def held(x_box: Annotated[str, Header()] = "", x_cap: Annotated[str, Header()] = "") -> Held:
    """The box and the capability from the headers. What can't be either is a box that doesn't exist, not another error."""
    try:
        cap = bytes.fromhex(x_cap)
    except ValueError:
        cap = b""
    return Held(x_box if len(x_box) == 32 and x_box.isalnum() else "-", cap if len(cap) == 16 else b"")


async def patience(x_wait: Annotated[str, Header()] = "0") -> float:
    """How long the call may be held: 0 to 25 seconds."""
    return float(min(int(x_wait), 25)) if x_wait.isdecimal() and len(x_wait) < 4 else 0.0
