"""A server knocks: 200 means stored, what was missed or only pointed at has been asked for, and strangers find no door."""

import asyncio
import json
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from aftercall.door import MOST, Measured
from aftercall.inside.doors import fhir
from aftercall.inside.doors.fhir import Subscribed
from aftercall.inside.feeds.fhir.notify import Knock, read_knock
from aftercall.inside.run import LARGER
from aftercall.words import Sealed
from tests.feeds.fhir_ears import Asker
from tests.feeds.fhir_made import NOW, Json, bundle, dead, left, notification, patient, visit
from tests.feeds.fhir_server import BASE, Ehr

PATH = "/inside/v1/fhir/w7"


@dataclass
class Gate:
    """The door with a server behind it that can be asked."""

    ehr: Ehr = field(default_factory=Ehr)
    asks: bool = True

    def __post_init__(self) -> None:
        self.asker = Asker(self.ehr)
        self.far_end = Subscribed(self.asker.ears, Sealed("w7"), lambda: NOW, self.asker.asking if self.asks else None, BASE)
        self.app = FastAPI()
        self.app.include_router(fhir.router)
        self.app.state.fhir = self.far_end

    def knock(self, *documents: Json | bytes, path: str = PATH, method: str = "POST") -> list[int]:
        async def play() -> list[int]:
            whole = Measured(self.app, LARGER)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=whole), base_url="http://inside") as client:
                bodies = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in documents]
                return [(await client.request(method, path, content=body)).status_code for body in bodies]

        return asyncio.run(play())


def test_a_handshake_and_a_heartbeat_are_answered_and_keep_nothing() -> None:
    gate = Gate()
    assert gate.knock(notification("handshake", 0), notification("heartbeat", 0)) == [200, 200]
    assert gate.asker.ears.taken == []


def test_a_full_notification_is_taken_and_nothing_is_asked_when_none_was_missed() -> None:
    gate = Gate()
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("event-notification", 2, dead(), visit())) == [200]
    assert [n.doubt for n in gate.asker.ears.dead] == [""]
    assert gate.ehr.asked == []


def test_a_notification_with_a_whole_stay_in_it_is_taken() -> None:
    gate = Gate()
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("event-notification", 2, dead(), visit(note="x" * 2 * MOST))) == [200]
    assert [n.doubt for n in gate.asker.ears.dead] == [""]


def test_a_death_told_without_its_visits_is_read_again_with_them() -> None:
    gate = Gate(Ehr([dead(), visit()]))
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("event-notification", 2, dead())) == [200]
    assert [n.doubt for n in gate.asker.ears.dead] == [""]


def test_without_a_server_to_ask_the_doubt_is_kept() -> None:
    gate = Gate(asks=False)
    assert gate.knock(notification("event-notification", 2, dead()), notification("event-notification", 9)) == [200, 200]
    assert [n.doubt for n in gate.asker.ears.dead] == ["no current visit"]


def test_an_id_only_notification_is_read_anew() -> None:
    gate = Gate(Ehr([dead(), visit(status="finished", **left("exp"))]))
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("event-notification", 2, focus=["Encounter/v1"])) == [200]
    assert len(gate.asker.ears.dead) == 2
    assert gate.asker.kept == []


@pytest.mark.parametrize("count", [2, 3, 7])
def test_an_empty_notification_or_a_gap_asks_for_everything_since(count: int) -> None:
    gate = Gate(Ehr([dead(), visit()]))
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("event-notification", count)) == [200]
    assert len(gate.asker.ears.dead) == 1
    assert gate.asker.kept != []


def test_a_heartbeat_tells_of_a_gap_as_well() -> None:
    gate = Gate(Ehr([dead(), visit()]))
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("heartbeat", 1)) == [200]
    assert gate.ehr.asked == []
    assert gate.knock(notification("heartbeat", 3)) == [200]
    assert len(gate.asker.ears.dead) == 1


def test_the_first_knock_after_a_start_asks_once_what_came_before() -> None:
    gate = Gate(Ehr([patient("43")]))
    assert gate.knock(
        notification("event-notification", 5, dead(), visit()), notification("event-notification", 6, patient("44"))
    ) == [200, 200]
    assert len([url for url in gate.ehr.asked if url.startswith("Patient?")]) == 1


def test_what_could_not_be_stored_is_sent_again() -> None:
    gate = Gate()
    gate.asker.ears.full = True
    assert gate.knock(notification("event-notification", 1, dead(), visit())) == [503]
    assert gate.far_end.counts == {}
    gate.asker.ears.full = False
    assert gate.knock(notification("event-notification", 1, dead(), visit())) == [200]


def test_a_gap_that_could_not_be_asked_for_is_not_forgotten() -> None:
    gate = Gate(Ehr([dead(), visit()], troubles=[Response(status_code=503) for _ in range(6)]))
    gate.far_end.counts["https://ehr.example/fhir/Subscription/1"] = 1
    assert gate.knock(notification("event-notification", 4), notification("event-notification", 4)) == [503, 200]
    assert len(gate.asker.ears.dead) == 1


def test_a_plain_r4_subscription_puts_the_resource_or_nothing() -> None:
    gate = Gate(Ehr([dead(), visit()]))
    assert gate.knock(dead(), path=f"{PATH}/Patient/42", method="PUT") == [200]
    assert [n.doubt for n in gate.asker.ears.dead] == [""]
    assert gate.knock(b"") == [200]
    assert len(gate.asker.ears.dead) == 2


def test_a_stranger_finds_no_door_and_nonsense_is_put_down() -> None:
    gate = Gate()
    assert gate.knock(notification("handshake", 0), path="/inside/v1/fhir/other") == [404]
    assert gate.knock(b"{half", b"\xff\xfe", b"[" * 100_000) == [400, 400, 400]
    assert [u.code for u in gate.asker.ears.refused] == ["not-json"] * 3
    gate.app.state.fhir = None
    assert gate.knock(notification("handshake", 0)) == [404]


def test_a_notification_is_understood_in_both_forms() -> None:
    status: Json = {"resourceType": "SubscriptionStatus", "type": "event-notification", "eventsSinceSubscriptionStart": "4"}
    status |= {
        "subscription": {"reference": "Subscription/1"},
        "notificationEvent": [{"eventNumber": 4, "focus": {"reference": "Patient/42"}}],
    }
    knock = read_knock(json.dumps(bundle("subscription-notification", status)).encode())
    assert knock == Knock("event-notification", "Subscription/1", 4, (4,), ("Patient/42",), False)
    older = read_knock(json.dumps(notification("event-notification", 4, patient(), focus=["Patient/42"])).encode())
    assert older == Knock("event-notification", "https://ehr.example/fhir/Subscription/1", 4, (4,), ("Patient/42",), True)
    assert read_knock(json.dumps(bundle("history", patient())).encode()) is None


@pytest.mark.parametrize(
    ("count", "events", "last", "missed"),
    [
        (5, (5,), 4, False),
        (5, (4, 5), 3, False),
        (5, (5,), 3, True),
        (5, (5,), 5, False),
        (1, (1,), 9, True),
        (5, (), 3, True),
        (5, (3,), 2, True),
    ],
)
def test_a_gap_is_seen_in_the_numbers(count: int, events: tuple[int, ...], last: int, missed: bool) -> None:
    assert Knock("event-notification", "s", count, events).missed(last) is missed
