"""Reading by the API: what became of messages, templates and their previews, and texts that came in."""

from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from bot.keys import Key
from bot.queue import Pool
from bot.statuses import notify_status, states_of
from bot.templates import Template, list_templates, placeholders, read_template
from channels.notify.errors import ApiError
from channels.notify.recipients import LINES

PAGE: Final = 250

_ONE: Final = """
SELECT o.id, o.public_id, o.channel, o.reference, o.status, o.error_code, o.text, o.subject, o.template_id,
       o.template_version, o.created_at, o.handed_at, o.completed_at, o.due_at, c.address
FROM outbound o JOIN conversation c ON c.id = o.conversation_id
WHERE o.department = $1 AND o.template_id IS NOT NULL
"""
# By the index on (department, id): the newest of a department, from any point on.
_MANY: Final = """
AND o.id < coalesce((SELECT p.id FROM outbound p WHERE p.public_id = $2 AND p.department = $1),
    CASE WHEN $2::uuid IS NULL THEN 9223372036854775807 ELSE 0 END)
AND ($3::text IS NULL OR o.channel = $3) AND ($4::text[] IS NULL OR o.status = ANY ($4))
AND ($5::text IS NULL OR o.reference = $5) AND ($6 OR o.batch_id IS NULL)
ORDER BY o.id DESC LIMIT $7
"""
_RECEIVED: Final = """
SELECT i.id, i.public_id, i.text, i.received_at, i.to_address, c.address
FROM inbound i JOIN conversation c ON c.id = i.conversation_id
WHERE i.department = $1 AND i.id < coalesce(
    (SELECT p.id FROM inbound p WHERE p.public_id = $2 AND p.department = $1),
    CASE WHEN $2::uuid IS NULL THEN 9223372036854775807 ELSE 0 END)
ORDER BY i.id DESC LIMIT $3
"""
_FAILED: Final = ("permanent-failure", "temporary-failure", "technical-failure")


class Reading:
    """Answers questions about what a department sent and got."""

    def __init__(self, pool: Pool, base_url: str) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            base_url: the address departments know.
        """
        self._pool, self._base_url = pool, base_url

    async def notification(self, key: Key, public_id: UUID) -> dict[str, Any]:
        """One message.

        Raises:
            ApiError: there is none of that id.
        """
        row = await self._pool.fetchrow(_ONE + "AND o.public_id = $2", key.department, public_id)
        if row is None:
            raise ApiError(404, "No result found")
        return self._message(row)

    async def letter(self, key: Key, public_id: UUID) -> bytes:
        """The PDF of a letter.

        Raises:
            ApiError: there is none, or not yet.
        """
        row = await self._pool.fetchrow(
            "SELECT o.channel, l.pdf FROM outbound o LEFT JOIN letter l ON l.outbound_id = o.id"
            " WHERE o.department = $1 AND o.public_id = $2",
            key.department, public_id,
        )  # fmt: skip
        if row is None:
            raise ApiError(404, "No result found")
        if row["channel"] != "letter":
            raise ApiError(400, "Notification is not a letter")
        if row["pdf"] is None:
            raise ApiError(400, "PDF not available yet, try again later", kind="PDFNotReadyError")
        return bytes(row["pdf"])

    async def notifications(self, key: Key, query: dict[str, Any]) -> dict[str, Any]:
        """A page of messages, the newest first.

        Args:
            key: of the department.
            query: checked: `template_type`, `status` (several), `reference`, `older_than`, `include_jobs`.
        """
        wanted = [
            each
            for status in query.get("status", [])
            for each in (_FAILED if status == "failed" else (status,))
        ]
        states = sorted({state for status in wanted for state in states_of(status)}) if wanted else None
        rows = await self._pool.fetch(
            _ONE + _MANY, key.department, query.get("older_than"), query.get("template_type"), states,
            query.get("reference"), query.get("include_jobs", False), PAGE,
        )  # fmt: skip
        found = [self._message(row) for row in rows]
        # Which failure it was, or whether a text is sending or sent, only its code and channel tell.
        shown = [each for each in found if not wanted or each["status"] in wanted]
        last = rows[-1]["public_id"] if len(rows) == PAGE else None
        return {"notifications": shown, "links": self._links("/v2/notifications", query, last)}

    def _message(self, row: Any) -> dict[str, Any]:
        channel, lines = row["channel"], row["address"].split("\n")
        future = row["due_at"] > row["created_at"] and row["handed_at"] is None
        return {
            "id": str(row["public_id"]),
            "reference": row["reference"],
            "email_address": row["address"] if channel == "email" else None,
            "phone_number": row["address"] if channel == "sms" else None,
            **{
                f"line_{at}": lines[at - 1] if channel == "letter" and at <= len(lines) else None
                for at in range(1, len(LINES) + 1)
            },
            "postcode": None,
            "postage": None,
            "type": channel,
            "status": notify_status(channel, row["status"], row["error_code"]),
            "template": self.template_ref(row["template_id"], row["template_version"]),
            "body": row["text"],
            "subject": row["subject"],
            "created_at": zulu(row["created_at"]),
            "created_by_name": None,
            "sent_at": zulu(row["handed_at"]),
            "completed_at": zulu(row["completed_at"]),
            "scheduled_for": zulu(row["due_at"]) if future else None,
            "one_click_unsubscribe": None,
        }

    def template_ref(self, template_id: UUID, version: int) -> dict[str, Any]:
        """How a message names its template."""
        uri = f"{self._base_url}/v2/template/{template_id}/version/{version}"
        return {"id": str(template_id), "version": version, "uri": uri}

    async def template(self, key: Key, template_id: UUID, version: int | None = None) -> Template:
        """A template.

        Raises:
            ApiError: there is none.
        """
        found = await read_template(self._pool, key.department, template_id, version)
        if found is None:
            raise ApiError(404, "No result found")
        return found

    async def templates(self, key: Key, channel: str | None) -> dict[str, Any]:
        """All that are in use."""
        found = await list_templates(self._pool, key.department, channel)
        return {"templates": [told(template) for template in found]}

    async def received(self, key: Key, older_than: UUID | None) -> dict[str, Any]:
        """A page of the texts that came in for a department, the newest first."""
        rows = await self._pool.fetch(_RECEIVED, key.department, older_than, PAGE)
        texts = [
            {
                "id": str(row["public_id"]), "user_number": row["address"],
                "notify_number": row["to_address"] or "", "content": row["text"],
                "created_at": zulu(row["received_at"]), "service_id": str(key.service_id),
            }
            for row in rows
        ]  # fmt: skip
        last = rows[-1]["public_id"] if len(rows) == PAGE else None
        links = self._links(
            "/v2/received-text-messages", {"older_than": older_than} if older_than else {}, last
        )
        return {"received_text_messages": texts, "links": links}

    def _links(self, path: str, query: dict[str, Any], last: UUID | None) -> dict[str, str]:
        links = {"current": _link(f"{self._base_url}{path}", query)}
        # Notify's clients look for an id in the link to the next page, and end where there is none.
        links["next"] = _link(f"{self._base_url}{path}", {**query, "older_than": last}) if last else ""
        return links


def told(template: Template) -> dict[str, Any]:
    """A template as the API tells it: the English, with the Welsh beside."""
    return {
        "id": str(template.id), "type": template.channel, "name": template.name,
        "version": template.version, "body": template.body["en"], "subject": template.subject["en"],
        "body_cy": template.body["cy"], "subject_cy": template.subject["cy"],
        "created_at": zulu(template.created_at), "updated_at": zulu(template.updated_at),
        "created_by": template.created_by, "letter_contact_block": None, "postage": None,
        "personalisation": {name: {"required": True} for name in placeholders(template)},
    }  # fmt: skip


def zulu(moment: datetime | None) -> str | None:
    """As Notify writes a moment: `2026-11-23T12:00:00.000000Z`."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _link(address: str, query: dict[str, Any]) -> str:
    pairs = [(name, value) for name, value in query.items() if value is not None]
    return f"{address}?{urlencode(pairs, doseq=True)}" if pairs else address
