"""What each resource says of itself in an answer, in the order of the standard, our extensions after it."""

from collections.abc import Mapping
from typing import Any, Final

from actions.reports.service.categories import GROUPS, Category
from actions.reports.service.words import Language
from actions.reports.service.writing import Node

SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
CHANGED: Final = "2026-11-23"
"""When the service last changed in a way that clients see (Open311's changeset)."""

type Row = Mapping[str, Any]


def service(category: Category, language: Language) -> Node:
    """A category in the list of services."""
    return {
        "service_code": category.code,
        "service_name": category.name[language],
        "description": category.about[language],
        "metadata": bool(category.questions),
        "type": category.type,
        # A comma within a keyword would make two of it.
        "keywords": ",".join(word.replace(",", "") for word in category.words[language]),
        "group": GROUPS[category.group][language],
        "place": category.place,
        "danger": category.danger,
        "near": category.near,
        "days": category.days,
        "private": category.private,
    }


def definition(category: Category, language: Language) -> Node:
    """A category's questions."""
    return {
        "service_code": category.code,
        "attributes": [
            {
                "variable": True,
                "code": question.code,
                "datatype": question.kind,
                "required": question.required,
                "datatype_description": question.help[language],
                "order": order,
                "description": question.ask[language],
                "values": [{"key": key, "name": names[language]} for key, names in question.values.items()],
            }
            for order, question in enumerate(category.questions, start=1)
        ],
    }


def problem(
    row: Row, known: Mapping[str, Category], language: Language, *, extended: bool, keyed: bool
) -> Node:
    """A problem in the list of requests.

    Args:
        row: from `store.problems`.
        known: the categories by code.
        language: of names and notes.
        extended: whether the states beyond the standard's two are told.
        keyed: whether the caller may see the answers to the questions.
    """
    category, welsh = known.get(row["category"]), language == "cy"
    node = {
        "service_request_id": str(row["id"]),
        "status": row["status"],
        "status_notes": (welsh and row["notes_cy"]) or row["notes"],
        "service_name": row["category"] if category is None else category.name[language],
        "service_code": row["category"],
        "description": row["description"],
        "agency_responsible": row["agency_cy" if welsh else "agency"],
        "service_notice": row["notice_cy" if welsh else "notice"],
        "requested_datetime": row["requested_at"],
        "updated_datetime": row["updated_at"],
        "expected_datetime": row["expected_at"],
        "address": row["address"],
        "address_id": row["address_id"],
        "zipcode": row["zipcode"],
        "lat": row["lat"],
        "long": row["long"],
        "media_url": row["media_url"],
    }
    if row["distance"] is not None:
        node |= {"distance": round(row["distance"]), "supporters": row["supporters"]}
    if extended:
        duplicate_of = row["duplicate_of"]
        node |= {
            "state": row["state"],
            "supporters": row["supporters"],
            "duplicate_of": None if duplicate_of is None else str(duplicate_of),
        }
        if keyed:
            node["answers"] = [
                {"code": code, "value": value}
                for code, values in row["answers"].items()
                for value in (values if isinstance(values, list) else [values])
            ]
    return node


def update(row: Row, language: Language) -> Node:
    """An update in the list of them."""
    duplicate_of = row["duplicate_of"]
    node = {
        "update_id": str(row["id"]),
        "service_request_id": str(row["problem_id"]),
        "status": row["state"],
        "updated_datetime": row["updated_at"],
        "description": (language == "cy" and row["description_cy"]) or row["description"],
        "media_url": row["media_url"],
    }
    return node if duplicate_of is None else {**node, "duplicate_of": str(duplicate_of)}


def discovery(address: str, contact: str) -> Node:
    """The service's own description.

    Args:
        address: where it is, without a slash at the end.
        contact: whom developers ask.
    """
    return {
        "changeset": f"{CHANGED}T00:00:00Z",
        "contact": contact,
        "key_service": contact,
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": address,
                "changeset": f"{CHANGED}T00:00:00Z",
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
