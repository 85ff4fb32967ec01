"""Phones that look how their ask stands, and phones that ask: each at its own time, whatever the door does. One line of JSON."""

import asyncio
import base64
import hashlib
import json
import secrets
import sys
import time
from typing import Any

from aftercall.send.kept import Kept

SEALED, CONTACT = 1105, 284


def ask(pids: list[str]) -> bytes:
    """As large as a real one; nobody here opens a copy, so its bytes are random."""
    copies = {pid: {"cap": secrets.token_hex(32), "ct": base64.b64encode(secrets.token_bytes(SEALED)).decode()} for pid in pids}
    contact = base64.b64encode(secrets.token_bytes(CONTACT)).decode()
    hc = hashlib.sha256(secrets.token_bytes(16)).hexdigest()
    form = {"v": 1, "box": secrets.token_hex(16), "hc": hc, "order": pids, "copies": copies, "contact": contact, "all": 0}
    return json.dumps(form | {"due": "000000"}).encode()


class Phones:
    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked, self._client = asked, Kept(60)
        self.said = {f"{asked[what]} {what}/s": {"ms": [], "sent": 0, "bad": 0} for what in ("polls", "asks")}

    async def one(self, what: str, due: float, method: str, path: str, head: dict[str, str], body: bytes) -> None:
        said: dict[str, Any] = self.said[f"{self._asked[what]} {what}/s"]
        said["sent"] += 1
        answer = await self._client.call(method, f"http://127.0.0.1:{self._asked['port']}/care/v1/{path}", head, body)
        said["ms"].append((time.perf_counter() - due) * 1000)
        said["bad"] += not answer.is_success

    async def run(self) -> None:
        a, begun, going = self._asked, time.perf_counter(), list[asyncio.Task[None]]()
        plan = [("polls", n / a["polls"]) for n in range(a["polls"] * a["seconds"])]
        plan += [("asks", n / a["asks"]) for n in range(a["asks"] * a["seconds"])]
        for n, (what, at) in enumerate(sorted(plan, key=lambda one: one[1])):
            if (left := begun + at - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            if what == "polls":
                box, cap = a["boxes"][n % len(a["boxes"])]
                call = self.one(what, begun + at, "GET", "box/state", {"X-Box": box, "X-Cap": cap}, b"")
            else:
                head = {"X-Code": a["code"], "Content-Type": "application/json"}
                call = self.one(what, begun + at, "POST", "box", head, ask(a["pids"]))
            going.append(asyncio.create_task(call))
        await asyncio.gather(*going)


async def main() -> None:
    phones = Phones(json.load(sys.stdin))
    await phones.run()
    print(json.dumps(phones.said))


if __name__ == "__main__":
    asyncio.run(main())
