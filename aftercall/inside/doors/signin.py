"""The way in at the hospital's desk: as at any desk (signin/doors.py), with the hospital's own reception behind it."""

from typing import Annotated

from fastapi import Depends, Request

from aftercall.inside.doors.reception import AGAIN as AGAIN
from aftercall.inside.doors.reception import Reception
from aftercall.inside.store.seats import DESK
from aftercall.inside.store.seats import LASTS as KINDS
from aftercall.signin.doors import NAME as NAME
from aftercall.signin.doors import from_the_machine as from_the_machine
from aftercall.signin.doors import router as router
from aftercall.signin.doors import show as show

LASTS = KINDS[DESK].total_seconds()


def reception(request: Request) -> Reception:
    this: Reception = request.app.state.reception
    return this


Seat = Annotated[Reception, Depends(reception)]
