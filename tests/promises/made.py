"""Requests made from an OpenAPI document, good and bad, and whether an answer is one that the document names."""

import json
import re
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]
WEIRD = st.sampled_from(
    ["", "0", "-1", "x", "9" * 30, "%00", "' OR 1=1--", "../" * 9, "null", "é".encode().decode("latin-1"), "{}"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


def fitting(schema: Document, document: Document) -> st.SearchStrategy[Any]:
    """Values that fit this schema."""
    if "$ref" in schema:
        return fitting(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if either := schema.get("anyOf"):
        return st.one_of(*(fitting(one, document) for one in either))
    match schema.get("type"):
        case "object":
            return _object(schema, document)
        case "array":
            return st.lists(fitting(schema.get("items", {}), document), max_size=3)
        case "integer" | "number":
            return st.integers(schema.get("minimum", -3), schema.get("maximum", 2_000))
        case "boolean":
            return st.booleans()
        case "string" if "pattern" in schema:
            return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True).map(lambda text: text.rstrip("\n"))
        case "string":
            return st.text(max_size=min(30, schema.get("maxLength", 30)))
    return ANYTHING


def _object(schema: Document, document: Document) -> st.SearchStrategy[Any]:
    members = {name: fitting(one, document) for name, one in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties")
    if not members and isinstance(more, dict):
        return st.dictionaries(
            fitting(schema.get("propertyNames", {"type": "string"}), document), fitting(more, document), max_size=3
        )
    needed = {name: one for name, one in members.items() if name in schema.get("required", ())}
    return st.fixed_dictionaries(needed, optional={name: one for name, one in members.items() if name not in needed})


def bodies(operation: Document, document: Document) -> st.SearchStrategy[tuple[bytes, str]]:
    """A body and its kind: one that fits, one that nearly does, and one that doesn't at all."""
    offered = operation.get("requestBody", {}).get("content", {})
    if not offered:
        return st.just((b"", ""))
    return st.sampled_from(sorted(offered)).flatmap(lambda kind: _of_kind(kind, offered[kind], document))


def _of_kind(kind: str, offer: Document, document: Document) -> st.SearchStrategy[tuple[bytes, str]]:
    raw = st.binary(max_size=80)
    if "json" not in kind:
        return (raw | st.text(max_size=80).map(lambda text: f"text={text}&from=1".encode("utf-8", "replace"))).map(
            lambda b: (b, kind)
        )
    good = fitting(offer["schema"], document)
    if "example" in offer:
        good |= st.just(offer["example"])
    near = st.tuples(good, st.dictionaries(st.text(max_size=9), ANYTHING, max_size=1)).map(lambda two: _mixed(*two))
    return ((good | near | ANYTHING).map(lambda one: json.dumps(one).encode()) | raw).map(lambda body: (body, kind))


def _mixed(good: Any, more: dict[str, Any]) -> Any:
    return {**good, **more} if isinstance(good, dict) else more


def unlike(status: int, kind: str, body: bytes, operation: Document) -> str:
    """How this answer differs from those that the document names; "" for not at all."""
    said = operation["responses"].get(str(status))
    if said is None:
        return f"the status {status} is not named"
    if "content" not in said:
        return f"{status} has a body, and none is named" if body else ""
    (named, content), *_ = said["content"].items()
    if named == "*/*":
        return ""
    if kind.partition(";")[0] != named:
        return f"{status} is {kind}, not {named}"
    return _misfit(json.loads(body), content["schema"], f"{status}")


def _misfit(value: Any, schema: Document, where: str) -> str:
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    if allowed and not isinstance(value, tuple(kinds[name] for name in allowed)):
        return f"{where} is no {' or '.join(allowed)}"
    if value not in schema.get("enum", [schema.get("const", value)]):
        return f"{where} says {value!r}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{where} does not look as named"
    if isinstance(value, list):
        return next((wrong for one in value if (wrong := _misfit(one, schema["items"], f"{where}[]"))), "")
    return _members(value, schema, where) if isinstance(value, dict) and "properties" in schema else ""


def _members(value: dict[str, Any], schema: Document, where: str) -> str:
    if extra := value.keys() - schema["properties"].keys():
        return f"{where} has {sorted(extra)}, which nobody named"
    if missing := set(schema.get("required", ())) - value.keys():
        return f"{where} lacks {sorted(missing)}"
    return next(
        (wrong for name, one in value.items() if (wrong := _misfit(one, schema["properties"][name], f"{where}.{name}"))), ""
    )
