"""The OpenAPI 3.1 page of the childcare service, made from the models that requests are checked with."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from actions.childcare.service import family_calls, provider_calls, rules, schemas, top_ups

_REF: Final = "#/components/schemas/{model}"
_PATHS: Final[Mapping[str, dict[str, Any]]] = {
    "id": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
    "reference": {"type": "string", "pattern": "^[0-9]{10}$"},
    "number": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4,8}$"},
}
_KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "The same key again is the same request: it is done once.",
}  # fmt: skip


class Call(NamedTuple):
    """One call.

    Args:
        name: its operation.
        summary: in a sentence.
        answer: the model of what comes back; None for nothing.
        body: of the request.
        query: the schemas of parameters.
        who: whose key it wants: `onedoor`, `provider` or nobody's.
        keyed: whether it wants an Idempotency-Key.
        made: whether it answers 201 for what it made.
        no: statuses of refusals besides those that all have.
    """

    name: str
    summary: str
    answer: type[BaseModel] | None
    body: type[BaseModel] | None = None
    query: Mapping[str, dict[str, Any]] = {}
    who: str = "onedoor"
    keyed: bool = False
    made: bool = False
    no: tuple[int, ...] = ()


_DECIDES: Final[dict[str, Any]] = {"who": "provider", "keyed": True, "no": (404, 409)}
CALLS: Final[Mapping[tuple[str, str], Call]] = {
    ("get", "/providers"): Call(
        "providers", "Providers near a place, or named", schemas.Providers, who="",
        query=provider_calls.Query.model_json_schema()["properties"],
    ),
    ("get", "/providers/{number}"): Call("provider", "A provider", schemas.Provider, who="", no=(404,)),
    ("post", "/provider/session"): Call(
        "sign_in", "Sign a provider in", schemas.SignedIn, provider_calls.SignIn, made=True, no=(423,),
    ),
    ("delete", "/provider/session"): Call("sign_out", "Sign out", None, who="provider"),
    ("get", "/provider"): Call("me", "The provider that asks", schemas.Provider, who="provider"),
    ("get", "/provider/bookings"): Call(
        "my_bookings", "The provider's bookings", schemas.ProviderBookings, who="provider",
        query={
            "which": {"type": "string", "enum": ["waiting", "all"]},
            "before": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
        },
    ),
    ("post", "/provider/bookings/{id}/attendance"): Call(
        "attendance", "Confirm that the child came", schemas.ProviderBooking, provider_calls.Attendance,
        **_DECIDES,
    ),
    ("post", "/provider/bookings/{id}/agreement"): Call(
        "agreement", "Agree to a part of a split sum", schemas.ProviderBooking, provider_calls.Agreement,
        **_DECIDES,
    ),
    ("post", "/provider/bookings/{id}/cancel"): Call(
        "provider_cancel", "Cancel a booking", schemas.ProviderBooking, **_DECIDES
    ),
    ("post", "/families/prove"): Call(
        "prove", "A family for what proves it", schemas.Family, family_calls.Proof, no=(423,)
    ),
    ("post", "/families/known"): Call(
        "known", "The families with a telephone number", schemas.Families, family_calls.Phone
    ),
    ("get", "/families/{reference}"): Call("family", "A family", schemas.Family, no=(404,)),
    ("get", "/families/{reference}/bookings"): Call("bookings", "A family's bookings", schemas.Bookings),
    ("get", "/families/{reference}/credit"): Call("credit", "What each child has", schemas.Credit),
    ("get", "/families/{reference}/events"): Call("events", "What happened to the credit", schemas.Events),
    ("post", "/families/{reference}/confirm"): Call(
        "confirm", "Say that nothing has changed", schemas.Confirmed, keyed=True, no=(409,)
    ),
    ("post", "/quotes"): Call(
        "quote", "What a booking would come from", schemas.Quote, rules.NewBooking, no=(404, 409)
    ),
    ("post", "/bookings"): Call(
        "book", "Book: hold the money", schemas.Bookings, rules.NewBooking, keyed=True, made=True,
        no=(404, 409),
    ),
    ("post", "/bookings/{id}/cancel"): Call(
        "cancel", "Cancel a booking for its family", schemas.Booking, family_calls.Whose, keyed=True,
        no=(404, 409),
    ),
    ("post", "/bookings/{id}/ask"): Call(
        "ask", "Ask the provider to confirm", schemas.Booking, family_calls.Whose, keyed=True, no=(404, 409)
    ),
    ("post", "/children/{id}/own-money"): Call(
        "own_money", "Add the family's own money", schemas.TopUp, top_ups.OwnMoney, keyed=True, made=True,
        no=(404, 409),
    ),
    ("post", "/payments"): Call(
        "payment", "What a family paid in at the bank", schemas.TopUp, top_ups.Payment, made=True, no=(404,)
    ),
    ("get", "/notices"): Call(
        "notices", "What families are to be told", schemas.Notices,
        query={"after": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}},
    ),
}  # fmt: skip
"""Every call by its method and address."""


@cache
def _schemas() -> dict[str, Any]:
    models: dict[type[BaseModel], Any] = {schemas.Problem: "serialization"}
    for call in CALLS.values():
        models |= {call.answer: "serialization"} if call.answer else {}
        models |= {call.body: "validation"} if call.body else {}
    found: dict[str, Any] = models_json_schema(list(models.items()), ref_template=_REF)[1]["$defs"]
    return found


def document(base: str) -> dict[str, Any]:
    """The page for a service at this address."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), call in CALLS.items():
        paths.setdefault(path, {})[method] = _operation(path, call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Childcare credit",
            "version": "1",
            "description": "Families, their bookings of childcare, and the providers who confirm them.",
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                who: {"type": "http", "scheme": "bearer"} for who in ("onedoor", "provider")
            },
        },
    }  # fmt: skip


def _operation(path: str, call: Call) -> dict[str, Any]:
    inside = [name for name in _PATHS if f"{{{name}}}" in path]
    parameters = [
        *({"name": name, "in": "path", "required": True, "schema": _PATHS[name]} for name in inside),
        *(_parameter(name, schema) for name, schema in call.query.items()),
        *([_KEY] if call.keyed else []),
    ]
    statuses = {*call.no, 503}
    for such, more in (
        (call.who, (401,)), (inside, (404,)), (call.keyed, (400, 422)), (call.body, (400, 413, 422)),
        (call.query, (422,)),
    ):  # fmt: skip
        statuses.update(more if such else ())
    done = ("201", "200") if call.made else ("200",) if call.answer else ("204",)
    content = {"content": _content(call.answer)} if call.answer else {}
    return {
        "operationId": call.name, "summary": call.summary, "security": [{call.who: []}] if call.who else [],
        "parameters": parameters,
        **({"requestBody": {"required": True, "content": _content(call.body)}} if call.body else {}),
        "responses": {
            **{status: {"description": call.summary, **content} for status in done},
            **{
                str(status): {
                    "description": "A problem",
                    "content": _content(schemas.Problem, "application/problem+json"),
                }
                for status in sorted(statuses)
            },
        },
    }  # fmt: skip


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in schema.items() if key not in ("required", "default", "title")}
    choices = [each for each in plain.pop("anyOf", []) if each != {"type": "null"}]
    return {
        "name": name, "in": "query", "required": bool(schema.get("required")),
        "schema": choices[0] if choices else plain,
    }  # fmt: skip


def _content(model: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": {"$ref": _REF.format(model=model.__name__)}}}
