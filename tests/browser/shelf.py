"""The phone's pages alone, served as the care half serves them: for all that needs no talk."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from aftercall.config import Outside
from aftercall.outside.doors import page
from aftercall.outside.doors.cover import Cover
from aftercall.outside.doors.shelf import Shelf

LINES = [
    {"name": "Somebody to call", "tel": "+254 722 000 001", "hours": "day and night"},
    {"name": "Across the border", "tel": "1199", "hours": "8 to 20", "place": "Uganda"},
]
COVER = "https://inside.example/cover"


def settings(cover: str = COVER) -> Outside:
    return Outside(
        data=Path("nowhere"),
        programme="nairobi",
        name="Nairobi colleagues",
        run_by="Kenya Medical Association",
        codes=["none"],
        duty_tel="+254 711 000 111",
        lines=[*LINES],
        cover=cover,
    )


@contextmanager
def shelf(cover: str = COVER) -> Iterator[str]:
    """Gives the address. Whatever is asked of the care half itself is not there: its answer is 404."""
    with server(cover) as (address, _):
        yield address


@contextmanager
def server(cover: str = COVER) -> Iterator[tuple[str, FastAPI]]:
    """The same, and the application, whose shelf may be changed under the eyes of a visitor."""
    app = FastAPI()
    app.state.shelf = Shelf(settings(cover), bytes(32))
    app.include_router(page.router)
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Cover(app), log_level="warning", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}", app
    finally:
        server.should_exit = True
        thread.join()
        door.close()
