"""The words: responses of the core and the packs in both languages, rendered with Jinja2."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from ruamel.yaml import YAML

LANGUAGES: Final = ("en", "cy")
LONDON: Final = ZoneInfo("Europe/London")
_LOCALE: Final = {"en": "en_GB", "cy": "cy"}


class WordingError(Exception):
    """A response is missing in a language or can't be read; the text names the file."""


class _Text:
    """A response's text for a channel; compiled when it is first said, as a process says few of thousands."""

    def __init__(self, source: str, environment: Environment) -> None:
        """Reads it.

        Raises:
            TemplateSyntaxError: it has a mistake.
        """
        self._source, self._environment = source, environment
        self._template: Template | None = None
        self._plain = "{" not in source
        for node in () if self._plain else environment.parse(source).find_all((nodes.Filter, nodes.Test)):
            known = environment.filters if isinstance(node, nodes.Filter) else environment.tests
            if node.name not in known:
                raise TemplateSyntaxError(f"“{node.name}” is not known here", node.lineno)

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with what it names put in."""
        if self._plain:
            return self._source
        if self._template is None:
            self._template = self._environment.from_string(self._source)
        return self._template.render(values)


class Wording:
    """All responses by language and key.

    A response is one string for all channels, or a mapping with `sms` and `web`.
    """

    def __init__(self) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters.update(FILTERS)
        self._texts: dict[str, dict[str, dict[str, _Text]]] = {language: {} for language in LANGUAGES}
        self._phrases: dict[str, list[str]] = {}
        self._origins: dict[str, Path] = {}
        self._examples = dict.fromkeys(LANGUAGES, "")

    def add(self, folder: Path) -> None:
        """Adds `en.yml` and `cy.yml` of a folder.

        Raises:
            WordingError: a key stands in one language only, twice, or has a mistake in its template.
        """
        read = {language: self._read(folder / f"{language}.yml") for language in LANGUAGES}
        for language, other in (("en", "cy"), ("cy", "en")):
            missing = sorted(read[other].keys() - read[language].keys())
            if missing:
                raise WordingError(
                    f"{folder / language}.yml lacks {', '.join(missing)}, which {other}.yml has."
                )
        for key in read["en"]:
            if key in self._origins:
                raise WordingError(f"{folder}/en.yml and {self._origins[key]}/en.yml both have “{key}”.")
            self._origins[key] = folder
        for language in LANGUAGES:
            self._texts[language].update(read[language])
            self._examples[language] = ", ".join(self._can(language))

    def _can(self, language: str) -> Iterable[str]:
        """What the first journey of each folder does, as its `can.<flow>` says it."""
        for folder in dict.fromkeys(self._origins.values()):
            first = next((key for key in self.keys_of(folder) if key.startswith("can.")), None)
            if first is not None:
                yield self._texts[language][first]["sms"].render({})

    def _read(self, path: Path) -> dict[str, dict[str, _Text]]:
        if not path.exists():
            raise WordingError(f"{path} is missing: every response exists in English and Welsh.")
        texts: dict[str, dict[str, _Text]] = {}
        for key, value in (YAML(typ="safe").load(path.read_text()) or {}).items():
            both = not isinstance(value, Mapping)
            forms = {"sms": value} if both else value
            if not both and set(forms) != {"sms", "web"}:
                raise WordingError(f"{path}: “{key}” is one text, or one for “sms” and one for “web”.")
            if str(key).startswith("words."):
                said = [phrase.strip().casefold() for phrase in str(value).split(",")]
                self._phrases.setdefault(str(key).removeprefix("words."), []).extend(filter(None, said))
            try:
                texts[str(key)] = {
                    channel: _Text(str(text).strip(), self._environment) for channel, text in forms.items()
                }
                texts[str(key)].setdefault("web", texts[str(key)]["sms"])
            except TemplateSyntaxError as error:
                raise WordingError(f"{path}: “{key}” can't be read: {error.message}.") from None
        return texts

    def __contains__(self, key: str) -> bool:
        return key in self._origins

    def keys(self) -> Iterable[str]:
        """All keys."""
        return self._origins.keys()

    def keys_of(self, folder: Path) -> Iterable[str]:
        """The keys that a folder added, in their order there."""
        return [key for key, origin in self._origins.items() if origin == folder]

    def render(self, key: str, language: str, channel: str, values: Mapping[str, Any]) -> str:
        """A response's text.

        Args:
            key: its name.
            language: `en` or `cy`.
            channel: texts are written for `sms`; every other channel gets the form for the web.
            values: what its template may name.

        Raises:
            KeyError: there is no such response.
            jinja2.UndefinedError: the template names what was not given.
        """
        form = "sms" if channel == "sms" else "web"
        given = {**values, "language": language, "examples": self._examples[language]}
        return self._texts[language][key][form].render(given).strip()

    def phrases(self, word: str) -> tuple[str, ...]:
        """The phrases of both languages under `words.<word>`, parted by commas there."""
        return tuple(dict.fromkeys(self._phrases.get(word, ())))


def _when(value: str | date | datetime) -> date | datetime:
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.astimezone(LONDON) if isinstance(read, datetime) and read.tzinfo else read


@pass_context
def _day(context: Context, value: str | date) -> str:
    """“Tuesday 3 March”."""
    text = str(format_date(_when(value), "EEEE d MMMM", locale=_LOCALE[context["language"]]))
    return text.replace("Dydd", "dydd", 1) if context["language"] == "cy" else text


@pass_context
def _date(context: Context, value: str | date) -> str:
    """“3 March 2026”."""
    return str(format_date(_when(value), "d MMMM y", locale=_LOCALE[context["language"]]))


def _phrase(value: str) -> str:
    """A title within a sentence: its first letter small, unless more capitals follow."""
    return value if value[1:2].isupper() else value[:1].lower() + value[1:]


@pass_context
def _time(context: Context, value: str | datetime) -> str:
    """“9:30am”, as GOV.UK style writes it."""
    moment = _when(value)
    assert isinstance(moment, datetime)
    if context["language"] == "cy":
        return moment.strftime("%-H:%M")
    return moment.strftime("%-I:%M%p").lower().replace(":00", "")


@pass_context
def _weeks(context: Context, days: int) -> str:
    """“8 weeks” from a number of days; a short wait in days."""
    welsh = context["language"] == "cy"
    if days < 14:
        return f"{days} diwrnod" if welsh else f"{days} day{'' if days == 1 else 's'}"
    return f"{round(days / 7)} wythnos" if welsh else f"{round(days / 7)} weeks"


@pass_context
def _miles(context: Context, distance: float) -> str:
    """“3 miles”, to the half below ten."""
    near = round(distance * 2) / 2 if distance < 10 else round(distance)
    text = f"{near:g}"
    if context["language"] == "cy":
        return f"{text} milltir" if near else "llai na milltir"
    if not near:
        return "under a mile"
    return f"{text} mile{'' if text == '1' else 's'}"


def _short(value: str, length: int = 60) -> str:
    """At most so many characters, cut at a word."""
    text = " ".join(value.split())
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + "..."


def _pence(value: int) -> str:
    """“£32.40” from pence, “£32” where there are none; the same in both languages."""
    pounds, pence = divmod(abs(value), 100)
    return f"{'-' if value < 0 else ''}£{pounds:,}" + (f".{pence:02}" if pence else "")


def _spaced(value: str) -> str:
    """A long number in groups of four, so that it can be read back."""
    return re.sub(r"(\d{4})(?=\d)", r"\1 ", value)


FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "day": _day, "date": _date, "time": _time, "phrase": _phrase, "weeks": _weeks, "short": _short,
    "miles": _miles, "spaced": _spaced, "pence": _pence,
}  # fmt: skip
"""What a text may be put through, by name; some read `language` from the template's context."""
