"""A report of a problem: what is sent, checked against its category, and its row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actions.reports.service import store
from actions.reports.service.categories import LISTS, Category, Question
from actions.reports.service.keys import Connection
from actions.reports.service.once import Answer
from actions.reports.service.promise import expected
from actions.reports.service.reading import DESCRIPTION, SHORT, Fields, is_number, read_moment
from actions.reports.service.responsible import Area, responsible
from actions.reports.service.words import Language

REPEATS_WITHIN: Final = timedelta(days=90)
CONTACTS: Final = ("first_name", "last_name", "phone", "device_id", "account_id")

type Answers = dict[str, str | list[str]]


@dataclass(frozen=True)
class Report:
    """What somebody reports, checked.

    Args:
        category: of what kind it is.
        description: in their words.
        place: latitude and longitude, or None where the place has only words.
        address: the place in words.
        address_id: as the department's own directory has it.
        zipcode: the postcode.
        answers: to the category's questions, by their codes.
        media_url: of a photo.
        contact: how to reach them, by the names of the standard.
    """

    category: Category
    description: str
    place: tuple[float, float] | None
    address: str | None
    address_id: str | None
    zipcode: str | None
    answers: Answers
    media_url: str | None
    contact: dict[str, str | None]


def read_report(fields: Fields, known: dict[str, Category]) -> Report:
    """Reads a POST of `requests`.

    Args:
        fields: what was sent.
        known: the categories by code.

    Raises:
        Refusal: 400 with everything that is wrong.
    """
    code = fields.get("service_code")
    category = known.get(code)
    if not code:
        fields.fault("service_missing")
    elif category is None:
        fields.fault("service_unknown", value=code)
    place = fields.place()
    address, address_id = fields.text("address_string", SHORT), fields.text("address_id")
    placeless = not any(fields.get(name) for name in ("lat", "long", "address_string", "address_id"))
    if placeless:
        fields.fault("place_missing")
    report_fields = (
        fields.text("description", DESCRIPTION, "description_long") or "",
        fields.link("media_url"),
        {**{name: fields.text(name) for name in CONTACTS}, "email": fields.email()},
        fields.text("zipcode"),
        {} if category is None else read_answers(fields, category),
    )
    fields.check()
    assert category is not None
    description, media_url, contact, zipcode, answers = report_fields
    return Report(category, description, place, address, address_id, zipcode, answers, media_url, contact)


def read_answers(fields: Fields, category: Category) -> Answers:
    """The answers to a category's questions; what is wrong with them is noted in `fields`."""
    language = fields.language
    questions = {question.code: question for question in category.questions}
    sent: dict[str, list[str]] = {}
    for name in fields.names():
        if not name.startswith("attribute"):
            continue
        code = name.removeprefix("attribute").removesuffix("[]").removeprefix("[").removesuffix("]")
        if name not in (f"attribute[{code}]", f"attribute[{code}][]") or code not in questions:
            fields.fault("attribute_unknown", value=code)
        else:
            sent.setdefault(code, []).extend(fields.all(name))
    answers: Answers = {}
    for code, question in questions.items():
        if code in sent:
            if (reason := _wrong(question, sent[code])) is not None:
                fields.fault(reason, ask=question.ask[language])
            values = list(dict.fromkeys(sent[code]))
            answers[code] = values if question.kind == "multivaluelist" else values[0]
            most = DESCRIPTION if question.kind == "text" else SHORT
            if any(len(value) > most for value in values):
                fields.fault("too_long", field=question.ask[language], most=f"{most:,}")
        elif question.required:
            fields.fault("attribute_missing", ask=question.ask[language])
    return answers


def _wrong(question: Question, values: list[str]) -> str | None:
    """Why the values are no answer to a question, or None."""
    if question.kind != "multivaluelist" and len(values) > 1:
        return "attribute_one"
    checks = {
        "attribute_value": question.kind not in LISTS or all(value in question.values for value in values),
        "attribute_number": question.kind != "number" or is_number(values[0]),
        "attribute_datetime": question.kind != "datetime" or read_moment(values[0]) is not None,
    }
    return next((reason for reason, good in checks.items() if not good), None)


_INSERT: Final = """
WITH made AS (
    INSERT INTO problem (category, description, lat, long, address, address_id, zipcode, answers, media_url,
                         agency, agency_cy, notice, notice_cy, officer, private, times, requested_at,
                         updated_at, expected_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $24, $11, $12, $13, $14, $15, $16, $16, $17)
    RETURNING id, token
), contact AS (
    INSERT INTO problem_contact (problem_id, first_name, last_name, email, phone, device_id, account_id)
    SELECT id, $18::text, $19::text, $20::text, $21::text, $22::text, $23::text FROM made
    WHERE num_nonnulls($18::text, $19::text, $20::text, $21::text, $22::text, $23::text) > 0
), supporter AS (
    INSERT INTO problem_supporter (problem_id, account_id, reported, since)
    SELECT id, $23::text, true, $16 FROM made WHERE $23::text IS NOT NULL
)
SELECT id, token FROM made
"""


async def report(
    connection: Connection, sent: Report, areas: tuple[Area, ...], language: Language, now: datetime
) -> Answer:
    """Stores a report and gives Open311's answer to it.

    Args:
        connection: inside the caller's transaction.
        sent: from `read_report`.
        areas: that its place is in.
        language: of the answer.
        now: the time.
    """
    category, contact = sent.category, sent.contact
    who = await responsible(connection, category, areas)
    since = now - REPEATS_WITHIN
    if sent.place is not None:
        around = store.circle(*sent.place, category.near)
        before = await connection.fetchval(store.TIMES_QUERY, around, category.code, since)
    else:
        named = sent.address or sent.address_id
        before = await connection.fetchval(store.NAMED_TIMES_QUERY, named, category.code, since)
    lat, long = sent.place or (None, None)
    row = await connection.fetchrow(
        _INSERT, category.code, sent.description, lat, long, sent.address, sent.address_id, sent.zipcode,
        sent.answers, sent.media_url, who.agency["en"], who.notice["en"], who.notice["cy"], who.officer,
        category.private, min(before + 1, 32_767), now, expected(now, category.days),
        contact["first_name"], contact["last_name"], contact["email"], contact["phone"],
        contact["device_id"], contact["account_id"], who.agency["cy"],
    )  # fmt: skip
    assert row is not None
    named_by = {
        "realtime": {"service_request_id": str(row["id"])}, "batch": {"token": row["token"]}, "blackbox": {},
    }  # fmt: skip
    return {
        **named_by[category.type],
        "service_notice": who.notice[language],
        "account_id": contact["account_id"],
    }
