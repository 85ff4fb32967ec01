"""A hospital without any feed: its pages in a browser, and what people do with them. For the stories told by hand."""

import html
import json
import re
import secrets
from dataclasses import replace
from typing import Any

import httpx

from aftercall.inside import run as inside_run
from aftercall.inside.doors.office import Contacts
from aftercall.send import Roads
from aftercall.words import Sealed
from tests.device import Device
from tests.world import Night

JUMA, AMINA, NURSE, CLEANER = "+254700000001", "+254700000002", "+254700000003", "mwangi@hospital.example"
CHIEF, DUTY = "+254700000088", "+254 700 000 099"
CONTACTS = Contacts(
    address="https://hospital.example", duty_tel=DUTY, coordinator_phone=CHIEF, coordinator_mail="chief@hospital.example"
)
ON_SHIFT = {JUMA, NURSE, CLEANER}


def opened(night: Night, contacts: Contacts = CONTACTS) -> httpx.AsyncClient:
    """The hospital's pages, with whom to call; a browser that keeps cookies."""
    settings = replace(night.inside_settings, intake_token=Sealed("drop"))
    post = night.hospital_post
    roads = Roads(sms=post, mail=post)
    night.inside = inside_run.build(settings, night.clock, roads, night.inside_store, secrets.token_bytes, contacts)
    night.run(night.inside.start())
    client = httpx.AsyncClient(transport=httpx.ASGITransport(night.inside.app), base_url="https://hospital.example")
    night._wire.append(client)
    return client


Ward = tuple[Night, httpx.AsyncClient]


def told(night: Night) -> set[str]:
    """To whom the note went; links and calls are no notes."""
    return {message.to for message in night.hospital_post.sent if "/tell/" not in message.text and "/desk" not in message.text}


def form_in(page: httpx.Response) -> str:
    found = re.search(r'name="form" value="(\w+)"', page.text)
    assert found is not None
    return found[1]


def press(ward: Ward, unit: str = "RES", form: str = "", code: str = "", **typed: str) -> httpx.Response:
    """Somebody fills in the unit's screen and presses."""
    night, wire = ward
    form = form or form_in(night.run(wire.get(f"/unit/{unit}")))
    given = {"form": form, "code": code or night.inside.office.code(unit), **typed}
    answer = night.run(wire.post(f"/unit/{unit}", data=given))
    night.tick()
    return answer


def shown(ward: Ward, answer: httpx.Response) -> str:
    assert answer.status_code == 303
    return ward[0].run(ward[1].get(answer.headers["location"])).text


def ask(ward: Ward, badge: str, path: str = "/tell", unit: str = "RES", **typed: str) -> httpx.Response:
    night, wire = ward
    answer = night.run(wire.post(path, data={"badge": badge, "unit": unit, **typed}))
    night.tick()
    return answer


def link_to(night: Night, number: str) -> str:
    """The newest link that phone has got, as a path."""
    found = re.search(r"hospital\.example(/tell/\w+)", night.hospital_post.to(number)[-1])
    assert found is not None
    return found[1]


def prove(ward: Ward, number: str) -> httpx.Response:
    night, wire = ward
    answer = night.run(wire.post(link_to(night, number)))
    night.tick()
    return answer


def time_passes(night: Night, **by: float) -> None:
    night.pass_time(**by)
    night.run(night.inside.office.tick())


def night_is_empty(night: Night) -> bool:
    return not any(night.rows("inside", "event", "notice", "attendance", "report").values()) and told(night) == set()


def options_in(page: str) -> dict[str, Any]:
    """What a page asks a passkey for."""
    found = re.search(r'data-options="([^"]*)"', page)
    assert found is not None
    given: dict[str, Any] = json.loads(html.unescape(found[1]))
    return given


def let_in(ward: Ward, link: str, device: Device) -> httpx.Response:
    """Whoever has that link makes a passkey on their device, and is signed in."""
    night, wire = ward
    code = link.partition("#")[2]
    page = night.run(wire.post("/desk/enrol", data={"code": code}))
    assert page.status_code == 200, page.text
    return night.run(wire.post("/desk/enrol/made", data={"code": code, "said": device.made(options_in(page.text))}))


def show(ward: Ward, device: Device) -> httpx.Response:
    """That device's passkey, at the desk's door."""
    night, wire = ward
    wire.cookies.clear()
    page = night.run(wire.get("/desk")).text
    return night.run(wire.post("/desk", data={"said": device.shown(options_in(page))}))


def sign_in(ward: Ward, device: Device | None = None) -> httpx.Response:
    """The first coordinator, by the machine's own link."""
    return let_in(ward, ward[0].run(ward[0].inside.reception.link_from_the_machine("Njeri")), device or Device())


def see(ward: Ward) -> str:
    page = ward[0].run(ward[1].get("/desk"))
    assert page.status_code == 200
    return page.text


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def push(ward: Ward, path: str, **typed: str) -> httpx.Response:
    """A button of the desk as it stands now, for the first card that has what the button names."""
    page = see(ward)
    named = {name: value or hidden(page, name) for name, value in typed.items()}
    answer = ward[0].run(ward[1].post(f"/desk{path}", data={"csrf": hidden(page, "csrf"), **named}))
    ward[0].tick()
    return answer
