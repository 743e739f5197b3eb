"""Reads Open311's XML, whoever wrote it: in any order, what is missing left out, and nothing hostile."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from actions.reports.problem import Attribute, Category, Problem, Receipt, Update

LONGEST: Final = 4_000
"""Characters of a text that are kept: what a report may have."""
_YES: Final = frozenset({"true", "1", "yes"})


def root(raw: bytes) -> Element:
    """The document.

    Raises:
        ValueError: it is no XML, or tries to do something to its reader.
    """
    try:
        found: Element = fromstring(raw, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, UnicodeError) as error:
        raise ValueError(type(error).__name__) from None
    return found


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if _name(child) == name)


def _text(parent: Element, name: str) -> str:
    found = next(_children(parent, name), None)
    return "" if found is None else " ".join("".join(found.itertext()).split())[:LONGEST]


def _words(parent: Element, name: str) -> str:
    """A text with its lines."""
    found = next(_children(parent, name), None)
    return "" if found is None else "".join(found.itertext()).strip()[:LONGEST]


def _number(parent: Element, name: str) -> float | None:
    text = _text(parent, name)
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None


def _whole(parent: Element, name: str) -> int | None:
    value = _number(parent, name)
    return None if value is None else int(value)


def _moment(parent: Element, name: str) -> datetime | None:
    text = _text(parent, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def categories(raw: bytes) -> list[Category]:
    """The list of services.

    Raises:
        ValueError: it is none.
    """
    return [_category(each) for each in _children(root(raw), "service") if _text(each, "service_code")]


def _category(each: Element) -> Category:
    keywords = [word.strip() for word in _text(each, "keywords").split(",")]
    place = _text(each, "place")
    return Category(
        code=_text(each, "service_code"),
        name=_text(each, "service_name") or _text(each, "service_code"),
        description=_text(each, "description"),
        group=_text(each, "group"),
        keywords=tuple(word for word in keywords if word),
        type=_text(each, "type") or "realtime",
        has_questions=_text(each, "metadata").casefold() in _YES,
        place=place if place in ("point", "named", "home") else "point",
        danger=_text(each, "danger") or None,
        near=_whole(each, "near") or 250,
        days=_whole(each, "days"),
        private=_text(each, "private").casefold() in _YES,
    )


def attributes(raw: bytes) -> list[Attribute]:
    """A category's questions, in their order; those that only inform are left out.

    Raises:
        ValueError: it is no definition.
    """
    holder = next(_children(root(raw), "attributes"), None)
    found = [] if holder is None else [_attribute(each) for each in _children(holder, "attribute")]
    return sorted((each for each in found if each is not None), key=lambda each: each.order)


def _attribute(each: Element) -> Attribute | None:
    code, variable = _text(each, "code"), _text(each, "variable").casefold()
    if not code or (variable and variable not in _YES):
        return None
    holder = next(_children(each, "values"), None)
    values = [] if holder is None else [
        (_text(value, "key"), _text(value, "name") or _text(value, "key"))
        for value in _children(holder, "value")
        if _text(value, "key")
    ]  # fmt: skip
    return Attribute(
        code, _text(each, "datatype").casefold() or "string", _text(each, "required").casefold() in _YES,
        _whole(each, "order") or 0, _text(each, "description") or code, _text(each, "datatype_description"),
        tuple(values),
    )  # fmt: skip


def problems(raw: bytes) -> list[Problem]:
    """A list of requests.

    Raises:
        ValueError: it is none.
    """
    return [_problem(each) for each in _children(root(raw), "request") if _text(each, "service_request_id")]


def _problem(each: Element) -> Problem:
    status = "closed" if _text(each, "status").casefold() == "closed" else "open"
    return Problem(
        id=_text(each, "service_request_id"),
        status=status,
        state=(_text(each, "state") or status).casefold(),
        notes=_words(each, "status_notes"),
        category_code=_text(each, "service_code"),
        category_name=_text(each, "service_name"),
        description=_words(each, "description"),
        agency=_text(each, "agency_responsible"),
        notice=_text(each, "service_notice"),
        requested=_moment(each, "requested_datetime"),
        updated=_moment(each, "updated_datetime"),
        expected=_moment(each, "expected_datetime"),
        address=_text(each, "address"),
        lat=_number(each, "lat"),
        long=_number(each, "long"),
        media_url=_text(each, "media_url"),
        distance=_whole(each, "distance"),
        supporters=_whole(each, "supporters"),
        duplicate_of=_text(each, "duplicate_of") or None,
    )


def updates(raw: bytes) -> list[Update]:
    """A list of updates, oldest first; one without an id or a time is left out.

    Raises:
        ValueError: it is none.
    """
    found = []
    for each in root(raw):
        moment = _moment(each, "updated_datetime")
        if _text(each, "update_id") and moment is not None:
            found.append(
                Update(
                    _text(each, "update_id"), _text(each, "service_request_id"),
                    _text(each, "status").casefold() or "open", _words(each, "description"), moment,
                    _text(each, "duplicate_of") or None,
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: (each.updated, each.id))


def receipt(raw: bytes) -> Receipt:
    """The answer to a report, or to a question about a token.

    Raises:
        LookupError: there is none in it.
        ValueError: it is no XML.
    """
    each = next(_children(root(raw), "request"), None)
    if each is None:
        raise LookupError("request")
    return Receipt(
        _text(each, "service_request_id") or None, _text(each, "token") or None, _text(each, "service_notice")
    )


def update_id(raw: bytes) -> str:
    """The id of an update that was taken; empty where the service tells none."""
    each = next(iter(root(raw)), None)
    return "" if each is None else _text(each, "update_id")


def refusal(raw: bytes) -> tuple[str, str] | None:
    """The name and sentence of the first error, where the answer has one."""
    try:
        each = next(_children(root(raw), "error"), None)
    except ValueError:
        return None
    if each is None:
        return None
    sentences = [_text(error, "description") for error in _children(root(raw), "error")]
    return _text(each, "reason") or _text(each, "code"), " ".join(filter(None, sentences))
