"""The nouns of Open311 as the conversation has them: categories with their questions, problems, updates."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Attribute:
    """A question of a category.

    Args:
        code: its name in `attribute[code]`.
        kind: Open311's datatype: string, number, datetime, text, singlevaluelist, multivaluelist.
        required: whether a report needs it.
        order: its place, from 1.
        description: the question.
        help: how to answer.
        values: of a list: what is sent, and what is shown.
    """

    code: str
    kind: str
    required: bool
    order: int
    description: str
    help: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Category:
    """A kind of problem (Open311's service).

    Args:
        code: Open311's service_code.
        name: what it is called.
        description: a sentence.
        group: what it belongs to.
        keywords: other words for it.
        type: realtime, batch or blackbox.
        has_questions: whether there are attributes to ask for.
        place: `point`, `named` or `home`; an extension of ours.
        danger: the kind of danger it may be, likewise.
        near: metres within which another is likely the same, likewise.
        days: working days promised, likewise.
        private: whether the public sees it, likewise.
    """

    code: str
    name: str
    description: str
    group: str
    keywords: tuple[str, ...]
    type: str
    has_questions: bool
    place: str = "point"
    danger: str | None = None
    near: int = 250
    days: int | None = None
    private: bool = False


@dataclass(frozen=True)
class Problem:
    """A report as a service tells it (Open311's service request).

    Args:
        id: the service's reference.
        status: open or closed.
        state: one of the extended states where the service tells it, otherwise the status.
        notes: why it is so, in the service's words.
        distance: metres from where was asked, in an answer of `near`.
        supporters: how many people reported or follow it.
        duplicate_of: the report it repeats.
    """

    id: str
    status: str
    state: str
    notes: str = ""
    category_code: str = ""
    category_name: str = ""
    description: str = ""
    agency: str = ""
    notice: str = ""
    requested: datetime | None = None
    updated: datetime | None = None
    expected: datetime | None = None
    address: str = ""
    lat: float | None = None
    long: float | None = None
    media_url: str = ""
    distance: int | None = None
    supporters: int | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True)
class Update:
    """What was said or done about a report."""

    id: str
    problem_id: str
    state: str
    description: str
    updated: datetime
    duplicate_of: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What a service answers to a report: its reference, or a token that will become one, or neither."""

    id: str | None
    token: str | None = None
    notice: str = ""


@dataclass(frozen=True)
class Report:
    """What is reported.

    Args:
        category_code: of the category.
        description: in the citizen's words.
        lat: degrees north, with `long`; or neither, and then `address`.
        long: degrees east.
        address: where it is, in words.
        attributes: answers to the category's questions, by code.
        media_url: where a picture is.
        phone: of the citizen, where they want to be reached by the team.
        account: an opaque id of the citizen, who follows the report with it.
    """

    category_code: str
    description: str
    lat: float | None = None
    long: float | None = None
    address: str = ""
    attributes: dict[str, str | list[str]] = field(default_factory=dict)
    media_url: str = ""
    phone: str = ""
    account: str = ""
