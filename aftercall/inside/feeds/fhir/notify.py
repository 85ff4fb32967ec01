"""Notifications of a subscription (R4 backport): what sort, how many so far, and what has to be read again."""

from collections.abc import Iterator
from dataclasses import dataclass

from aftercall.inside.feeds.fhir.opened import Found, Opened, open_document
from aftercall.inside.feeds.fhir.shapes import Parameter, Parameters, Reference, Resource, Status
from aftercall.inside.feeds.fhir.shaping import shaped
from aftercall.inside.road.notice import Unread

SILENT = frozenset({"handshake", "heartbeat"})


@dataclass(frozen=True)
class Knock:
    """One notification. Events are numbered from the start of the subscription."""

    kind: str  # "handshake", "heartbeat", "event-notification", "query-status"
    subscription: str  # its address
    count: int | None  # eventsSinceSubscriptionStart, these included
    events: tuple[int, ...] = ()  # the numbers of these
    meant: tuple[str, ...] = ()  # addresses of the resources they are about
    carries: bool = False  # those resources stand in it

    def missed(self, last: int | None) -> bool:
        """Were there events between the last we know of and these? None: we know of none, and can't say."""
        if self.count is None or last is None or self.count < last:
            return self.kind not in SILENT and bool(self.count is not None and last is not None)  # it has begun anew
        if self.kind in SILENT or not self.events:
            return self.count > last + (self.kind not in SILENT)
        return min(self.events) > last + 1 or self.count > max(self.events)


def knock_of(opened: Opened | Unread) -> Knock | None:
    """None when it is no notification. The first entry is a Parameters (R4) or a SubscriptionStatus (R4B)."""
    if isinstance(opened, Unread) or opened.type not in ("history", "subscription-notification") or not opened.found:
        return None
    first = opened.found[0]
    if first.type == "SubscriptionStatus":
        status, _ = shaped(first.raw, Status, opened.kind, first.path)
        knock = _of_status(status) if status else None
    elif first.type == "Parameters":
        parameters, _ = shaped(first.raw, Parameters, opened.kind, first.path)
        knock = _of_parameters(parameters) if parameters else None
    else:
        return None
    if knock is None:
        return None
    carries = len(opened.found) > 1
    return Knock(knock.kind, knock.subscription, knock.count, knock.events, knock.meant, carries)


def read_knock(body: bytes) -> Knock | None:
    return knock_of(open_document(body))


def addresses_in(body: bytes) -> tuple[str, ...]:
    """Of the patients and visits that stand in a document."""
    opened = open_document(body)
    if isinstance(opened, Unread):
        return ()
    return tuple(dict.fromkeys(address for found in opened.of("Patient", "Encounter") if (address := _address(found))))


def _address(found: Found) -> str:
    if found.url:
        return found.url
    one, _ = shaped(found.raw, Resource, found.type, found.path)
    return f"{found.type}/{one.id}" if one and one.id else ""


def knocks(opened: Opened) -> bool:
    """A notification that carries no resource: there is nothing in it to be read."""
    knock = knock_of(opened)
    return knock is not None and not knock.carries and not opened.refused


def _of_status(status: Status) -> Knock:
    events = status.notification_event or []
    meant = [one for event in events for one in (event.focus, *(event.additional_context or ()))]
    numbers = (_number(event.event_number) for event in events)
    return Knock(
        status.type or "",
        (status.subscription.reference or "") if status.subscription else "",
        _number(status.events_since_subscription_start),
        tuple(sorted(n for n in numbers if n is not None)),
        _addresses(meant),
    )


def _of_parameters(parameters: Parameters) -> Knock:
    said = parameters.parameter or []
    parts = [part for one in said if one.name == "notification-event" for part in one.part or ()]
    kind = next((one.value_code or "" for one in said if one.name == "type"), "")
    subscription = next((one.value_reference for one in said if one.name == "subscription"), None)
    numbers = (_value(part) for part in parts if part.name == "event-number")
    return Knock(
        kind,
        (subscription.reference or "") if subscription else "",
        next((_value(one) for one in said if one.name == "events-since-subscription-start"), None),
        tuple(sorted(n for n in numbers if n is not None)),
        _addresses([part.value_reference for part in parts if part.name in ("focus", "additional-context")]),
    )


def _addresses(references: list[Reference | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_each(references)))


def _each(references: list[Reference | None]) -> Iterator[str]:
    for reference in references:
        if reference and reference.reference:
            yield reference.reference


def _value(one: Parameter) -> int | None:
    said = (one.value_string, one.value_integer, one.value_unsigned_int)
    return _number(next((value for value in said if value is not None), None))


def _number(said: str | int | None) -> int | None:
    text = str(said) if said is not None else ""
    return int(text) if text.isdecimal() and len(text) < 19 else None
