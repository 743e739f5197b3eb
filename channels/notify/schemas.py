"""What the API takes and gives, as JSON Schema: one source for checking requests and for the OpenAPI page."""

from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

UUID: Final = {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
}
STATUSES: Final = (
    "created", "sending", "pending", "sent", "delivered", "permanent-failure", "temporary-failure",
    "technical-failure", "validation-failed",
)  # fmt: skip
CHANNELS: Final = ("sms", "email", "letter")

_PERSONALISATION: Final = {
    "type": "object",
    "description": "Values by the names of the template's placeholders.",
    "additionalProperties": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}, "maxItems": 100},
        ]
    },
}
_COMMON: Final[dict[str, Any]] = {
    "template_id": UUID,
    "personalisation": _PERSONALISATION,
    "reference": {
        "type": ["string", "null"], "maxLength": 1000, "description": "Yours; given back with receipts."
    },
    "unique_reference": {"type": "boolean", "description": "One message for a reference, and no more."},
    "language": {"enum": ["en", "cy"], "description": "Instead of what is known of the citizen."},
    "due_at": {"type": "string", "format": "date-time", "description": "Not before then."},
    "expires_at": {"type": "string", "format": "date-time", "description": "Not after then."},
}  # fmt: skip


def _request(required: list[str], **own: Any) -> dict[str, Any]:
    return {
        "type": "object", "required": [*required, "template_id"], "additionalProperties": False,
        "properties": {**own, **_COMMON},
    }  # fmt: skip


REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "sms": _request(
        ["phone_number"],
        phone_number={"type": "string", "maxLength": 100},
        sms_sender_id={**UUID, "description": "Taken and not used: there is one number."},
    ),
    "email": _request(
        ["email_address"],
        email_address={"type": "string", "maxLength": 320},
        email_reply_to_id={**UUID, "description": "Taken and not used."},
        one_click_unsubscribe_url={"type": "string", "pattern": "^https://", "maxLength": 2000},
        sanitise_content_for={
            "type": "array", "items": {"type": "string"}, "description": "Taken and not used: all are."
        },
    ),
    "letter": _request(
        ["personalisation"],
        large_print={"type": "boolean", "description": "For somebody who needs it: letters of 18 points."},
    ),
    "preview": {
        "type": "object", "additionalProperties": False, "properties": {"personalisation": _PERSONALISATION},
    },
}  # fmt: skip
"""By the end of the path they are posted to."""

LIST_QUERY: Final[dict[str, dict[str, Any]]] = {
    "template_type": {"enum": list(CHANNELS)},
    "status": {"type": "array", "items": {"enum": [*STATUSES, "failed"]}},
    "reference": {"type": "string", "maxLength": 1000},
    "older_than": UUID,
    "include_jobs": {"enum": ["true", "True", "false", "False"]},
}

_NULLABLE: Final = {"type": ["string", "null"]}
_LINKS: Final = {
    "type": "object", "required": ["current"],
    "properties": {"current": {"type": "string"}, "next": {"type": "string"}},
}  # fmt: skip
_TEMPLATE_REF: Final = {
    "type": "object", "required": ["id", "version", "uri"],
    "properties": {"id": UUID, "version": {"type": "integer"}, "uri": {"type": "string"}},
}  # fmt: skip
_NOTIFICATION: Final = {
    "type": "object",
    "required": ["id", "reference", "type", "status", "template", "body", "subject", "created_at"],
    "properties": {
        "id": UUID, "reference": _NULLABLE, "phone_number": _NULLABLE, "email_address": _NULLABLE,
        **{f"line_{line}": _NULLABLE for line in range(1, 8)},
        "type": {"enum": list(CHANNELS)}, "status": {"enum": list(STATUSES)}, "body": {"type": "string"},
        "subject": _NULLABLE, "created_at": {"type": "string"}, "sent_at": _NULLABLE,
        "completed_at": _NULLABLE, "scheduled_for": _NULLABLE,
    },
}  # fmt: skip
_TEMPLATE: Final = {
    "type": "object",
    "required": [
        "id", "type", "name", "version", "body", "subject", "created_at", "updated_at", "created_by",
        "personalisation",
    ],
    "properties": {
        "id": UUID, "type": {"enum": list(CHANNELS)}, "name": {"type": "string"},
        "version": {"type": "integer"}, "body": {"type": "string"}, "subject": _NULLABLE,
        "created_at": {"type": "string"}, "updated_at": _NULLABLE, "created_by": {"type": "string"},
        "personalisation": {"type": "object"},
    },
}  # fmt: skip
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "Error": {
        "type": "object", "required": ["status_code", "errors"],
        "properties": {
            "status_code": {"type": "integer"},
            "errors": {
                "type": "array", "minItems": 1,
                "items": {
                    "type": "object", "required": ["error", "message"],
                    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
                },
            },
        },
    },
    "Sent": {
        "type": "object", "required": ["id", "reference", "content", "uri", "template", "segments", "cost"],
        "properties": {
            "id": UUID, "reference": _NULLABLE, "content": {"type": "object"}, "uri": {"type": "string"},
            "template": _TEMPLATE_REF, "scheduled_for": _NULLABLE,
            "segments": {"type": ["integer", "null"]}, "cost": {"type": ["number", "null"]},
        },
    },
    "Notification": _NOTIFICATION,
    "Notifications": {
        "type": "object", "required": ["notifications", "links"],
        "properties": {"notifications": {"type": "array", "items": _NOTIFICATION}, "links": _LINKS},
    },
    "Template": _TEMPLATE,
    "Templates": {
        "type": "object", "required": ["templates"],
        "properties": {"templates": {"type": "array", "items": _TEMPLATE}},
    },
    "Preview": {
        "type": "object", "required": ["id", "type", "version", "body", "subject"],
        "properties": {
            "id": UUID, "type": {"enum": list(CHANNELS)}, "version": {"type": "integer"},
            "body": {"type": "string"}, "subject": _NULLABLE,
        },
    },
    "ReceivedTexts": {
        "type": "object", "required": ["received_text_messages", "links"],
        "properties": {
            "received_text_messages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "user_number", "notify_number", "content", "created_at", "service_id"],
                },
            },
            "links": _LINKS,
        },
    },
}  # fmt: skip


@cache
def validator(name: str) -> Draft202012Validator:
    """The check of one kind of request."""
    return Draft202012Validator(REQUESTS[name], format_checker=FormatChecker())


def mistakes(name: str, body: object) -> list[str]:
    """What is wrong with a request's body, in Notify's sentences."""
    found = sorted(validator(name).iter_errors(body), key=lambda error: [str(part) for part in error.path])
    return list(dict.fromkeys(_sentence(error) for error in found))


def _sentence(error: Any) -> str:
    """One mistake in words that do not hold what was sent."""
    field = str(error.path[0]) if error.path else ""
    if error.validator == "required":
        return f"{error.message.split(' ')[0].strip(chr(39))} is a required property"
    if not field:
        return (
            str(error.message)
            if error.validator == "additionalProperties"
            else "The body must be a JSON object"
        )
    return f"{field} {_wrong(error)}"


def _wrong(error: Any) -> str:
    if error.schema.get("format") == "uuid" and error.validator in ("format", "pattern"):
        return "is not a valid UUID"
    value = error.validator_value
    told = {
        "format": "is not a date and time such as 2026-11-23T12:00:00Z",
        "maxLength": f"is too long: at most {value} characters",
        "pattern": "is not a valid https url",
        "type": f"is not of type {value if isinstance(value, str) else ' or '.join(map(str, value))}"
        if isinstance(value, str | list) else "",
        "enum": f"is not one of [{', '.join(map(str, value))}]" if isinstance(value, list) else "",
    }  # fmt: skip
    return told.get(error.validator) or "is not valid"
