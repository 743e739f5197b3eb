"""What may be sent: everything else is refused with its place, and changes nothing."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from actions.credits.tests.conftest import Bank
from actions.sdk.ledger import NewAccount, NewTransfer, account_json, transfer_json

# The same in every process of a run: they are in the names of tests.
A, B, C = (str(UUID(int=number, version=4)) for number in (1, 2, 3))
STATEMENT, TIME = f"accounts/{A}/statement", "2026-03-02T09:00:00Z"
GOOD = {"id": A, "phase": "posted", "debit": B, "credit": C, "amount": 1}

TRANSFERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "no amount": ({"amount": None}, {"index": 0, "field": "amount"}),
    "nothing": ({"amount": 0}, {"index": 0, "field": "amount"}),
    "less than nothing": ({"amount": -1}, {"index": 0, "field": "amount"}),
    "a part of a penny": ({"amount": 1.5}, {"index": 0, "field": "amount"}),
    "a number with a point": ({"amount": 1.0}, {"index": 0, "field": "amount"}),
    "a text": ({"amount": "1"}, {"index": 0, "field": "amount"}),
    "yes": ({"amount": True}, {"index": 0, "field": "amount"}),
    "too much": ({"amount": 1_000_000_000_001}, {"index": 0, "field": "amount"}),
    "more than bits can hold": ({"amount": 1 << 64}, {"index": 0, "field": "amount"}),
    "more than anybody can count": ({"amount": 10**4000}, {"index": 0, "field": "amount"}),
    "a list": ({"amount": [1]}, {"index": 0, "field": "amount"}),
    "no id": ({"id": None}, {"index": 0, "field": "id"}),
    "another id": ({"id": "1"}, {"index": 0, "field": "id"}),
    "an id in braces": ({"id": f"{{{A}}}"}, {"index": 0, "field": "id"}),
    "an id with an end of line": ({"id": f"{A}\n"}, {"index": 0, "field": "id"}),
    "no account": ({"debit": "purse"}, {"index": 0, "field": "debit"}),
    "another phase": ({"phase": "expire"}, {"index": 0, "field": ""}),
    "more than is asked": ({"balance": 1}, {"index": 0, "field": "balance"}),
    "seconds of what is no hold": ({"seconds": 1}, {"index": 0, "field": "seconds"}),
    "a hold of what ends none": ({"of": A}, {"index": 0, "field": "of"}),
    "a hold of no time": ({"phase": "pending", "seconds": 0}, {"index": 0, "field": "seconds"}),
    "a hold of all times": ({"phase": "pending", "seconds": 1 << 31}, {"index": 0, "field": "seconds"}),
    "an end of nothing": ({"phase": "void"}, {"index": 0, "field": "of"}),
    "an end with a time": ({"phase": "post", "of": B, "seconds": 1}, {"index": 0, "field": "seconds"}),
    "NUL": ({"reason": "a\0b"}, {"field": ""}),
    "a control": ({"reference": "a\x1bb"}, {"index": 0, "field": "reference"}),
    "half a character": ({"reference": "\ud800"}, {"field": ""}),
    "a long word": ({"by": "b" * 101}, {"index": 0, "field": "by"}),
    "a chain that goes on": ({"linked": True}, {"index": 0, "field": "linked"}),
    "a link that is none": ({"linked": "yes"}, {"index": 0, "field": "linked"}),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFERS)
async def test_a_transfer_of_a_wrong_form(bank: Bank, name: str) -> None:
    change, expected = TRANSFERS[name]
    status, found = await bank.raw("POST", "transfers", {"transfers": [{**GOOD, **change}]})
    assert (status, found["code"], found["status"]) == (422, "INVALID", 422)
    assert {key: found[key] for key in ("index", "field") if key in found} == expected
    assert (await bank.raw("GET", f"transfers/{A}"))[0] == 404


BODIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "nothing": (b"", {"field": ""}),
    "no JSON": (b"{", {"field": ""}),
    "no UTF-8": (b'{"transfers": "\xff"}', {"field": ""}),
    "a number that is none": (b'{"transfers": NaN}', {"field": ""}),
    "without end": (b"[" * 100_000, {"field": ""}),
    "a list": (b"[]", {"field": ""}),
    "no transfers": ({}, {"field": "transfers"}),
    "none": ({"transfers": []}, {"field": "transfers"}),
    "something else": ({"transfers": [GOOD], "more": 1}, {"field": "more"}),
    "no list": ({"transfers": GOOD}, {"field": "transfers"}),
    "no transfer": ({"transfers": [GOOD, 1]}, {"index": 1, "field": ""}),
    "too many": ({"transfers": [GOOD] * 4_001}, {"field": "transfers"}),
    "not linked": ({"transfers": [GOOD, GOOD]}, {"index": 0, "field": "linked"}),
    "the second": (
        {"transfers": [{**GOOD, "linked": True}, {**GOOD, "amount": 0}]}, {"index": 1, "field": "amount"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_of_a_wrong_form(bank: Bank, name: str) -> None:
    body, expected = BODIES[name]
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, found = await bank.raw("POST", "transfers", data=data)
    assert (status, found["code"]) == (422, "INVALID")
    assert {key: found[key] for key in ("index", "field") if key in found} == expected


async def test_a_body_that_is_too_large(bank: Bank) -> None:
    status, found = await bank.raw("POST", "transfers", data=b" " * (2 * 1024 * 1024 + 1))
    assert (status, found["code"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Encoding": "gzip"}])
async def test_a_body_of_another_type(bank: Bank, headers: dict[str, str]) -> None:
    status, found = await bank.raw("POST", "transfers", {"transfers": [GOOD]}, headers=headers)
    assert (status, found["code"]) == (422, "INVALID")


ACCOUNTS: dict[str, tuple[Any, str]] = {
    "no holder": ({"holder": ""}, "holder"),
    "no code": ({"code": ""}, "code"),
    "another limit": ({"limit": "both"}, "limit"),
    "another unit": ({"ledger": "£"}, "ledger"),
    "a balance": ({"credits_posted": 1}, "credits_posted"),
    "details that are none": ({"details": []}, "details"),
    "large details": ({"details": {"a": "b" * 2_000}}, "details"),
    "deep details": ({"details": {"a": json.loads("[" * 500 + "]" * 500)}}, ""),
    "a number without end": ({"details": {"a": float("1e308") * 10}}, ""),
}


@pytest.mark.parametrize("name", ACCOUNTS)
async def test_an_account_of_a_wrong_form(bank: Bank, name: str) -> None:
    change, field = ACCOUNTS[name]
    account = {**account_json(NewAccount(uuid4(), "test", "test")), **change}
    status, found = await bank.raw("POST", "accounts", {"accounts": [account]})
    assert (status, found["code"], found["field"]) == (422, "INVALID", field)
    assert (await bank.raw("GET", f"accounts/{account['id']}"))[0] == 404


async def test_a_number_that_only_looks_finite(bank: Bank) -> None:
    body = json.dumps({"accounts": [account_json(NewAccount(uuid4(), "test", "test"))]})
    data = body.replace('"details": {}', '"details": {"a": 1e999}').encode()
    status, found = await bank.raw("POST", "accounts", data=data)
    assert (status, found["code"]) == (422, "INVALID")


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("accounts", 422, "INVALID", "holder"),
        ("accounts?holder=", 422, "INVALID", "holder"),
        ("accounts?holder=a&more=b", 422, "INVALID", "holder"),
        ("accounts?holder=a&holder=b", 422, "INVALID", "holder"),
        ("accounts?holder=a%00b", 422, "INVALID", "holder"),
        ("accounts?holder=%ED%A0%80", 200, None, None),
        (f"accounts?holder={'a' * 201}", 422, "INVALID", "holder"),
        ("accounts/1", 422, "INVALID", "id"),
        (f"accounts/{A}%0A", 422, "INVALID", "id"),
        (f"accounts/{A}", 404, "ACCOUNT_NOT_FOUND", None),
        (f"accounts/{A}/statement", 422, "INVALID", "since"),
        (f"{STATEMENT}?since=2026-03-02T09:00:00&until={TIME}", 422, "INVALID", "since"),
        (f"{STATEMENT}?since={TIME}&until=2026-03-01T09:00:00Z", 422, "INVALID", "until"),
        (f"{STATEMENT}?since=0001-01-01T00:00:00%2B14:00&until={TIME}", 422, "INVALID", "since"),
        (f"{STATEMENT}?since={TIME}&until={TIME}&since={TIME}", 422, "INVALID", ""),
        (f"{STATEMENT}?since={TIME}&until=9999-12-31T23:59:59Z", 404, "ACCOUNT_NOT_FOUND", None),
        ("transfers?reference=a%0Ab", 422, "INVALID", "reference"),
        ("transfers/", 404, "NOT_FOUND", None),
        ("elsewhere", 404, "NOT_FOUND", None),
    ],
)  # fmt: skip
async def test_an_address(bank: Bank, path: str, status: int, code: str | None, field: str | None) -> None:
    got, found = await bank.raw("GET", path)
    assert (got, found.get("code"), found.get("field")) == (status, code, field)


async def test_a_method_that_is_not_there(bank: Bank) -> None:
    status, found = await bank.raw("DELETE", f"accounts/{A}")
    assert (status, found["code"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer another", "Basic a", "Bearer é"])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "accounts?holder=a"), ("POST", "transfers"), ("GET", "elsewhere")]
)
async def test_without_a_key_nobody_is_answered(bank: Bank, shown: str, method: str, path: str) -> None:
    headers = {"Authorization": shown}
    status, found = await bank.raw(method, path, {"transfers": [GOOD]}, headers=headers)
    assert (status, found["code"]) == (401, "UNAUTHORISED")


async def test_texts_stay_as_they_were_sent(bank: Bank) -> None:
    purse, shop = await bank.open(10), await bank.open()
    words = "Ŵyl – “té”  🎈 \\ \" ' %s {0} \u2028"
    made = await bank.move(purse, shop, 1, reference=words, by=words, reason=words, code=words)
    assert (made.reference, made.by, made.reason, made.code) == (words,) * 4
    assert [each.id for each in await bank.ledger.referring(words)] == [made.id]
    details = {"words": words, "Ŵ": [None, True, 1.5, {"deep": -1}]}
    [account] = await bank.ledger.open([NewAccount(uuid4(), words, words, details=details)])  # type: ignore[arg-type]
    assert (account.details, account.holder, account.code) == (details, words, words)
    assert await bank.ledger.accounts(words) == [account]


async def test_a_list_that_would_be_too_long_is_refused(bank: Bank) -> None:
    purse, shop = await bank.open(3_000), await bank.open()
    reference = f"many:{purse}"
    begin = (await bank.ledger.account(purse)).opened_at.isoformat().replace("+00:00", "Z")
    chain = [
        transfer_json(NewTransfer(uuid4(), "posted", purse, shop, 1, reference=reference))
        for _ in range(2_001)
    ]
    for each in chain[:-1]:
        each["linked"] = True
    assert (await bank.raw("POST", "transfers", {"transfers": chain}))[0] == 200
    statement = f"accounts/{shop}/statement?since={begin}&until=2100-01-01T00:00:00Z"
    for path in (f"transfers?reference={reference}", statement):
        status, found = await bank.raw("GET", path)
        assert (status, found["code"]) == (422, "TOO_MANY")
