"""`onedoor templates`: templates of notices kept, listed, shown, tried out and archived."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.commands.database import with_database
from bot.problems import Problem
from bot.queue import Pool
from bot.settings import Settings
from bot.templates import (
    Template,
    TemplateError,
    archive,
    fill,
    find_template,
    list_templates,
    placeholders,
    save,
    with_language,
)  # fmt: skip
from bot.urgency import Urgency
from bot.wording import LANGUAGES
from channels.sms.segments import measure

_FIELDS: Final = {"department", "channel", "name", "urgency", *LANGUAGES}
_PARTS: Final = {"subject", "body"}
_TOLD: Final = {"en": "English", "cy": "Welsh"}


def templates(settings: Settings, arguments: argparse.Namespace) -> int:
    """Does what the command line asks.

    Raises:
        Problem: it can't be done; the sentence says why.
    """

    async def work(pool: Pool) -> int:
        match arguments.task:
            case "save":
                for path in arguments.files:
                    await _save(pool, path)
            case "list":
                for each in await list_templates(pool, arguments.department):
                    print(
                        f"{each.id}  {each.department:<14} {each.channel:<7} v{each.version:<4} {each.name}"
                    )
            case "show":
                _show(await _found(pool, arguments.id, arguments.version))
            case "preview":
                found = await _found(pool, arguments.id, None)
                preview(found, _values(arguments.values), settings.segment_price)
            case _:
                found = await _found(pool, arguments.id, None)
                async with pool.acquire() as connection:
                    await archive(connection, found.department, found.id)
        return 0

    return with_database(settings, work)


async def _found(pool: Pool, template_id: UUID, version: int | None) -> Template:
    found = await find_template(pool, template_id, version)
    if found is None:
        raise Problem("There is no such template in use: `onedoor templates list` names them.")
    return found


async def _save(pool: Pool, path: Path) -> None:
    read = read_file(path)
    try:
        async with pool.acquire() as connection:
            kept = await save(connection, **read, by="the command line")
    except TemplateError as error:
        raise Problem(f"{path}: {error}") from None
    print(f"{kept.id}  version {kept.version}  {kept.name}")


def read_file(path: Path) -> dict[str, Any]:
    """A template as a file has it, in the arguments of `bot.templates.save`.

    Raises:
        Problem: there is no such file, or something in it is missing or unknown.
    """
    try:
        read = YAML(typ="safe").load(path.read_text())
    except OSError as error:
        raise Problem(f"{path} can't be read: {error.strerror}.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is no YAML ({type(error).__name__}).") from None
    if not isinstance(read, dict) or set(read) - {"urgency"} != _FIELDS - {"urgency"}:
        raise Problem(f"{path} must have {', '.join(sorted(_FIELDS))}, and nothing else.")
    for language in LANGUAGES:
        parts = read[language]
        if not isinstance(parts, dict) or not {"body"} <= set(parts) <= _PARTS:
            raise Problem(f"{path}: “{language}” must have a body and may have a subject, nothing else.")
    urgency = str(read.get("urgency", Urgency.NOTICE))
    if urgency not in list(Urgency):
        raise Problem(f"{path}: the urgency is urgent, notice or bulk.")
    return {
        "department": str(read["department"]),
        "channel": str(read["channel"]),
        "name": str(read["name"]),
        "urgency": Urgency(urgency),
        "body": {language: read[language]["body"] for language in LANGUAGES},
        "subject": {language: read[language].get("subject") for language in LANGUAGES},
    }


def _values(given: Sequence[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise Problem(f"Give values as NAME=VALUE: “{wrong[0]}” has no =.")
    return {name: value for name, _, value in pairs}


def _show(template: Template) -> None:
    print(f"{template.name}: {template.channel} of {template.department}, {template.urgency.value},", end=" ")
    print(f"version {template.version} by {template.created_by or 'nobody named'}")
    print(f"To be filled in: {', '.join(placeholders(template)) or 'nothing'}")
    for language in LANGUAGES:
        _print(_TOLD[language], template.subject[language], template.body[language])


def preview(template: Template, personalisation: dict[str, str], price: float) -> None:
    """Prints what a notice would say in each language, and, of a text, its parts and what they cost.

    Args:
        template: what to fill.
        personalisation: the values.
        price: of one part, pence.

    Raises:
        TemplateError: it can't be filled with them.
    """
    words = fill(template, personalisation)
    for told, language in (*((_TOLD[each], each) for each in LANGUAGES), ("Both, if not known", None)):
        said = with_language(words, language)
        _print(told, said.subject, said.body)
        if template.channel == "sms":
            found = measure(said.body)
            parts = f"{found.segments} part{'' if found.segments == 1 else 's'}"
            print(f"   {parts} in {found.encoding}: {found.segments * price:g}p")


def _print(told: str, subject: str | None, body: str) -> None:
    print(f"\n-- {told}")
    if subject:
        print(f"{subject}\n")
    print(body)
