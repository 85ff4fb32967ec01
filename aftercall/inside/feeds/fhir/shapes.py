"""The few fields of FHIR R4 that are read, as msgspec structs; all else in a resource is skipped unread."""

import msgspec
from msgspec import Raw, field

Word = str | int | None  # a number where a text belongs is common, and no reason to lose a patient


class Shape(msgspec.Struct, rename="camel", gc=False):
    """A part of a resource. Lists and texts may be null."""


class Coding(Shape):
    system: str | None = None
    code: Word = None
    display: str | None = None


class Concept(Shape):
    coding: list[Coding] | None = None
    text: str | None = None


class Identifier(Shape):
    system: str | None = None
    value: Word = None


class Period(Shape):
    start: str | None = None
    end: str | None = None


class Reference(Shape):
    reference: str | None = None
    identifier: Identifier | None = None
    display: str | None = None


class Extension(Shape):
    url: str | None = None
    value_code: str | None = None
    value_unsigned_int: int | None = None
    value_integer: int | None = None
    value_time: str | None = None
    extension: "list[Extension] | None" = None


class Element(Shape):
    extension: list[Extension] | None = None


class Meta(Shape):
    last_updated: str | None = None
    version_id: Word = None
    profile: list[str] | None = None
    tag: list[Coding] | None = None
    security: list[Coding] | None = None


class Resource(Shape):
    id: Word = None
    meta: Meta | None = None
    identifier: list[Identifier] | None = None


class Link(Shape):
    other: Reference | None = None
    type: str | None = None


class Patient(Resource):
    birth_date: str | None = None
    deceased_boolean: bool | str | int | None = None
    deceased_date_time: str | None = None
    about_deceased: Element | None = field(default=None, name="_deceasedDateTime")
    link: list[Link] | None = None


class Participant(Shape):
    type: list[Concept] | None = None
    individual: Reference | None = None
    period: Period | None = None


class Hospitalization(Shape):
    discharge_disposition: Concept | None = None


class Where(Shape):
    location: Reference | None = None
    status: str | None = None
    period: Period | None = None


class Encounter(Resource):
    status: str | None = None
    kind: Coding | None = field(default=None, name="class")
    type: list[Concept] | None = None
    service_type: Concept | None = None
    subject: Reference | None = None
    episode_of_care: list[Reference] | None = None
    participant: list[Participant] | None = None
    period: Period | None = None
    hospitalization: Hospitalization | None = None
    admission: Hospitalization | None = None  # as R5 calls it
    location: list[Where] | None = None
    service_provider: Reference | None = None


class Performer(Reference):
    """A reference (Observation), or one inside (Procedure, MedicationAdministration)."""

    actor: Reference | None = None
    function: Concept | None = None


class Deed(Shape):
    """Observation, DiagnosticReport, Procedure or MedicationAdministration: what was done or found, when and by whom."""

    id: Word = None
    meta: Meta | None = None
    status: str | None = None
    code: Concept | None = None
    subject: Reference | None = None
    performer: list[Performer] | None = None
    issued: str | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    value_date_time: str | None = None
    about_value: Element | None = field(default=None, name="_valueDateTime")


class Condition(Shape):
    """A diagnosis."""

    id: Word = None
    meta: Meta | None = None
    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    code: Concept | None = None
    subject: Reference | None = None
    recorded_date: str | None = None
    onset_date_time: str | None = None


class Member(Shape):
    role: list[Concept] | None = None
    member: Reference | None = None
    period: Period | None = None


class Circle(Shape):
    """CareTeam, EpisodeOfCare or Flag: who looks after somebody, and in what way."""

    status: str | None = None
    name: str | None = None
    category: list[Concept] | None = None
    code: Concept | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    participant: list[Member] | None = None
    care_manager: Reference | None = None
    period: Period | None = None


class Actor(Shape):
    """Practitioner, PractitionerRole, Location or Organization."""

    id: Word = None
    identifier: list[Identifier] | None = None
    practitioner: Reference | None = None
    code: list[Concept] | None = None
    name: str | list[Raw] | None = None


class Header(Shape):
    """MessageHeader."""

    id: Word = None
    meta: Meta | None = None
    event_coding: Coding | None = None
    event_uri: str | None = None


class Entity(Shape):
    role: str | None = None
    what: Reference | None = None


class Provenance(Shape):
    target: list[Reference] | None = None
    activity: Concept | None = None
    entity: list[Entity] | None = None


class Parameter(Shape):
    name: str | None = None
    resource: Raw = Raw()
    value_string: str | None = None
    value_code: str | None = None
    value_integer: int | None = None
    value_unsigned_int: int | None = None
    value_reference: Reference | None = None
    part: "list[Parameter] | None" = None


class Parameters(Shape):
    parameter: list[Parameter] | None = None


class Event(Shape):
    event_number: Word = None
    focus: Reference | None = None
    additional_context: list[Reference] | None = None


class Status(Shape):
    """SubscriptionStatus, as R4B and R5 send it."""

    type: str | None = None
    subscription: Reference | None = None
    events_since_subscription_start: Word = None
    notification_event: list[Event] | None = None


class Request(Shape):
    method: str | None = None
    url: str | None = None


class Response(Shape):
    last_modified: str | None = None


class Entry(Shape):
    full_url: str | None = None
    resource: Raw = Raw()
    request: Request | None = None
    response: Response | None = None


class Page(Shape):
    relation: str | None = None
    url: str | None = None


class Bundle(Shape):
    type: str | None = None
    timestamp: str | None = None
    meta: Meta | None = None
    identifier: Identifier | None = None
    link: list[Page] | None = None
    entry: list[Entry] | None = None


class Loose(Shape):
    """A Bundle whose entries are looked at one by one, because one of them is broken."""

    type: str | None = None
    timestamp: str | None = None
    entry: list[Raw] | None = None


class Named(Shape):
    """Any resource: only its type."""

    resource_type: str | None = None
