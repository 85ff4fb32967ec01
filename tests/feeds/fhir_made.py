"""FHIR resources of one ward in Mombasa, made by us: patient 42, who died on 10 March at 14:02, and the people there."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aftercall.inside.feeds.fhir.bundle import read
from aftercall.inside.feeds.site import Site
from aftercall.inside.road.notice import DEAD, Marks, Notice, Unread

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
DIED = datetime(2026, 3, 10, 11, 2, tzinfo=UTC)
MRN, STAFF = "urn:kisiwa:mrn", "urn:kisiwa:staff"
SITE = Site(
    zone=ZoneInfo("Africa/Nairobi"),
    dead_dispositions=frozenset({"DCD"}),
    mannequins=frozenset({"999"}),
    expected_services=frozenset({"PAL"}),
)
Json = dict[str, Any]


def mark(text: str) -> Marks:
    digest = hashlib.sha256(b"a key of the day" + text.encode("utf-8", "replace")).hexdigest()
    return Marks(digest)


def patient(ident: str = "42", written: str | None = "2026-03-10T14:20:00+03:00", version: str = "3", **more: Any) -> Json:
    meta = {"versionId": version} | ({"lastUpdated": written} if written else {})
    number = [{"system": MRN, "value": ident}]
    name = [{"family": "MFANO", "given": ["ZAWADI"]}]
    return {
        "resourceType": "Patient",
        "id": ident,
        "meta": meta,
        "identifier": number,
        "name": name,
        "birthDate": "1971-06-04",
    } | more


def dead(**more: Any) -> Json:
    return patient(deceasedDateTime="2026-03-10T14:02:00+03:00", **more)


def visit(ident: str = "v1", of: str = "Patient/42", **more: Any) -> Json:
    whole = {
        "resourceType": "Encounter",
        "id": ident,
        "meta": {"lastUpdated": "2026-03-10T14:15:00+03:00"},
        "identifier": [{"system": "urn:kisiwa:visit", "value": ident}],
        "status": "in-progress",
        "class": {"code": "EMER"},
        "subject": {"reference": of},
        "period": {"start": "2026-03-10T12:30:00+03:00"},
        "location": [{"location": {"reference": "Location/res", "display": "RES"}}],
    }
    return whole | more


def attended(role: str, who: str, **period: str) -> Json:
    there = {"type": [{"coding": [{"code": role}]}], "individual": {"reference": who}}
    return there | ({"period": period} if period else {})


def staff(ident: str, number: str) -> Json:
    return {"resourceType": "Practitioner", "id": ident, "identifier": [{"system": STAFF, "value": number}]}


def concept(code: str, system: str = "", display: str = "") -> Json:
    return {"coding": [{"code": code} | ({"system": system} if system else {}) | ({"display": display} if display else {})]}


def left(code: str, system: str = "", display: str = "") -> Json:
    """A hospitalization that ended so."""
    return {"hospitalization": {"dischargeDisposition": concept(code, system, display)}}


def bundle(kind: str, *resources: Json, base: str = "https://ehr.example/fhir", **more: Any) -> Json:
    entries = [{"fullUrl": f"{base}/{one['resourceType']}/{one.get('id', n)}", "resource": one} for n, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} | more


def header(event: Json | None = None, ident: str = "h1", **more: Any) -> Json:
    return {"resourceType": "MessageHeader", "id": ident} | ({"eventCoding": event} if event else {}) | more


def notification(kind: str, count: int, *resources: Json, focus: Iterable[str] = (), numbers: Iterable[int] | None = None) -> Json:
    """As the R4 backport sends it: a history whose first entry is a Parameters."""
    said: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": "https://ehr.example/fhir/Subscription/1"}},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(count)},
    ]
    for number in numbers if numbers is not None else ([count] if kind == "event-notification" else []):
        part: list[Json] = [{"name": "event-number", "valueString": str(number)}]
        part += [{"name": "focus", "valueReference": {"reference": one}} for one in focus]
        said.append({"name": "notification-event", "part": part})
    whole = bundle("history", *resources, timestamp="2026-03-10T14:21:00+03:00")
    whole["entry"].insert(0, {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Parameters", "parameter": said}})
    return whole


def hears(document: Json | bytes, site: Site = SITE, now: datetime = NOW, base: str = "") -> tuple[Notice | Unread, ...]:
    return read(document if isinstance(document, bytes) else json.dumps(document).encode(), site, mark, now, base=base)


def notices(document: Json | bytes, now: datetime = NOW, base: str = "") -> list[Notice]:
    heard = hears(document, now=now, base=base)
    assert all(isinstance(one, Notice) for one in heard), heard
    return [one for one in heard if isinstance(one, Notice)]


def one(document: Json | bytes, now: datetime = NOW) -> Notice:
    """The notice of the patient: the first."""
    return notices(document, now)[0]


def refusal(document: Json | bytes) -> Unread:
    (heard,) = hears(document)
    assert isinstance(heard, Unread), heard
    return heard


def said(notice: Notice) -> dict[str, str]:
    return {sign.path: sign.value for sign in notice.signs}


def is_dead(notice: Notice) -> bool:
    return any(sign.value in DEAD for sign in notice.signs)
