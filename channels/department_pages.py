"""The templates and words of a department's own pages, within the frame that all pages have."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_date
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from bot.hours import LONDON
from channels.pages import Language, environment, strings


class DepartmentPages:
    """Renders what lies in a folder of a pack: `templates/` and `strings.<language>.yml`.

    Args:
        folder: the pack's `pages/`.
        filters: further ones, by their names in templates.
    """

    def __init__(self, folder: Path, **filters: Callable[..., Any]) -> None:
        self._folder, self._filters = folder, filters
        self.words = cache(self._read_words)
        self._templates = cache(self._make_templates)

    def _read_words(self, language: Language) -> Mapping[str, str]:
        """The words of the pages and of the frame around them."""
        own = yaml.safe_load((self._folder / f"strings.{language}.yml").read_text(encoding="utf-8"))
        return {**strings(language), **own}

    def _make_templates(self) -> Environment:
        shared = environment()
        assert shared.loader is not None
        own = FileSystemLoader(self._folder / "templates")
        made = shared.overlay(loader=ChoiceLoader([own, shared.loader]))
        made.filters.update(self._filters)
        return made

    def render(self, name: str, language: Language, **values: object) -> str:
        """A page's HTML.

        Args:
            name: of the template.
            language: of the reader.
            values: what the template names, besides `language`, its words `t`, `day`, which writes a day,
                and `lang_query`, which is put behind an address to stay in Welsh.
        """
        given = {
            "language": language, "t": self.words(language), "day": partial(written_day, language=language),
            "lang_query": "?lang=cy" if language == "cy" else "",
        }  # fmt: skip
        return self._templates().get_template(name).render({**given, **values})


def written_day(when: str | date | datetime, language: str) -> str:
    """“3 March 2026”: the day in London of a date or a moment.

    Args:
        when: also as ISO 8601.
        language: `en` or `cy`.
    """
    if isinstance(when, str):
        when = datetime.fromisoformat(when) if "T" in when else date.fromisoformat(when)
    day = when.astimezone(LONDON).date() if isinstance(when, datetime) else when
    return str(format_date(day, "d MMMM y", locale="cy_GB" if language == "cy" else "en_GB"))
