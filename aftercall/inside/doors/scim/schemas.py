"""What this server can do and which attributes it keeps, as SCIM says it (RFC 7643, 5 to 7)."""

from typing import Any

from aftercall.inside.doors.scim.shape import ENTERPRISE, IDS, USER
from aftercall.locale import LANGUAGES

Document = dict[str, Any]
PAGE = 200  # people in one answer, at most
A_NUMBER = "+254700000001"  # how a number is written: with its country

SERVICE = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
KIND = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"


def service(base: str) -> Document:
    no = {"supported": False}
    token = {"type": "oauthbearertoken", "name": "Bearer token", "description": "The token of the settings.", "primary": True}
    return {
        "schemas": [SERVICE],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": PAGE},
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [token],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def kinds(base: str) -> list[Document]:
    user = {
        "schemas": [KIND],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "Staff who may have been there",
        "schema": USER,
        "schemaExtensions": [{"schema": ENTERPRISE, "required": False}, {"schema": IDS, "required": False}],
        "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/User"},
    }
    return [user]


def schemas(base: str) -> list[Document]:
    """Only the attributes that are kept. `name`, and other types than these, are read to find them, and not said again."""
    user = [
        _text("userName", required=True, uniqueness="server"),
        _text("displayName", required=True),
        _text("title"),
        _text("preferredLanguage", often=tuple(LANGUAGES)),
        _attribute("active", "boolean", required=True),
        _attribute("emails", "complex", sub=[_text("value"), _text("type", often=("work",))], many=True),
        _attribute("phoneNumbers", "complex", sub=[_text("value", often=(A_NUMBER,)), _text("type", often=("mobile",))], many=True),
    ]
    ids = [
        _attribute("ids", "complex", sub=[_text("authority", exact=True), _text("number", exact=True)], many=True, required=True)
    ]
    return [
        _schema(base, USER, "User", "Staff who may have been there", user),
        _schema(base, ENTERPRISE, "EnterpriseUser", "Unit and number", [_text("employeeNumber"), _text("department")]),
        _schema(base, IDS, "Ids", "The numbers by which the hospital's feeds name this person", ids),
    ]


def _schema(base: str, urn: str, name: str, what: str, attributes: list[Document]) -> Document:
    meta = {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"}
    return {"schemas": [SCHEMA], "id": urn, "name": name, "description": what, "attributes": attributes, "meta": meta}


def _text(
    name: str, required: bool = False, uniqueness: str = "none", exact: bool = False, often: tuple[str, ...] = ()
) -> Document:
    """`often`: values as they are written best."""
    document = {**_attribute(name, "string", required=required), "uniqueness": uniqueness, "caseExact": exact}
    return {**document, "canonicalValues": list(often)} if often else document


def _attribute(name: str, kind: str, sub: list[Document] | None = None, many: bool = False, required: bool = False) -> Document:
    document: Document = {
        "name": name,
        "type": kind,
        "multiValued": many,
        "description": name,
        "required": required,
        "mutability": "readWrite",
        "returned": "default",
    }
    return {**document, "subAttributes": sub} if sub else document
