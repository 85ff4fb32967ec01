"""Who may do what at the doors of both halves: one row for each route, and what everybody else gets.

A new route needs a row here, else test_p6_roles.py fails and prints the row to write. `python -m tests.promises.matrix` prints
docs/roles.md anew; a test compares it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

HALVES = ("outside", "inside")


@dataclass(frozen=True)
class Role:
    """Somebody with one credential and no other. `half`: whose door knows it."""

    half: str
    who: str


ROLES = {
    "nobody": Role("", "anybody, with nothing to show but what they made up"),
    "code": Role("outside", "has the staff code of the poster"),
    "asker": Role("outside", "has the capability of one ask: the phone that asked"),
    "taker": Role("outside", "has the capability that stood in their copy of that ask"),
    "peer": Role("outside", "a certified peer who has signed in"),
    "gateway": Role("outside", "a provider of the care half's texts and calls"),
    "care": Role("outside", "the care half's coordinator, signed in at its desk; never the hospital's"),
    "bidden": Role("outside", "has the one-time link with which a passkey for the care half's desk is made"),
    "watch": Role("outside", "the care half's IT: its monitor's token"),
    "desk": Role("inside", "the hospital's coordinator, signed in at the desk"),
    "it": Role("inside", "the hospital's IT, signed in at the desk"),
    "vouched": Role("inside", "staff: the hospital's own sign-in has just said who they are, and that they are a coordinator"),
    "invited": Role("inside", "has the one-time link with which a passkey for the desk is made"),
    "mine": Role("inside", "staff: has opened their own page by the code that came to their own phone"),
    "unit": Role("inside", "has the code of one unit's poster"),
    "link": Role("inside", "staff: has the link that came to their own phone"),
    "teller": Role("inside", "has just told of a loss at a unit's screen, and stands before it"),
    "intake": Role("inside", "a feed: the upload's secret"),
    "fhir": Role("inside", "a feed: the FHIR server's secret"),
    "scim": Role("inside", "a feed: the identity provider's token"),
    "stop": Role("inside", "the provider of the hospital's texts"),
    "monitor": Role("inside", "the hospital's IT: its monitor's token"),
}
ALL = tuple(ROLES)

NO = {
    "gone": (404, "the answer of an address that does not exist"),
    "sign-in": (401, "unlock your page again"),
    "words": (403, "these are not the four words"),
    "bearer": (401, "send the bearer token"),
    "desk's door": (200, "the page that asks for a passkey"),
    "no key": (403, "the same page: that was no passkey of ours"),
    "no link": (404, "the page that asks for a link"),
    "not let in": (403, "the page that says: you were not signed in"),
    "own door": (200, "the page that asks for whom a code is"),
    "no such code": (403, "the page that asks for the code"),
    "own door again": (403, "the page that asks for whom a code is, again"),
    "signed out": (403, "the same page: you are not signed in"),
    "no code": (403, "the unit's own page again: that was not its code"),
    "": (0, ""),
}
"""What everybody gets who may not: always these bytes, whether what they asked for is unknown, another's, or over."""

AT = {
    "": "nowhere",
    "code": "X-Code",
    "box": "X-Box and X-Cap",
    "peer": "X-Peer",
    "token": "the address",
    "bearer": "Authorization",
    "desk": "the cookie, and csrf in the form",
    "mine": "the cookie, and csrf in the form",
    "care": "the cookie, and csrf in the form",
    "key": "a key shown or used in the form",
    "unit": "the form's code",
    "trip": "the address, and the cookie of who began it",
}
"""Where a route looks for a credential."""


@dataclass(frozen=True)
class Row:
    """One route. `may`: roles, or "all". `ok`: their status. `no`: a key of NO for all others. `at`: a key of AT.

    `body`: what a good call carries: a form, or the name of one that Pair makes anew for each call. `there`: what stands in the
    address in place of {names}.
    """

    route: str
    may: str
    ok: int
    no: str = ""
    at: str = ""
    body: object = None
    there: Mapping[str, str] = field(default_factory=dict)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(ALL if self.may == "all" else self.may.split())

    @property
    def refused(self) -> int:
        """The status of everybody who may not."""
        return NO[self.no][0]

    @property
    def method(self) -> str:
        return self.route.split()[0]

    @property
    def path(self) -> str:
        return self.route.split()[1]


TEXT = {"sender": "hidden", "text": "hm"}
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
JOINS, CHANGE = {"staff": "joins"}, {"Operations": [{"op": "replace", "path": "title", "value": "doctor"}]}
WAYS = ("GET", "POST", "PUT", "PATCH", "DELETE")

OUTSIDE = (
    Row("GET /", "all", 200),
    Row("GET /five", "all", 200),
    Row("GET /days", "all", 200),
    Row("GET /home", "all", 200),
    Row("GET /friend", "all", 200),
    Row("GET /check", "all", 200),
    Row("GET /peer", "all", 200),
    Row("GET /notes.webmanifest", "all", 200),
    Row("GET /sw.js", "all", 200),
    Row("GET /phone/{name:path}", "all", 200, there={"name": "start.mjs"}),
    Row("GET /honest", "all", 200),
    Row("GET /sheet", "all", 200),
    Row("GET /paper/paper.css", "all", 200),
    Row("GET /care/v1/sheet", "all", 200),
    Row("GET /care/v1/about", "all", 200),
    Row("GET /care/v1/openapi.json", "all", 200),
    Row("POST /care/v1/leave", "all", 204),
    Row("GET /care/v1/directory", "code", 200, "words", "code"),
    Row("POST /care/v1/box", "code", 201, "words", "code", "ask"),
    Row("GET /care/v1/box/state", "asker taker", 200, "gone", "box"),
    Row("GET /care/v1/box/m", "asker taker", 200, "gone", "box"),
    Row("POST /care/v1/box/m", "asker taker", 204, "gone", "box", "letter"),
    Row("POST /care/v1/box/take", "taker", 200, "gone", "box"),
    Row("POST /care/v1/box/pass", "taker", 204, "gone", "box"),
    Row("POST /care/v1/box/spoken", "asker taker", 204, "gone", "box"),
    Row("DELETE /care/v1/box", "asker taker", 204, "gone", "box"),
    Row("POST /care/v1/peer/challenge", "all", 200),
    Row("POST /care/v1/peer/login", "peer", 200, "sign-in", "key", "login"),
    Row("POST /care/v1/peer/duty", "peer", 204, "sign-in", "peer", "duty"),
    Row("POST /care/v1/peer/rest", "peer", 204, "sign-in", "peer", {"until": ""}),
    Row("POST /care/v1/peer/gather", "peer", 204, "sign-in", "peer", {"until": ""}),
    Row("GET /care/v1/peer/turns", "peer", 200, "sign-in", "peer"),
    Row("POST /care/v1/peer/turn", "peer", 204, "sign-in", "peer", "turn"),
    Row("GET /care/v1/peer/pages", "peer", 200, "sign-in", "peer"),
    Row("PUT /care/v1/peer/key", "peer", 204, "sign-in", "peer", "kem"),
    Row("GET /care/v1/peer/roads", "peer", 200, "sign-in", "peer"),
    Row("PUT /care/v1/peer/roads", "peer", 204, "sign-in", "peer", {"roads": [{"road": "sms", "to": "+254711000001", "after": 0}]}),
    Row("POST /care/v1/peer/test", "peer", 204, "sign-in", "peer", {"road": "sms"}),
    Row("GET /desk", "care", 200, "desk's door", "care"),
    Row("POST /desk", "care", 303, "no key", "key", "passkey"),
    Row("GET /desk/file/{name}", "all", 200, there={"name": "hand.css"}),
    Row("POST /desk/out", "care", 303, "signed out", "care"),
    Row("POST /desk/touch", "care", 303, "signed out", "care", "next=people&said=none"),
    Row("GET /desk/enrol", "all", 200),
    Row("POST /desk/enrol", "bidden", 200, "no link", "key", "code"),
    Row("POST /desk/enrol/made", "bidden", 303, "no link", "key", "new passkey"),
    Row("GET /desk/people", "care", 200, "signed out", "care"),
    Row("POST /desk/people/end", "care", 303, "signed out", "care", "session=none"),
    Row("POST /desk/people/invite", "care", 303, "signed out", "care", "role=care"),
    Row("POST /desk/people/renew", "care", 303, "signed out", "care", "who=none"),
    Row("POST /desk/people/remove", "care", 303, "signed out", "care", "who=none"),
    Row("POST /desk/dialled", "care", 303, "signed out", "care", "tel=none"),
    Row("GET /desk/health", "care", 200, "signed out", "care"),
    Row("GET /desk/peers", "care", 200, "signed out", "care"),
    Row("GET /desk/peers/invite", "care", 200, "signed out", "care"),
    Row("POST /desk/peers/test", "care", 303, "signed out", "care", "who=none&road=sms"),
    Row("POST /desk/peers/card", "care", 400, "signed out", "care", "file"),
    Row("POST /desk/peers/admit", "care", 400, "signed out", "care", "card=none"),
    Row("POST /desk/peers/revoke", "care", 303, "signed out", "care", "who=none"),
    Row("GET /desk/rota", "care", 200, "signed out", "care"),
    Row("GET /desk/needed", "care", 200, "signed out", "care"),
    Row("GET /desk/acts", "care", 200, "signed out", "care"),
    Row("GET /desk/settings", "care", 200, "signed out", "care"),
    Row("GET /care/v1/health", "watch", 200, "gone", "bearer"),
    Row("GET /care/v1/metrics", "watch", 200, "gone", "bearer"),
    Row("POST /basic/v1/{token}/sms/{provider}", "gateway", 200, "gone", "token", TEXT, {"provider": "gateway"}),
    Row("POST /basic/v1/{token}/voice/africastalking", "gateway", 200, "gone", "token", "isActive=0"),
    Row("POST /basic/v1/{token}/voice/twilio", "gateway", 200, "gone", "token", "From=hidden"),
    Row("POST /basic/v1/{token}/voice/gateway", "gateway", 503, "gone", "token", "caller=hidden"),
    Row("POST /basic/v1/{token}/ussd/africastalking", "gateway", 200, "gone", "token", "phoneNumber=hidden&text="),
)  # fmt: skip

INSIDE = (
    Row("GET /inside/v1/openapi.json", "all", 200),
    Row("GET /hand/{name}", "all", 200, there={"name": "hand.css"}),
    Row("GET /unit/{unit:path}", "all", 200, there={"unit": "RESUS4"}),
    Row("POST /unit/{unit:path}", "unit", 303, "no code", "unit", "when=now", there={"unit": "RESUS4"}),
    Row("GET /told/{form}", "teller", 200, "gone", "token"),
    Row("POST /told/{form}", "teller", 303, "gone", "token"),
    Row("GET /tell", "all", 200),
    Row("POST /tell", "all", 200, body="unit=RESUS4&when=now&badge=nobodys"),
    Row("POST /tell/there", "all", 200, body="unit=RESUS4&when=now&badge=nobodys&them=nobodys"),
    Row("POST /tell/me", "all", 200, body="unit=RESUS4&when=now&badge=nobodys"),
    Row("GET /tell/{token}", "link", 200, "gone", "token"),
    Row("POST /tell/{token}", "link", 200, "gone", "token"),
    Row("GET /desk", "desk it", 200, "desk's door", "desk"),
    Row("POST /desk", "desk it", 303, "no key", "key", "passkey"),
    Row("POST /desk/out", "desk it", 303, "signed out", "desk"),
    Row("GET /desk/oidc", "all", 303),
    Row("GET /mine/oidc", "all", 303),
    Row("GET /oidc", "vouched", 200, "not let in", "trip", "trip"),
    Row("POST /desk/touch", "desk it", 303, "signed out", "desk", "next=people&said=none"),
    Row("GET /desk/enrol", "all", 200),
    Row("POST /desk/enrol", "invited", 200, "no link", "key", "code"),
    Row("POST /desk/enrol/made", "invited", 303, "no link", "key", "new passkey"),
    Row("GET /desk/people", "desk it", 200, "signed out", "desk"),
    Row("POST /desk/people/end", "desk it", 303, "signed out", "desk", "session=none"),
    Row("POST /desk/people/invite", "desk", 303, "signed out", "desk", "role=it"),
    Row("POST /desk/people/renew", "desk", 303, "signed out", "desk", "who=none"),
    Row("POST /desk/people/remove", "desk", 303, "signed out", "desk", "who=none"),
    Row("GET /desk/there", "desk", 200, "signed out", "desk"),
    Row("POST /desk/there", "desk", 303, "signed out", "desk", "event=none"),
    Row("GET /desk/audit", "desk", 200, "signed out", "desk"),
    Row("GET /desk/health", "desk it", 200, "signed out", "desk"),
    Row("GET /mine", "mine", 200, "own door", "mine"),
    Row("POST /mine/code", "all", 200, body="who=nobodys"),
    Row("POST /mine/in", "mine", 303, "no such code", "key", "own code"),
    Row("POST /mine/out", "mine", 303, "own door again", "mine"),
    Row("POST /mine/stop", "mine", 303, "own door again", "mine", "say=none"),
    Row("POST /mine/there", "mine", 303, "own door again", "mine", "unit=RESUS4&when=now"),
    Row("POST /desk/event", "desk", 303, "signed out", "desk", "event=none&say=dead"),
    Row("POST /desk/report", "desk", 303, "signed out", "desk", "report=none&say=no"),
    Row("POST /desk/join", "desk", 303, "signed out", "desk", "run=none&stay=none&say=yes"),
    Row("POST /desk/learn", "desk", 303, "signed out", "desk", "field=PV1-36&value=none&means=other"),
    Row("POST /desk/intake", "desk", 200, "signed out", "desk", "file"),
    Row("GET /desk/weights", "desk", 200, "signed out", "desk"),
    Row("POST /desk/weights", "desk", 200, "signed out", "desk", "rules"),
    Row("GET /desk/losses", "desk", 200, "signed out", "desk"),
    Row("GET /desk/losses/{event}", "desk", 303, "signed out", "desk", there={"event": "none"}),
    Row("GET /desk/feeds", "desk it", 200, "signed out", "desk"),
    Row("GET /desk/lists", "desk", 200, "signed out", "desk"),
    Row("POST /desk/lists/look", "desk", 400, "signed out", "desk", "file"),
    Row("GET /desk/lists/looked/{name}", "desk", 303, "signed out", "desk", there={"name": "none"}),
    Row("POST /desk/lists/put", "desk", 303, "signed out", "desk", "name=none"),
    Row("POST /desk/lists/back", "desk", 303, "signed out", "desk"),
    Row("GET /desk/texts", "desk it", 200, "signed out", "desk"),
    Row("GET /desk/settings", "desk it", 200, "signed out", "desk"),
    Row("GET /desk/units", "desk", 200, "signed out", "desk"),
    Row("POST /inside/v1/intake/{token}", "intake", 200, "gone", "token", "report"),
    Row("POST /inside/v1/fhir/{token}", "fhir", 200, "gone", "token"),
    Row("PUT /inside/v1/fhir/{token}/{kind}/{ident}", "fhir", 200, "gone", "token", there={"kind": "Patient", "ident": "1"}),
    Row("POST /inside/v1/inbound/{token}", "stop", 200, "gone", "token", TEXT),
    Row("POST /inside/v1/inbound/{token}/{provider}", "stop", 200, "gone", "token", TEXT, {"provider": "gateway"}),
    Row("GET /inside/v1/health", "monitor", 200, "gone", "bearer"),
    Row("GET /inside/v1/metrics", "monitor", 200, "gone", "bearer"),
    Row("GET /scim/v2/ServiceProviderConfig", "scim", 200, "bearer", "bearer"),
    Row("GET /scim/v2/ResourceTypes", "scim", 200, "bearer", "bearer"),
    Row("GET /scim/v2/ResourceTypes/{name}", "scim", 200, "bearer", "bearer", there={"name": "User"}),
    Row("GET /scim/v2/Schemas", "scim", 200, "bearer", "bearer"),
    Row("GET /scim/v2/Schemas/{name}", "scim", 200, "bearer", "bearer", there={"name": SCHEMA}),
    Row("POST /scim/v2/Users", "scim", 201, "bearer", "bearer", {"userName": "joins"}),
    Row("GET /scim/v2/Users", "scim", 200, "bearer", "bearer"),
    Row("POST /scim/v2/Users/.search", "scim", 200, "bearer", "bearer", {"count": 1}),
    Row("POST /scim/v2/.search", "scim", 200, "bearer", "bearer", {"count": 1}),
    Row("GET /scim/v2/Users/{staff:path}", "scim", 200, "bearer", "bearer", there=JOINS),
    Row("PUT /scim/v2/Users/{staff:path}", "scim", 200, "bearer", "bearer", {"userName": "joins", "title": "nurse"}, JOINS),
    Row("PATCH /scim/v2/Users/{staff:path}", "scim", 200, "bearer", "bearer", CHANGE, JOINS),
    Row("DELETE /scim/v2/Users/{staff:path}", "scim", 204, "bearer", "bearer", there=JOINS),
    *(Row(f"{way} /scim/v2/{{rest:path}}", "scim", 404, "bearer", "bearer", there={"rest": "Groups"}) for way in WAYS),
)  # fmt: skip

ROWS = {"outside": OUTSIDE, "inside": INSIDE}


def unlisted(half: str, routes: Iterable[str]) -> list[str]:
    """Routes without a row, and rows without a route, each with what to do. [] is right."""
    have, listed = set(routes), {row.route for row in ROWS[half]}
    new = [
        f'{half} has a route without a row: add to {half.upper()} in tests/promises/matrix.py  Row("{route}", "ROLES", STATUS, '
        f'"WHAT OTHERS GET", "WHERE IT LOOKS FOR A CREDENTIAL", BODY),  then python -m tests.promises.matrix > docs/roles.md'
        for route in sorted(have - listed)
    ]
    return new + [f'{half} has no route any more for the row "{route}": take it out' for route in sorted(listed - have)]


def page() -> str:
    """docs/roles.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield """# Who may do what

Every route of both halves, and who gets there what not everybody gets. Made from `tests/promises/matrix.py` by
`python -m tests.promises.matrix > docs/roles.md`. `tests/promises/test_p6_roles.py` tries each cell with each role's real
credential at two running processes; compares the answers to those who may not, byte for byte, and the statements that the
database ran for them; and fails on a route without a row. Why refusals look as they do: [decision 26](decisions/026-roles.md).

No row lets a manager or a leader do anything: they have no credential at any door. No credential of the hospital opens anything
of the care half, and none of a peer's, an asker's or the care half's coordinator's anything of the hospital's.
"""
    yield "| role | who that is |\n| --- | --- |"
    yield from (f"| {name} | {role.who} |" for name, role in ROLES.items())
    for half in HALVES:
        mine = [name for name, role in ROLES.items() if role.half in ("", half)]
        yield f"\n## {'The care half' if half == 'outside' else 'The hospital’s half'} (`{half}`)\n"
        yield f"Roles of the other half get here what `nobody` gets. {_legend(half)}\n"
        yield f"| route | {' | '.join(mine)} | all others |\n| --- |{' :-: |' * len(mine)} --- |"
        for row in ROWS[half]:
            cells = [str(row.ok) if name in row.roles else "·" for name in mine]
            yield f"| `{row.route}` | {' | '.join(cells)} | {_refusal(row)} |"


def _refusal(row: Row) -> str:
    status, what = NO[row.no]
    return f"{status} {row.no}" if what else ""


def _legend(half: str) -> str:
    used = dict.fromkeys(row.no for row in ROWS[half] if row.no)
    return "What the others get: " + "; ".join(f"*{name}*, {NO[name][1]}" for name in used) + "."


if __name__ == "__main__":
    print(page(), end="")
