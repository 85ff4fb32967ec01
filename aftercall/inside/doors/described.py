"""What the hospital's calls for machines answer, for its OpenAPI document. SCIM says of itself what it keeps (/scim/v2/Schemas)."""

from aftercall.openapi import Call, Said, Schema, listed, record

TEXT: Schema = {"type": "string"}
FILE: Schema = {"type": "string", "format": "binary"}
GONE = Said("The address's secret does not hold, or there is no such address.", record(error={"const": "gone"}), {"error": "gone"})
LONG = Said("Longer than this door takes.", record(error={"const": "size"}, say=TEXT), {"error": "size", "say": "At most 128 kB."})


def no(meaning: str, word: str) -> Said:
    return Said(meaning, record(error={"const": word}, say=TEXT), {"error": word, "say": "What was wrong, and what to do."})


PROBLEM: Schema = {
    "type": ["object", "null"],
    "properties": {"code": TEXT, "where": TEXT, "say": TEXT},
    "additionalProperties": False,
}
NUMBER: Schema = {"type": "integer", "minimum": 0}
HEARD: Schema = {
    "type": "object",
    "properties": {"state": TEXT, "kind": TEXT, "problem": PROBLEM, "people": NUMBER, "known": NUMBER},
    "required": ["state", "kind", "problem"],
    "additionalProperties": False,
}
EACH = listed(HEARD)
NONE = [{"state": "none", "kind": "ADT^A01", "problem": None}]
SORTS = ("application/xml", "application/json", "text/csv", "x-application/hl7-v2+er7", "application/octet-stream")
FHIR = Call(
    {
        200: Said("Stored.", record(ok={"const": True}), {"ok": True}),
        400: Said("It could not be read; it is written down without its content.", record(error=TEXT, say=TEXT)),
        404: GONE,
        413: LONG,
        503: no("It could not be stored. Send it again.", "later"),
    },
    {"application/fhir+json": {"type": "object"}},
    {"resourceType": "Bundle", "type": "history", "entry": []},
)
CALLS = {
    "POST /inside/v1/inbound/{token}": Call(
        {
            200: Said("What to answer; empty for nothing.", record(reply=TEXT), {"reply": ""}),
            400: no("It does not fit; names the field.", "form"),
            404: GONE,
            413: LONG,
        },
        example={"sender": "+254700000001", "text": "STOP"},
    ),
    "POST /inside/v1/inbound/{token}/{provider}": Call(
        {200: Said("Heard; in the provider's own form.", TEXT, kind="*/*"), 404: GONE, 413: LONG},
        {"application/json": {"type": "object"}, "application/x-www-form-urlencoded": TEXT, "text/plain": TEXT},
    ),
    "POST /inside/v1/intake/{token}": Call(
        {
            200: Said("At least one message in it was heard.", EACH, NONE),
            404: GONE,
            413: LONG,
            422: Said("All in it was refused.", EACH),
            500: no("It could not be kept. Send it again.", "ours"),
        },
        dict.fromkeys(SORTS, FILE),
    ),
    "POST /inside/v1/fhir/{token}": FHIR,
    "PUT /inside/v1/fhir/{token}/{kind}/{ident}": FHIR,
}
