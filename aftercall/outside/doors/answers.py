"""What every answer of the care half looks like from outside: padded, and telling nothing by its size."""

import json
import re
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response


class Refused(Exception):
    """An answer in the 4xx, with one word for a program and one sentence for a person."""

    def __init__(self, status: int, word: str, say: str) -> None:
        self.status, self.word, self.say = status, word, say


def padded(what: dict[str, Any], size: int, status: int = 200) -> Response:
    """JSON of exactly `size` bytes, or of the next multiple of it when there is more."""
    bare = json.dumps({**what, "pad": ""}, ensure_ascii=False, separators=(",", ":"))
    length = len(bare.encode())
    full = bare[:-2] + "0" * (-length % size) + '"}'
    return Response(full, status, media_type="application/json")


def gone() -> Response:
    """Unknown box, wrong capability and ended talk, all alike."""
    return padded({"error": "gone"}, 256, 404)


async def refused(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refused)
    if problem.status == 404:
        return gone()
    return padded({"error": problem.word, "say": problem.say}, 256, problem.status)


async def unreadable(_: Request, problem: Exception) -> Response:
    """Names the field, never what stood in it."""
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    where = re.sub(r"[^\w.]", "?", ".".join(str(part) for part in first["loc"])[:80], flags=re.ASCII)  # so that 256 bytes hold it
    return padded({"error": "form", "say": f"{where}: {str(first['msg'])[:100]}"}, 256, 400)


async def ours(_: Request, __: Exception) -> Response:
    return padded({"error": "ours", "say": "Something failed here. Nothing was lost; try again, or call."}, 256, 500)
