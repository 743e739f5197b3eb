"""Templates of notices: English and Welsh side by side, their versions, and how they are filled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from bot.keys import open_department
from bot.notices import Words, said_in
from bot.placeholders import MOST_ITEMS, Text, TextError, Value, key, read_text
from bot.problems import Problem
from bot.queue import Connection, Pool
from bot.urgency import Urgency
from bot.wording import LANGUAGES

MOST_BODY: Final = {"sms": 918, "email": 100_000, "letter": 20_000}
"""Characters of a filled text, by channel. Of a text message: six parts, GOV.UK Notify's limit."""
MOST_SUBJECT: Final = 300
"""Characters of an e-mail's subject or a letter's heading."""
MOST_NAME: Final = 200
MOST_PLACEHOLDER: Final = 100_000
"""Characters of one value."""

URGENCIES: Final = (Urgency.URGENT, Urgency.NOTICE, Urgency.BULK)
"""What a template may say of its haste: a reply has no template."""

_TOLD: Final = {"en": "English", "cy": "Welsh"}
# Control characters but tab and new line; marks that turn the writing round; halves of a character.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINES: Final = re.compile(r"\r\n?|\u2028|\u2029")


class TemplateError(Problem):
    """A template can't be kept or filled: one sentence that names the place."""


class MissingPersonalisation(TemplateError):  # noqa: N818  (GOV.UK Notify's word for it)
    """Placeholders were given no value.

    Args:
        names: as the template writes them.
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Missing personalisation: {', '.join(names)}")
        self.names = names


@dataclass(frozen=True)
class Template:
    """One version of a template.

    Args:
        id: the same for all versions.
        department: whose it is.
        channel: `sms`, `email` or `letter`.
        name: what the department calls it.
        version: from 1 on.
        urgency: how soon what is made from it must be read.
        subject: by language; None in a text message.
        body: by language.
        created_by: who wrote this version.
        created_at: when the first version was made.
        updated_at: when this version was made, if it is not the first.
    """

    id: UUID
    department: str
    channel: str
    name: str
    version: int
    urgency: Urgency
    subject: dict[str, str | None]
    body: dict[str, str]
    created_by: str
    created_at: datetime
    updated_at: datetime | None


_OPEN: Final = """
INSERT INTO template AS t (department, channel, name) VALUES ($1, $2, $3)
ON CONFLICT (department, name) DO UPDATE SET archived_at = NULL RETURNING t.id, t.channel
"""
_READ: Final = """
SELECT t.id, t.department, t.channel, t.name, t.created_at, v.version, v.urgency, v.subject_en, v.subject_cy,
       v.body_en, v.body_cy, v.created_by, CASE WHEN v.version > 1 THEN v.created_at END AS updated_at
FROM template t JOIN template_version v ON v.template_id = t.id
"""
_NEWEST: Final = "v.version = (SELECT max(version) FROM template_version n WHERE n.template_id = t.id)"
_ADD: Final = """
INSERT INTO template_version
    (template_id, version, urgency, subject_en, subject_cy, body_en, body_cy, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def save(
    connection: Connection,
    *,
    department: str,
    channel: str,
    name: str,
    body: Mapping[str, str],
    subject: Mapping[str, str | None] | None = None,
    urgency: Urgency,
    by: str,
) -> Template:
    """Keeps a template: a new one, or a new version of the department's template of that name.

    Nothing is written when nothing has changed. One that was archived is in use again.

    Args:
        connection: the caller's.
        department: whose it is; it is made known to the gateway if it is not.
        channel: `sms`, `email` or `letter`; it can't be changed later.
        name: what the department calls it, up to 200 characters.
        body: by language, both.
        subject: by language, both, where the channel has one.
        urgency: one of `URGENCIES`.
        by: who wrote it.

    Raises:
        TemplateError: it can't be used; the sentence says what and where.
    """
    body, subject = check(channel=channel, name=name, body=body, subject=subject, urgency=urgency)
    async with connection.transaction():
        await open_department(connection, department)
        row = await connection.fetchrow(_OPEN, department, channel, name)
        assert row is not None
        if row["channel"] != channel:
            raise TemplateError(f"“{name}” is a template for {row['channel']}: give this one another name.")
        found = await connection.fetchrow(f"{_READ} WHERE t.id = $1 AND {_NEWEST}", row["id"])
        newest = _template(found) if found is not None else None
        if newest is not None and (newest.body, newest.subject, newest.urgency) == (body, subject, urgency):
            return newest
        version = newest.version + 1 if newest is not None else 1
        await connection.execute(
            _ADD, row["id"], version, urgency.value, subject["en"], subject["cy"], body["en"], body["cy"], by
        )
        kept = await connection.fetchrow(f"{_READ} WHERE t.id = $1 AND v.version = $2", row["id"], version)
    return _template(kept)


async def read_template(
    pool: Pool | Connection, department: str, template_id: UUID, version: int | None = None
) -> Template | None:
    """A department's template.

    Args:
        pool: connections, or one.
        department: whose it is; another's is not found.
        template_id: which.
        version: one that was in use at some time; the newest when not given, unless it is archived.
    """
    row = await pool.fetchrow(
        f"{_READ} WHERE t.department = $1 AND t.id = $2"
        f" AND (v.version = $3 OR $3 IS NULL AND t.archived_at IS NULL AND {_NEWEST})",
        department, template_id, version,
    )  # fmt: skip
    return None if row is None else _template(row)


async def find_template(
    pool: Pool | Connection, template_id: UUID, version: int | None = None
) -> Template | None:
    """The same for an operator, whosever it is."""
    department = await pool.fetchval("SELECT department FROM template WHERE id = $1", template_id)
    return None if department is None else await read_template(pool, department, template_id, version)


async def list_templates(
    pool: Pool | Connection, department: str | None, channel: str | None = None
) -> list[Template]:
    """A department's templates that are not archived, or all, in their newest versions, by name."""
    rows = await pool.fetch(
        f"{_READ} WHERE ($1::text IS NULL OR t.department = $1) AND ($2::text IS NULL OR t.channel = $2)"
        f" AND t.archived_at IS NULL AND {_NEWEST} ORDER BY t.department, t.name",
        department, channel,
    )  # fmt: skip
    return [_template(row) for row in rows]


async def archive(connection: Connection, department: str, template_id: UUID) -> bool:
    """Takes a template out of use; its versions stay. False when there is none in use."""
    done = await connection.execute(
        "UPDATE template SET archived_at = now() WHERE department = $1 AND id = $2 AND archived_at IS NULL",
        department, template_id,
    )  # fmt: skip
    return bool(done == "UPDATE 1")


def placeholders(template: Template) -> list[str]:
    """The names of what is to be filled in, as the English text writes them, in their order."""
    return list(_names(template.channel, template.subject, template.body, "en").values())


def fill(template: Template, personalisation: Mapping[str, Any]) -> dict[str, Words]:
    """A template's words by language.

    Args:
        template: from `read_template`.
        personalisation: values by the placeholders' names, in any spelling of capitals, spaces, `_` and `-`;
            what the template does not name is left aside. Control characters are taken out.

    Raises:
        MissingPersonalisation: a placeholder has no value.
        TemplateError: a value does not fit its place, or the text becomes too long or empty.
    """
    given = {key(str(name)): value for name, value in personalisation.items()}
    names = _names(template.channel, template.subject, template.body, "en")
    missing = [name for at, name in names.items() if given.get(at) is None]
    if missing:
        raise MissingPersonalisation(missing)
    values = {at: _value(name, given[at]) for at, name in names.items()}
    return {
        language: Words(
            _filled(template, "body", language, values),
            _filled(template, "subject", language, values) if template.subject[language] else None,
        )
        for language in LANGUAGES
    }


def with_language(words: Mapping[str, Words], language: str | None) -> Words:
    """The words in one language, or in both, English first, when the citizen's is not known."""
    return said_in(words, [language] if language else list(LANGUAGES))


def check(
    *,
    channel: str,
    name: str,
    body: Mapping[str, str],
    subject: Mapping[str, str | None] | None,
    urgency: Urgency,
) -> tuple[dict[str, str], dict[str, str | None]]:
    """Whether a template could be kept; gives its body and subject as they would be.

    Raises:
        TemplateError: it could not.
    """
    if channel not in MOST_BODY:
        raise TemplateError(f"The channel of a template is one of {', '.join(MOST_BODY)}.")
    if not name.strip() or len(name) > MOST_NAME or _CONTROL.search(name) or "\n" in name:
        raise TemplateError(f"A template needs a name of one line and at most {MOST_NAME} characters.")
    if urgency not in URGENCIES:
        raise TemplateError(f"The urgency of a template is one of {', '.join(URGENCIES)}.")
    bodies = {language: _text(body.get(language), "body", language) for language in LANGUAGES}
    subjects = _subjects(channel, subject or {})
    english, welsh = (_names(channel, subjects, bodies, language) for language in LANGUAGES)
    for one, other, lacks in ((english, welsh, "Welsh"), (welsh, english, "English")):
        if absent := [name for at, name in one.items() if at not in other]:
            raise TemplateError(f"The {lacks} lacks placeholders of the other: {', '.join(absent)}.")
    for language in LANGUAGES:
        for part, source in (("body", bodies[language]), ("subject", subjects[language])):
            if source and not (text := _read(source, part, language)).names:
                _fill_text(text, channel, part, language, {})
    return bodies, subjects


def _subjects(channel: str, subject: Mapping[str, str | None]) -> dict[str, str | None]:
    if channel == "sms":
        if any(subject.values()):
            raise TemplateError("A text message has no subject: leave it out.")
        return dict.fromkeys(LANGUAGES)
    subjects: dict[str, str | None] = {}
    for language in LANGUAGES:
        subjects[language] = _text(subject.get(language), "subject", language)
        if "\n" in str(subjects[language]):
            raise TemplateError(f"The {_TOLD[language]} subject has more than one line.")
    return subjects


def _text(source: object, part: str, language: str) -> str:
    """One part as it is kept: with plain line ends, without space around."""
    if not isinstance(source, str) or not source.strip():
        raise TemplateError(f"The {_TOLD[language]} {part} is missing: both languages are needed.")
    source = _LINES.sub("\n", source).strip()
    if found := _CONTROL.search(source):
        raise TemplateError(
            f"The {_TOLD[language]} {part} has the control character U+{ord(found[0]):04X}: take it out."
        )
    return source


def _read(source: str, part: str, language: str) -> Text:
    try:
        return read_text(source)
    except TextError as error:
        raise TemplateError(f"The {_TOLD[language]} {part} {error}.") from None


def _names(
    channel: str, subject: Mapping[str, str | None], body: Mapping[str, str], language: str
) -> dict[str, str]:
    """The placeholders of one language's parts, by key."""
    names = _read(body[language], "body", language).names
    if channel == "sms" or not subject[language]:
        return names
    return {**_read(str(subject[language]), "subject", language).names, **names}


def _filled(template: Template, part: str, language: str, values: Mapping[str, Value]) -> str:
    source = str((template.body if part == "body" else template.subject)[language])
    return _fill_text(_read(source, part, language), template.channel, part, language, values)


def _fill_text(text: Text, channel: str, part: str, language: str, values: Mapping[str, Value]) -> str:
    most = MOST_BODY[channel] if part == "body" else MOST_SUBJECT
    try:
        filled = text.fill(values, language=language, bullets=channel != "sms" and part == "body", most=most)
    except TextError as error:
        raise TemplateError(f"The {_TOLD[language]} {part} {error}.") from None
    filled = " ".join(filled.split()) if part == "subject" else filled
    if not filled:
        raise TemplateError(f"The {_TOLD[language]} {part} is empty once it is filled.")
    return filled


def _value(name: str, value: object) -> Value:
    """A value that a text may be filled with.

    Raises:
        TemplateError: it is of another kind, or too large.
    """
    if isinstance(value, str):
        if len(value) > MOST_PLACEHOLDER:
            raise TemplateError(f"The value of “{name}” is longer than {MOST_PLACEHOLDER} characters.")
        return _CONTROL.sub("", _LINES.sub("\n", value))
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and len(value) <= MOST_ITEMS:
        items = [_value(name, each) for each in value if each is not None]
        return [each for each in items if not isinstance(each, list)]
    raise TemplateError(f"The value of “{name}” must be a text, a number or a list of at most {MOST_ITEMS}.")


def _template(row: Any) -> Template:
    return Template(
        row["id"], row["department"], row["channel"], row["name"], row["version"], Urgency(row["urgency"]),
        {language: row[f"subject_{language}"] for language in LANGUAGES},
        {language: row[f"body_{language}"] for language in LANGUAGES},
        row["created_by"], row["created_at"], row["updated_at"],
    )  # fmt: skip
