"""FHIR STU3 as the NHS e-Referral Service writes it: its names, and how to write and read them strictly.

A reader raises LookupError, TypeError or ValueError for whatever is not as the standard has it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import cast

from actions.sdk.service import Json

MEDIA_TYPE = "application/fhir+json"

_STU3 = "https://fhir.nhs.uk/STU3"
SERVICE_ID = "http://fhir.nhs.net/Id/ers-service"
ODS_CODE = "https://directory.spineservices.nhs.uk/STU3/Organization"
UBRN = "https://fhir.nhs.uk/Id/UBRN"
APPOINTMENT_ID = "urn:onedoor:ers:appointment"
# What we add to the published API is under this name, so that nobody takes it for the NHS's.
OURS = "urn:onedoor:ers:"

type Node = Mapping[str, Json]

UBRN_FORM = re.compile(r"[0-9]{12}")
ID_FORM = re.compile(r"[0-9]{1,18}")
CODE_FORM = re.compile(r"[A-Z0-9_]{1,64}")


def code_system(name: str) -> str:
    """The address of one of e-RS's own code systems, such as `Priority`."""
    return f"{_STU3}/CodeSystem/eRS-{name}-1"


def profile(name: str) -> str:
    """The address of one of e-RS's own profiles or extensions, such as `Shortlist-List`."""
    return f"{_STU3}/StructureDefinition/{name}-1"


# Writing


def coding(system: str, code: str, display: str | None = None) -> dict[str, Json]:
    """A Coding; `system` is short, as in `code_system`."""
    written: dict[str, Json] = {"system": code_system(system), "code": code}
    return written if display is None else {**written, "display": display}


def concept(system: str, code: str, display: str | None = None) -> dict[str, Json]:
    """A CodeableConcept of one Coding."""
    return {"coding": [coding(system, code, display)]}


def identified(system: str, value: str, display: str | None = None) -> dict[str, Json]:
    """A Reference by identifier."""
    written: dict[str, Json] = {"identifier": {"system": system, "value": value}}
    return written if display is None else {**written, "display": display}


def parameters(name: str, parts: Iterable[dict[str, Json] | None], **more: Json) -> dict[str, Json]:
    """A Parameters resource with the profile `eRS-<name>-Parameters-1`, without the parts that are None."""
    written = [part for part in parts if part is not None]
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [profile(f"eRS-{name}-Parameters")]},
        # FHIR knows no list without members.
        **({"parameter": cast("Json", written)} if written else {}),
        **more,
    }


def part(name: str, kind: str, value: Json) -> dict[str, Json] | None:
    """One parameter, such as `part("postcode", "valueString", "LS1 4AP")`; None without a value."""
    return None if value is None else {"name": name, kind: value}


def group(name: str, members: Iterable[dict[str, Json] | None]) -> dict[str, Json]:
    """A parameter of parts, without those that are None."""
    return {"name": name, "part": [member for member in members if member is not None]}


def service(service_id: str) -> dict[str, Json]:
    """The Identifier of a service."""
    return {"system": SERVICE_ID, "value": service_id}


def extended(member: dict[str, Json] | None) -> dict[str, Json]:
    """A parameter as the extension of a resource that is no Parameters; nothing for None."""
    if member is None:
        return {}
    return {"extension": [{("url" if key == "name" else key): value for key, value in member.items()}]}


# Reading


def node(value: Json) -> Node:
    """`value` as an object."""
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return value


def items(value: Json) -> list[Json]:
    """`value` as a list."""
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return value


def only(value: Json) -> Json:
    """The one member of a list of one."""
    [member] = items(value)
    return member


def text(value: Json, form: re.Pattern[str] | None = None) -> str:
    """`value` as a string, of the given form."""
    if not isinstance(value, str):
        raise TypeError("a string is missing")
    if form is not None and not form.fullmatch(value):
        raise ValueError("a string has the wrong form")
    return value


def whole(value: Json) -> int:
    """`value` as an unsigned integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is missing")
    if not 0 <= value < 2**31:
        raise ValueError("a whole number is out of range")
    return value


def decimal(value: Json) -> float:
    """`value` as a number that is finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is missing")
    if not -1e9 < value < 1e9:
        raise ValueError("a number is out of range")
    return float(value)


def flag(value: Json) -> bool:
    """`value` as a boolean."""
    if not isinstance(value, bool):
        raise TypeError("a boolean is missing")
    return value


def resource(value: Json, kind: str) -> Node:
    """`value` as a resource of the given type."""
    found = node(value)
    if found["resourceType"] != kind:
        raise ValueError(f"a {kind} is missing")
    return found


def code(value: Json) -> str:
    """The code of a Coding, whatever system wrote it."""
    return text(node(value)["code"], CODE_FORM)


def concept_code(value: Json) -> str:
    """The code of a CodeableConcept of one Coding."""
    return code(only(node(value)["coding"]))


def named(parent: Node, member: str, key: str) -> dict[str, list[Json]]:
    """The values of a list of parameters or extensions by their name.

    Args:
        parent: what has the list.
        member: `parameter`, `part` or `extension`.
        key: what names each: `name` or `url`.

    Returns:
        For each name its values in order: what `value…` or `resource` holds, or for an extension of
        extensions or a parameter of parts that extension or parameter itself.
    """
    found: dict[str, list[Json]] = {}
    for each in items(parent.get(member, [])):
        one = node(each)
        values = [one[name] for name in one if name.startswith("value") or name == "resource"]
        if len(values) > 1:
            raise ValueError("a parameter has two values")
        found.setdefault(text(one[key]), []).append(values[0] if values else each)
    return found


def extensions(parent: Node) -> dict[str, list[Json]]:
    """The extensions of `parent` by their address."""
    return named(parent, "extension", "url")


def reference(value: Json, kind: str, form: re.Pattern[str] = ID_FORM) -> str:
    """The id in a Reference such as `Slot/11000021`."""
    prefix, _, found = text(node(value)["reference"]).partition("/")
    if prefix != kind:
        raise ValueError(f"a reference to a {kind} is missing")
    return text(found, form)


_VERSIONED = re.compile(r"ReferralRequest/([0-9]{12})/_history/([0-9]{1,9})")


def versioned_referral(value: Json) -> tuple[str, int]:
    """The UBRN and version in a Reference such as `ReferralRequest/000000070000/_history/6`."""
    found = _VERSIONED.fullmatch(text(node(value)["reference"]))
    if found is None:
        raise ValueError("a versioned reference to a ReferralRequest is missing")
    return found[1], int(found[2])


def identifier(value: Json, system: str) -> str:
    """The value of an Identifier of the given system."""
    found = node(value)
    if found["system"] != system:
        raise ValueError("an identifier of another system")
    return text(found["value"])
