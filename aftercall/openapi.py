"""The OpenAPI document says what is answered, too: each status with its meaning, its exact members and an example.

A door answers padded bytes, of which the framework knows nothing: they stand in a table of that half (doors/described.py), and
tests/promises/test_openapi.py holds the running program to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

Schema = Mapping[str, Any]
JSON = "application/json"


@dataclass(frozen=True)
class Said:
    """One answer. Without a schema it has no body."""

    meaning: str
    schema: Schema | None = None
    example: object = None
    kind: str = JSON


@dataclass(frozen=True)
class Call:
    """What one route answers, by status; and the body it takes, where that is no JSON form: its kind and its schema."""

    answers: Mapping[int, Said]
    takes: Mapping[str, Schema] = field(default_factory=dict)
    example: object = None  # of the body


def record(**members: Schema) -> Schema:
    """An object with exactly these members."""
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def listed(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def describe(app: FastAPI, calls: Mapping[str, Call]) -> None:
    """Puts the table into the app's document. `calls`: by method and path, as "GET /care/v1/directory"."""
    bare = app.openapi

    def whole() -> dict[str, Any]:
        if not app.openapi_schema:
            document = bare()
            for path, methods in document["paths"].items():
                for method, operation in methods.items():
                    _fold(operation, calls[f"{method.upper()} {path}"])
            document.get("components", {}).get("schemas", {}).pop("HTTPValidationError", None)
            document.get("components", {}).get("schemas", {}).pop("ValidationError", None)
        return app.openapi_schema or bare()

    app.openapi = whole  # type: ignore[method-assign]


def _fold(operation: dict[str, Any], call: Call) -> None:
    operation["responses"] = {str(status): _response(said) for status, said in sorted(call.answers.items())}
    if call.takes:
        operation["requestBody"] = {"content": {kind: {"schema": schema} for kind, schema in call.takes.items()}}
    if call.example is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = call.example


def _response(said: Said) -> dict[str, Any]:
    if said.schema is None:
        return {"description": said.meaning}
    content = {"schema": said.schema} | ({"example": said.example} if said.example is not None else {})
    return {"description": said.meaning, "content": {said.kind: content}}
