"""The OpenAPI 3.1 page of the API, made from the schemas that requests are checked with."""

from typing import Any, Final

from channels.notify.schemas import ANSWERS, LIST_QUERY, REQUESTS, UUID

_JSON: Final = "application/json"


def document(base_url: str) -> dict[str, Any]:
    """The page for an installation at this address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Onedoor notifications",
            "version": "2",
            "description": "The GOV.UK Notify API, with idempotency keys, languages and costs besides.",
        },
        "servers": [{"url": base_url}],
        "security": [{"key": []}],
        "paths": {
            "/v2/notifications/sms": {"post": _post("sms", "Send a text message")},
            "/v2/notifications/email": {"post": _post("email", "Send an e-mail")},
            "/v2/notifications/letter": {"post": _post("letter", "Print a letter")},
            "/v2/notifications": {
                "get": _get("List messages, the newest first", "Notifications", query=LIST_QUERY)
            },
            "/v2/notifications/{id}": {"get": _get("One message", "Notification", path=["id"])},
            "/v2/notifications/{id}/pdf": {"get": _pdf()},
            "/v2/templates": {
                "get": _get("List templates", "Templates", query={"type": LIST_QUERY["template_type"]})
            },
            "/v2/template/{id}": {"get": _get("A template", "Template", path=["id"])},
            "/v2/template/{id}/version/{version}": {
                "get": _get("A version of a template", "Template", path=["id", "version"])
            },
            "/v2/template/{id}/preview": {
                "post": {
                    **_get("What a message would be", "Preview", path=["id"], wrong=True),
                    "requestBody": _body("preview"),
                }
            },
            "/v2/received-text-messages": {
                "get": _get("Texts that came in", "ReceivedTexts", query={"older_than": UUID})
            },
        },
        "components": {
            "schemas": {**ANSWERS, **{f"{name}Request": schema for name, schema in REQUESTS.items()}},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _answer(name: str, description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }


def _errors(*statuses: int) -> dict[str, Any]:
    return {str(status): _answer("Error", "An error") for status in (401, 403, *statuses)}


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{name}Request"}}}}


def _post(name: str, summary: str) -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "description": "The same key again is the same message, and the same answer.",
    }  # fmt: skip
    return {
        "summary": summary, "operationId": f"send_{name}", "parameters": [key], "requestBody": _body(name),
        "responses": {"201": _answer("Sent", "It will be sent"), **_errors(400, 409, 413, 429)},
    }  # fmt: skip


def _get(
    summary: str,
    name: str,
    *,
    path: list[str] | None = None,
    query: dict[str, dict[str, Any]] | None = None,
    wrong: bool = False,
) -> dict[str, Any]:
    parameters = [
        {
            "name": each,
            "in": "path",
            "required": True,
            "schema": UUID if each == "id" else {"type": "integer"},
        }
        for each in path or []
    ] + [
        {"name": each, "in": "query", "required": False, "schema": schema}
        for each, schema in (query or {}).items()
    ]
    statuses = [400] if query or wrong or path else []
    return {
        "summary": summary,
        "operationId": summary.lower().replace(" ", "_").replace(",", ""),
        "parameters": parameters,
        "responses": {
            "200": _answer(name, summary),
            **_errors(*statuses, *([404] if path else []), *([413] if wrong else [])),
        },
    }


def _pdf() -> dict[str, Any]:
    found = _get("The pages of a letter", "Error", path=["id"])
    found["responses"]["200"] = {
        "description": "The letter",
        "content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}},
    }
    return found
