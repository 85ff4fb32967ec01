"""What the envelope of a document says: when it was sent, for a test or in earnest, and what it takes back."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aftercall.inside.feeds.fhir.death import is_test
from aftercall.inside.feeds.fhir.moments import time_in
from aftercall.inside.feeds.fhir.opened import Opened
from aftercall.inside.feeds.fhir.shapes import Header, Meta, Parameters, Provenance
from aftercall.inside.feeds.fhir.shaping import S, shaped
from aftercall.inside.feeds.site import Site
from aftercall.inside.feeds.times import Time

_VRDR = re.compile(r"vrdr|death-certificate|nchs\.cdc\.gov", re.IGNORECASE)
_NEWS = ("vrdr_submission", "vrdr_submission_update", "vrdr_submission_void")
_TOOK_BACK = ("cancel-", "revise-", "retract-", "modified-", "an_", "re_")
_DEAD = re.compile(r"mors|deceas|\bdead\b|death", re.IGNORECASE)


@dataclass(frozen=True)
class Envelope:
    """All of it is empty for a plain resource or an answer to a search."""

    sent: Time | None = None
    is_event: bool = False  # somebody is being told, now, of a patient here: the visit is current by nature
    is_test: bool = False
    certified: bool = False  # a death certificate (VRDR)
    is_answer: bool = False  # registries talking of a certificate they have
    document: str = ""  # the message that this one is, or takes the place of
    corrects: bool = False  # it takes the place of an earlier one
    voids: bool = False  # and says only that the earlier one was wrong
    says_dead: bool = False  # by the event itself


def envelope_of(opened: Opened, site: Site) -> Envelope:
    header = next(_shapes(opened, Header, "MessageHeader"), None) if opened.type == "message" else None
    bundle, uri = opened.bundle, (header.event_uri or "") if header else ""
    metas = (bundle.meta, header.meta if header else None)
    test = is_test(metas)
    sent = time_in(bundle.timestamp, site.zone) or _written(metas, site)
    certified = bool(_VRDR.search(uri)) or any(_VRDR.search(p) for b in (bundle, *opened.inner) for p in _profiles(b.meta))
    if certified:
        event = uri.rpartition("/")[2].casefold()
        number = _certificate(opened)
        return Envelope(
            sent,
            is_test=test,
            certified=True,
            is_answer=header is not None and event not in _NEWS,
            document=f"VRDR|{number}" if number else "",
            corrects=event in _NEWS[1:],
            voids=event == _NEWS[2],
        )
    if header is None:
        return Envelope(sent, is_test=test)
    return _event(opened, header, sent, test)


def _event(opened: Opened, header: Header, sent: Time | None, test: bool) -> Envelope:
    """MedCom tells in Provenance.activity what a message is, and in its entity which earlier one it revises or removes."""
    me = str(header.id or "")
    trail = {_tail(t.reference): p for p in _shapes(opened, Provenance, "Provenance") for t in p.target or ()}
    activity, root = _activity(trail.get(me)), me
    for _ in range(len(trail)):  # a correction of a correction takes the place of the first
        earlier = _earlier(trail.get(root))
        if not earlier:
            break
        root = earlier
    code = str(header.event_coding.code or "") if header.event_coding else ""
    corrects = root != me
    return Envelope(
        sent,
        is_event=True,
        is_test=test,
        document=f"MessageHeader|{root}" if trail and me else "",
        corrects=corrects,
        voids=corrects and activity.startswith(("cancel-", "retract-", "an_")),
        says_dead=not activity.startswith(_TOOK_BACK) and bool(_DEAD.search(activity) or _DEAD.search(code)),
    )


def _earlier(provenance: Provenance | None) -> str:
    """The message that this one takes the place of; a discharge that follows an admission replaces nothing."""
    if not _activity(provenance).startswith(_TOOK_BACK) or provenance is None:
        return ""
    return next((_tail(e.what.reference) for e in provenance.entity or () if e.what), "")


def _activity(provenance: Provenance | None) -> str:
    codings = (provenance.activity.coding if provenance and provenance.activity else None) or ()
    return next((str(c.code).strip().casefold() for c in codings if c.code), "")


def _tail(reference: str | None) -> str:
    return re.sub(r".*[/:]", "", (reference or "").partition("/_history/")[0])


def _certificate(opened: Opened) -> str:
    """Year of death, jurisdiction and number, as the certificate itself writes them together."""
    said: dict[str, str] = {}
    for parameters in _shapes(opened, Parameters, "Parameters"):
        for one in parameters.parameter or ():
            value = next((v for v in (one.value_string, one.value_unsigned_int, one.value_integer) if v is not None), "")
            said[one.name or ""] = str(value).strip()
    if said.get("cert_no") and said.get("jurisdiction_id"):
        return f"{said.get('death_year', '')}{said['jurisdiction_id']}{said['cert_no'].zfill(6)}"
    values = (str(b.identifier.value) for b in (*opened.inner, opened.bundle) if b.identifier and b.identifier.value)
    return next(values, "")


def _written(metas: Iterable[Meta | None], site: Site) -> Time | None:
    return next((time for meta in metas if meta and (time := time_in(meta.last_updated, site.zone))), None)


def _profiles(meta: Meta | None) -> list[str]:
    return (meta.profile if meta else None) or []


def _shapes(opened: Opened, shape: type[S], kind: str) -> Iterator[S]:
    for found in opened.of(kind):
        one, refused = shaped(found.raw, shape, opened.kind, found.path)
        opened.refused.extend(refused)
        if one:
            yield one
