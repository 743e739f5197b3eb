"""The categories of problems (Open311's services) with their questions, read from categories.yml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

FILE: Final = Path(__file__).with_name("categories.yml")

type Words = dict[str, str]

KINDS: Final = frozenset({"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"})
LISTS: Final = frozenset({"singlevaluelist", "multivaluelist"})
PLACES: Final = frozenset({"point", "named", "home"})
LEVELS: Final = ("parish", "district", "county", "health", "housing", "transport", "national")
TYPES: Final = frozenset({"realtime", "batch", "blackbox"})
DANGERS: Final = frozenset({"gas", "electric", "collapse", "child", "water", "road"})

GROUPS: Final[dict[str, Words]] = {
    "streets": {"en": "Streets and roads", "cy": "Strydoedd a ffyrdd"},
    "lighting": {"en": "Street lights", "cy": "Goleuadau stryd"},
    "waste": {"en": "Bins and litter", "cy": "Biniau a sbwriel"},
    "parks": {"en": "Parks and trees", "cy": "Parciau a choed"},
    "noise": {"en": "Noise and smells", "cy": "Sŵn ac arogleuon"},
    "housing": {"en": "Housing repairs", "cy": "Trwsio tai"},
    "buses": {"en": "Buses and stops", "cy": "Bysiau ac arosfannau"},
    "surgeries": {"en": "Surgeries", "cy": "Meddygfeydd"},
    "hospitals": {"en": "Hospitals", "cy": "Ysbytai"},
    "schools": {"en": "Schools", "cy": "Ysgolion"},
    "childcare": {"en": "Childcare", "cy": "Gofal plant"},
    "social_care": {"en": "Social care", "cy": "Gofal cymdeithasol"},
    "benefits": {"en": "Benefits offices", "cy": "Swyddfeydd budd-daliadau"},
}


@dataclass(frozen=True)
class Question:
    """What a category asks besides the place and the words (Open311's attribute).

    Args:
        code: its name in `attribute[code]`.
        kind: the standard's datatype, one of `KINDS`.
        required: whether a report needs it.
        ask: the question by language.
        help: how to answer, by language; empty where the question says it.
        values: of a list, by key.
    """

    code: str
    kind: str
    required: bool
    ask: Words
    help: Words
    values: dict[str, Words]


@dataclass(frozen=True)
class Category:
    """A kind of problem.

    Args:
        code: Open311's service_code.
        group: one of `GROUPS`.
        name: by language.
        about: one sentence by language.
        words: as citizens say it, by language.
        place: `point`, `named` (a service by its name) or `home`.
        bodies: levels of government that may be competent, lowest first.
        team: who does the work, by language.
        days: working days in which it is promised; None promises nothing.
        danger: what kind of danger it may be, one of `DANGERS`.
        near: metres within which another of the category is likely the same.
        private: whether it is kept out of every public answer.
        type: realtime (a reference at once), batch (a token) or blackbox (neither).
        questions: in order.
    """

    code: str
    group: str
    name: Words
    about: Words
    words: dict[str, tuple[str, ...]]
    place: str
    bodies: tuple[str, ...]
    team: Words
    days: int | None
    danger: str | None
    near: int
    private: bool
    type: str
    questions: tuple[Question, ...]


@cache
def categories(file: Path = FILE) -> dict[str, Category]:
    """All categories by code, in the order of the file.

    Raises:
        ValueError: a category is not as it must be; the text says which and what.
    """
    rows: dict[str, dict[str, Any]] = YAML(typ="safe").load(file.read_text())
    return {code: _category(code, row) for code, row in rows.items()}


def _category(code: str, row: dict[str, Any]) -> Category:
    try:
        found = Category(
            code=code,
            group=_one_of(row["group"], GROUPS),
            name=_both(row["name"]),
            about=_both(row["about"]),
            words={language: tuple(row["words"][language]) for language in ("en", "cy")},
            place=_one_of(row.get("place", "point"), PLACES),
            bodies=tuple(_one_of(level, LEVELS) for level in row["bodies"]),
            team=_both(row["team"]),
            days=row.get("days"),
            danger=_one_of(row["danger"], DANGERS) if row.get("danger") else None,
            near=int(row.get("near", 250)),
            # At somebody's home is nobody else's business.
            private=bool(row.get("private", False)) or row.get("place") == "home",
            type=_one_of(row.get("type", "realtime"), TYPES),
            questions=tuple(_question(each) for each in row.get("questions") or []),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"categories.yml, {code}: {error}") from error
    if not found.bodies or len({each.code for each in found.questions}) < len(found.questions):
        raise ValueError(f"categories.yml, {code}: it needs a body, and its questions different codes.")
    return found


def _question(row: dict[str, Any]) -> Question:
    kind = _one_of(row["kind"], KINDS)
    values = {str(key): _both(names) for key, names in (row.get("values") or {}).items()}
    if (kind in LISTS) != bool(values):
        raise ValueError(f"{row['code']}: a list has values, and nothing else has.")
    return Question(
        code=str(row["code"]),
        kind=kind,
        required=bool(row.get("required", False)),
        ask=_both(row["ask"]),
        help=_both(row["help"]) if row.get("help") else {"en": "", "cy": ""},
        values=values,
    )


def _both(words: Any) -> Words:
    found = {language: str(words[language]) for language in ("en", "cy")}
    if not all(found.values()):
        raise ValueError("words are needed in both languages")
    return found


def _one_of[T](value: T, known: Any) -> T:
    if value not in known:
        raise ValueError(f"{value} is none of {', '.join(known)}")
    return value
