"""The care half's desk, as its coordinator has it: a browser that keeps cookies, a passkey, and buttons."""

import json
import re
from pathlib import Path

import httpx
from aftercall_stage.phones import Peer

from tests.device import Device
from tests.stories.ward import hidden, options_in
from tests.world import Night

SITE = "https://care.example"


class Bureau:
    """Njeri's browser, at the desk of this night's care half."""

    def __init__(self, night: Night) -> None:
        self.night, self.device = night, Device(SITE)
        self.wire = httpx.AsyncClient(transport=httpx.ASGITransport(night.outside.app), base_url=SITE)
        night._wire.append(self.wire)

    def link(self, name: str = "Njeri") -> str:
        return self.night.run(self.night.outside.reception.link_from_the_machine(name))

    def let_in(self, link: str, device: Device) -> httpx.Response:
        code = link.partition("#")[2]
        page = self.post("/enrol", code=code)
        return self.post("/enrol/made", code=code, said=device.made(options_in(page.text))) if page.status_code == 200 else page

    def sign_in(self) -> "Bureau":
        """The first coordinator, by the machine's own link."""
        assert self.let_in(self.link(), self.device).status_code == 303
        return self

    def touch(self, page: str = "/peers") -> None:
        shown = self.see(page).text
        if "data-options" in shown:
            said = self.device.shown(options_in(shown))
            self.post("/touch", csrf=hidden(shown, "csrf"), next=page.removeprefix("/"), said=said)

    def see(self, page: str = "") -> httpx.Response:
        return self.night.run(self.wire.get(f"/desk{page}"))

    def post(self, path: str, **typed: str) -> httpx.Response:
        return self.night.run(self.wire.post(f"/desk{path}", data=typed))

    def press(self, path: str, page: str = "", **typed: str) -> httpx.Response:
        """A button on that page, as it stands now."""
        return self.post(path, csrf=hidden(self.see(page).text, "csrf"), **typed)

    def hand_in(self, path: str, page: str, name: str, content: bytes) -> httpx.Response:
        """A file chosen in the form of that page."""
        csrf = hidden(self.see(page).text, "csrf")
        return self.night.run(self.wire.post(f"/desk{path}", data={"csrf": csrf}, files={"file": (name, content)}))


def said(page: httpx.Response) -> str:
    """What a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.text.partition("<main>")[2].partition("</main>")[0]).split())


def asked(night: Night, name: str) -> Path:
    """The request that this peer's phone has saved, on a stick."""
    card = {"name": name, "profession": "nurse", "unit": "ICU", "languages": ["en"], "tel": "+254700100077"}
    request = night.folder / f"{name}.json"
    if not request.exists():
        peer = Peer(night.wire(), {**card, "signal": "", "whatsapp": ""}, "kisumu", clock_now=night.clock.now)
        request.write_text(json.dumps(peer.request()))
    return request
