"""The OpenAPI 3.1 page of the ledger, made from the models that requests are checked with."""

from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from actions.credits.service.problems import PROBLEMS
from actions.credits.service.schemas import (
    Account,
    Accounts,
    NewAccounts,
    NewTransfers,
    Problem,
    Statement,
    Totals,
    Transfer,
    Transfers,
)

_ANSWERS: Final = (Account, Accounts, Totals, Transfer, Transfers, Statement, Problem)
_REF: Final = "#/components/schemas/{model}"
_UUID: Final = {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
}
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$"}
_TIME: Final = {"type": "string", "format": "date-time"}


@cache
def _schemas() -> dict[str, Any]:
    modes: list[tuple[type[BaseModel], Any]] = [
        *((model, "validation") for model in (NewAccounts, NewTransfers)),
        *(
            (model, "serialization")
            for model in (Account, Accounts, Totals, Transfer, Transfers, Statement, Problem)
        ),
    ]
    found: dict[str, Any] = models_json_schema(modes, ref_template=_REF)[1]["$defs"]
    return found


def document(base: str) -> dict[str, Any]:
    """The page for a service at this address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Onedoor credits ledger",
            "version": "1",
            "description": "Accounts of pence, and transfers in one phase or two that are never changed."
            " Each is made once for its id; those of a request are made all or none.",
        },
        "servers": [{"url": base}],
        "security": [{"key": []}],
        "paths": {
            "/accounts": {
                "post": _call("open", "Open accounts, all or none", Accounts, body=NewAccounts,
                              no=(409, 413)),
                "get": _call("accounts", "The accounts of a holder", Accounts, query={"holder": _TEXT}),
            },
            "/accounts/totals": {
                "get": _call("totals", "The balances of codes that begin so", Totals, query={"code": _TEXT}),
            },
            "/accounts/{id}": {"get": _call("account", "An account", Account, path=True)},
            "/accounts/{id}/close": {"post": _call("close", "Close an account", Account, path=True)},
            "/accounts/{id}/statement": {
                "get": _call("statement", "What came and went", Statement, path=True,
                             query={"since": _TIME, "until": _TIME}),
            },
            "/transfers": {
                "post": _call("transfer", "Make transfers, all or none", Transfers, body=NewTransfers,
                              no=(404, 409, 413)),
                "get": _call("referring", "The transfers with a reference", Transfers,
                             query={"reference": _TEXT}),
            },
            "/transfers/{id}": {"get": _call("find", "A transfer", Transfer, path=True)},
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }  # fmt: skip


def _content(model: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": {"$ref": _REF.format(model=model.__name__)}}}


def _call(
    name: str,
    summary: str,
    answer: type[BaseModel],
    *,
    body: type[BaseModel] | None = None,
    query: dict[str, dict[str, Any]] | None = None,
    path: bool = False,
    no: tuple[int, ...] = (),
) -> dict[str, Any]:
    places = {"id": ("path", _UUID)} if path else {}
    places |= {each: ("query", schema) for each, schema in (query or {}).items()}
    statuses = sorted({*no, 401, 422, 503, *([404] if path else [])})
    return {
        "operationId": name, "summary": summary,
        "parameters": [
            {"name": each, "in": where, "required": True, "schema": schema}
            for each, (where, schema) in places.items()
        ],
        **({"requestBody": {"required": True, "content": _content(body)}} if body else {}),
        "responses": {
            "200": {"description": summary, "content": _content(answer)},
            **{
                str(status): {"description": _codes(status),
                              "content": _content(Problem, "application/problem+json")}
                for status in statuses
            },
        },
    }  # fmt: skip


def _codes(status: int) -> str:
    """The codes that a problem of this status has."""
    return ", ".join(code for code, (of, _) in PROBLEMS.items() if of == status) or "TOO_LARGE"
