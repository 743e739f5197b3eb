"""What a telephone shows: the texts from it and to it, with what each cost and what became of it."""

from typing import Final, TypedDict
from zoneinfo import ZoneInfo

from bot.outbox import OPTED_OUT
from bot.queue import Pool
from channels.sms.segments import ALONE, PART, measure
from channels.sms.sender import OPTED_OUT as CARRIER_OPTED_OUT

MOST_SHOWN: Final = 60
LONDON: Final = ZoneInfo("Europe/London")

STATES: Final = {
    "accepted": "On its way",
    "scheduled": "On its way",
    "queued": "On its way",
    "sending": "On its way",
    "sent": "Sent",
    "delivered": "Delivered",
    "read": "Read",
    "undelivered": "Not delivered",
    "failed": "Not delivered",
}
STOPPED: Final = "Not delivered: this phone has texted STOP. To hear from Onedoor again, text START."

QUERY: Final = """
SELECT * FROM (
    SELECT 'phone' AS sender, i.id, i.text, i.received_at AS moment, NULL AS language, NULL AS status,
        NULL AS error_code, i.done_at IS NOT NULL AS done, 0 AS place
    FROM inbound i JOIN conversation c ON c.id = i.conversation_id
    WHERE c.channel = 'sms' AND c.address = $1 AND i.kind <> 'resume' AND NOT i.details ? 'joined'
    UNION ALL
    SELECT 'onedoor', o.id, o.text, o.created_at, o.language, o.status, o.error_code, true, 1
    FROM outbound o JOIN conversation c ON c.id = o.conversation_id
    WHERE c.channel = 'sms' AND c.address = $1 AND o.status NOT IN ('created', 'handing', 'retry')
) AS texts ORDER BY moment DESC, place DESC, id DESC LIMIT $2
"""


class Text(TypedDict):
    """One text, in words for a page. `sender` is `phone` or `onedoor`; `length` and `state` are sentences."""

    id: str
    sender: str
    text: str
    language: str | None
    time: str
    length: str
    state: str
    failed: bool


class Texts(TypedDict):
    """All texts of a telephone, the oldest first; `waiting` while Onedoor has not answered."""

    number: str
    texts: list[Text]
    waiting: bool


async def read_texts(pool: Pool, number: str) -> Texts:
    """The last texts from and to a number (+44…)."""
    rows = list(reversed(await pool.fetch(QUERY, number, MOST_SHOWN)))
    texts = [
        Text(
            id=f"{row['sender']}-{row['id']}",
            sender=row["sender"],
            text=measure(row["text"]).text,
            language=row["language"],
            time=f"{row['moment'].astimezone(LONDON):%H:%M}",
            length=_length(row["text"]),
            state=_state(row["status"], row["error_code"]),
            failed=row["status"] in ("failed", "undelivered"),
        )
        for row in rows
    ]
    return Texts(number=number, texts=texts, waiting=any(not row["done"] for row in rows))


def _state(status: str | None, error_code: str | None) -> str:
    if status is None:
        return "Delivered"
    if error_code in {CARRIER_OPTED_OUT, OPTED_OUT}:
        return STOPPED
    return STATES[status] + (f" (error {error_code})" if error_code else "")


def _length(text: str) -> str:
    found = measure(text)
    room = ALONE[found.encoding] if found.segments == 1 else found.segments * PART[found.encoding]
    segments = "1 segment" if found.segments == 1 else f"{found.segments} segments"
    return f"{segments}, {found.encoding}, {found.units} of {room}"
