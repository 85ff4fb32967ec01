"""What the care half's calls answer, for its OpenAPI document. The words behind it stand in docs/care-api.md."""

from aftercall.openapi import Call, Said, Schema, listed, record

TEXT: Schema = {"type": "string"}
BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
PAD: Schema = {"type": "string", "pattern": "^0*$", "description": "Zeros, so that the answer has the same size whatever it says."}
BIT: Schema = {"type": "integer", "enum": [0, 1]}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "description": "In UTC as 2026-11-23T06:00:00Z, or empty."}
PID: Schema = {"type": "string", "pattern": "^[0-9a-f]{8}$"}
BYTES: Schema = {"type": "string", "format": "binary"}
ANY: Schema = {"type": "string"}

GONE = Said(
    "Unknown, another's, or over: always these 256 bytes.", record(error={"const": "gone"}, pad=PAD), {"error": "gone", "pad": "0"}
)


def no(meaning: str, *words: str) -> Said:
    """A refusal of 256 bytes: a word for a program and a sentence for a person."""
    schema = record(error={"type": "string", "enum": list(words)}, say=TEXT, pad=PAD)
    return Said(meaning, schema, {"error": words[0], "say": "What was wrong, and what to do.", "pad": "0"})


DONE = Said("Done; also when it was done before.")
FORM = no("The body or a header can't be read; names the field, never what stood in it.", "form")
FOREIGN = no("Sent by another site's page.", "origin")
LONG = Said("Longer than 128 kB.", record(error={"const": "size"}, say=TEXT), {"error": "size", "say": "At most 128 kB."})
SIGN_IN = no("No session, or one that has ended.", "sign-in")
WORDS = no("Not the four words of this programme.", "code", "origin")
WRITE = {403: FOREIGN, 413: LONG}
BOX, PEER = {**WRITE, 404: GONE}, {**WRITE, 400: FORM, 401: SIGN_IN}
WAY = record(road=TEXT, to=TEXT, after=COUNT, came={"type": "boolean"})
STATES = ["later", "open", "lease", "talk", "ended", "off"]
ONE_DUTY = record(begins=TIME, ends=TIME, own=BIT, on=BIT)


def padded(meaning: str, example: dict[str, object], **members: Schema) -> Said:
    return Said(meaning, record(**members, pad=PAD), {**example, "pad": "000"})


def _gateway(*kinds: str) -> Call:
    """From a provider, whose answers have that provider's form."""
    answers = {200: Said("Heard.", ANY, kind="*/*"), 204: Said("Turn it away, a colleague calls."), **BOX}
    return Call(answers | {503: Said("Not kept: let it ring the duty phone.")}, dict.fromkeys(kinds, TEXT))


FORMS = "application/x-www-form-urlencoded"
CALLS = {
    "GET /care/v1/directory": Call(
        {
            200: Said("The signed list of peers, the same bytes for everyone.", record(body=TEXT, sig=BASE64)),
            304: Said("The list that If-None-Match names is still the one."),
            403: WORDS,
        }
    ),
    "POST /care/v1/box": Call(
        {
            201: padded(
                "The ask is on the disk, and these are rung.", {"rung": 3, "duty": 0, "allied": 0}, rung=COUNT, duty=BIT, allied=BIT
            ),
            **WRITE,
            400: no("It does not fit, or is due too late.", "form", "due"),
            403: no("Not the four words of this programme, or not the work for this box.", "code", "origin", "work"),
            404: GONE,
        },
        example={
            "v": 1,
            "box": "0" * 32,
            "hc": "0" * 64,
            "order": ["0" * 8],
            "copies": {"0" * 8: {"cap": "0" * 64, "ct": "..."}},
            "contact": "...",
            "all": 0,
            "due": "000000",
        },
    ),
    "GET /care/v1/box/state": Call(
        {
            200: padded(
                "How it stands.",
                {"state": "open", "wave": 1, "rung": ["0" * 8], "taker": None, "lapsed": 0, "tag": "0" * 16},
                state={"type": "string", "enum": STATES},
                wave=COUNT,
                rung=listed(PID),
                taker={"type": ["string", "null"]},
                lapsed=COUNT,
                tag=TEXT,
            ),
            404: GONE,
        }
    ),
    "POST /care/v1/box/m": Call(
        {
            204: DONE,
            **BOX,
            400: no("No letter's size, or no number.", "letter"),
            403: no("Letters are off here, or another site's page.", "chat", "origin"),
            409: no("A letter with this number was sent before.", "seq"),
            429: no("Many letters wait to be read.", "full"),
        },
        {"application/octet-stream": BYTES},
    ),
    "GET /care/v1/box/m": Call(
        {
            200: padded(
                "The other's letters past X-After.",
                {"state": "talk", "letters": []},
                state={"type": "string", "enum": STATES},
                letters=listed(BASE64),
            ),
            400: no("X-After is no number.", "after"),
            404: GONE,
        }
    ),
    "DELETE /care/v1/box": Call({204: DONE, **BOX}),
    "POST /care/v1/leave": Call({204: Said("The browser clears all it keeps of this origin."), **WRITE}),
    "POST /care/v1/box/take": Call(
        {
            200: padded("It is yours until then.", {"contact": "...", "until": "2026-11-23T06:00:00Z"}, contact=BASE64, until=TIME),
            **BOX,
            409: no("Another was quicker.", "taken"),
        }
    ),
    "POST /care/v1/box/pass": Call({204: DONE, **BOX}),
    "POST /care/v1/box/spoken": Call({204: DONE, **BOX}),
    "POST /care/v1/peer/challenge": Call(
        {200: padded("A text to sign, good for two minutes.", {"challenge": "1795000000.0"}, challenge=TEXT), **WRITE}
    ),
    "POST /care/v1/peer/login": Call(
        {
            200: padded("A session.", {"token": "...", "until": "2026-11-23T06:00:00Z"}, token=TEXT, until=TIME),
            **PEER,
        },
        example={"pid": "0" * 8, "challenge": "1795000000.0", "sig": "..."},
    ),
    "POST /care/v1/peer/duty": Call(
        {
            204: DONE,
            **PEER,
            400: no("It does not fit, or ends too late.", "form", "until"),
            409: no("The sealing key ends before.", "key"),
        },
        example={"on": 1, "until": "2026-11-23T06:00:00Z"},
    ),
    "POST /care/v1/peer/rest": Call({204: DONE, **PEER, 400: no("It does not fit.", "form", "until")}, example={"until": ""}),
    "POST /care/v1/peer/gather": Call(
        {204: DONE, **PEER, 400: no("It does not fit.", "form", "until"), 409: no("Not on duty.", "duty")}, example={"until": ""}
    ),
    "GET /care/v1/peer/turns": Call({200: padded("My standing duties.", {"turns": []}, turns=listed(ONE_DUTY)), 401: SIGN_IN}),
    "POST /care/v1/peer/turn": Call(
        {
            204: DONE,
            **PEER,
            400: no("It does not fit.", "form", "begins", "ends"),
            409: no("There are too many.", "many"),
        },
        example={"on": 1, "begins": "2026-11-23T06:00:00Z", "ends": "2026-11-23T14:00:00Z"},
    ),
    "GET /care/v1/peer/pages": Call(
        {
            200: padded(
                "My copies of what rings for me.",
                {"duty": {"on": 1, "until": "2026-11-23T06:00:00Z", "rest": "", "turn": ""}, "pages": [], "tag": "0" * 16},
                duty=record(on=BIT, until=TIME, rest=TIME, turn=TIME),
                pages=listed(record(box=TEXT, ct=BASE64, turn=BIT)),
                tag=TEXT,
            ),
            401: SIGN_IN,
        }
    ),
    "PUT /care/v1/peer/key": Call(
        {204: DONE, **PEER, 400: no("It does not fit, or is not signed.", "form", "key")},
        example={"kem": "...", "kem_after": "2026-12-28", "kem_sig": "..."},
    ),
    "GET /care/v1/peer/roads": Call(
        {
            200: padded(
                "By which roads I am rung.",
                {"roads": [], "can": ["sms"], "call": 60, "reserve": 0, "push": ""},
                roads=listed(WAY),
                can=listed(TEXT),
                call=COUNT,
                reserve=BIT,
                push=TEXT,
            ),
            401: SIGN_IN,
        }
    ),
    "PUT /care/v1/peer/roads": Call(
        {204: DONE, **PEER}, example={"roads": [{"road": "sms", "to": "+254711000001", "after": 0}], "reserve": False}
    ),
    "POST /care/v1/peer/test": Call(
        {204: DONE, **PEER, 409: no("Not set, or tested a moment ago.", "road")}, example={"road": "sms"}
    ),
    "GET /care/v1/sheet": Call(
        {
            200: Said("All sheets, the newest first.", record(sheets=listed(record(body=TEXT, sig=BASE64))), {"sheets": []}),
            404: GONE,
        }
    ),
    "GET /care/v1/about": Call({200: Said("What the pages say of this server.", {"type": "object"}), 404: GONE}),
    "POST /basic/v1/{token}/sms/{provider}": _gateway(FORMS, "application/json", "text/plain"),
    "POST /basic/v1/{token}/voice/africastalking": _gateway(FORMS),
    "POST /basic/v1/{token}/voice/twilio": _gateway(FORMS),
    "POST /basic/v1/{token}/voice/gateway": _gateway(FORMS),
    "POST /basic/v1/{token}/ussd/africastalking": _gateway(FORMS),
}
