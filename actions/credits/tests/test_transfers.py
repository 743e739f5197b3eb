"""Transfers: what each phase does to the balances, what is refused, and what the same id does again."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from actions.credits.tests.conftest import Bank, new, said
from actions.sdk import ServiceRefused
from actions.sdk.ledger import NewAccount, Transfer
from tests.departments import Clock


async def test_a_transfer_moves_money_at_once(bank: Bank) -> None:
    purse, shop = await bank.open(100), await bank.open()
    made = await bank.move(purse, shop, 30, code="lunch", reference="meal:1", by="citizen")
    assert (made.phase, made.state, made.new, made.of) == ("posted", "posted", True, None)
    assert await bank.balances(purse) == (0, 30, 0, 100)
    assert await bank.balances(shop) == (0, 0, 0, 30)
    assert (await bank.ledger.account(purse)).available == 70
    assert await bank.ledger.find(made.id) == Transfer(**{**vars(made), "new": False})


@pytest.mark.parametrize(
    ("phase", "amount", "purse_after", "shop_after", "state"),
    [
        (None, None, (40, 0, 0, 100), (0, 0, 40, 0), "pending"),
        ("post", None, (0, 40, 0, 100), (0, 0, 0, 40), "posted"),
        ("post", 40, (0, 40, 0, 100), (0, 0, 0, 40), "posted"),
        ("post", 15, (0, 15, 0, 100), (0, 0, 0, 15), "posted"),
        ("void", None, (0, 0, 0, 100), (0, 0, 0, 0), "voided"),
        ("void", 40, (0, 0, 0, 100), (0, 0, 0, 0), "voided"),
        ("expire", None, (0, 0, 0, 100), (0, 0, 0, 0), "expired"),
    ],
)
async def test_a_hold_is_ended_in_one_of_three_ways(
    bank: Bank,
    clock: Clock,
    phase: Any,
    amount: int | None,
    purse_after: object,
    shop_after: object,
    state: str,
) -> None:
    purse, shop = await bank.open(100), await bank.open()
    hold = await bank.hold(purse, shop, 40, seconds=60)
    assert hold.state == "pending"
    if phase == "expire":
        clock.forward(seconds=60)
    elif phase:
        ended = await bank.end(hold.id, phase, amount)
        assert (ended.of, ended.debit, ended.credit, ended.amount) == (hold.id, purse, shop, amount or 40)
    assert await bank.balances(purse) == purse_after
    assert await bank.balances(shop) == shop_after
    assert (await bank.ledger.find(hold.id)).state == state


@pytest.mark.parametrize("before", ["post", "void", "expire"])
@pytest.mark.parametrize("after", ["post", "void"])
async def test_a_hold_is_ended_once(bank: Bank, clock: Clock, before: Any, after: Any) -> None:
    purse, shop = await bank.open(100), await bank.open()
    hold = await bank.hold(purse, shop, 40, seconds=60)
    if before == "expire":
        clock.forward(seconds=61)
    else:
        await bank.end(hold.id, before)
    with pytest.raises(ServiceRefused) as refused:
        await bank.end(hold.id, after)
    ways = {"post": "HOLD_POSTED", "void": "HOLD_VOIDED", "expire": "HOLD_EXPIRED"}
    assert said(refused) == {"code": ways[before], "index": 0}


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "more than there is": ({"amount": 61}, {"code": "NOT_ENOUGH", "available": 60}),
    "more than there is, held": ({"amount": 61, "phase": "pending"}, {"code": "NOT_ENOUGH", "available": 60}),
    "more than it takes": ({"credit": "full", "amount": 11}, {"code": "TOO_MUCH", "available": 10}),
    "from nowhere": ({"debit": uuid4()}, {"code": "ACCOUNT_NOT_FOUND", "field": "debit"}),
    "to nowhere": ({"credit": uuid4()}, {"code": "ACCOUNT_NOT_FOUND", "field": "credit"}),
    "to itself": ({"credit": "purse"}, {"code": "SAME_ACCOUNT", "field": "credit"}),
    "to another unit": ({"credit": "hours"}, {"code": "WRONG_LEDGER", "field": "credit"}),
    "from a closed one": ({"debit": "closed"}, {"code": "ACCOUNT_CLOSED", "field": "debit"}),
    "to a closed one": ({"credit": "closed"}, {"code": "ACCOUNT_CLOSED", "field": "credit"}),
    "a hold that is none": (
        {"phase": "post", "of": uuid4(), "debit": None, "credit": None, "amount": None},
        {"code": "HOLD_NOT_FOUND", "field": "of"},
    ),
    "more than is held": (
        {"phase": "post", "of": "hold", "debit": None, "credit": None, "amount": 41},
        {"code": "AMOUNT_OVER_HOLD", "field": "amount"},
    ),
    "a part voided": (
        {"phase": "void", "of": "hold", "debit": None, "credit": None, "amount": 39},
        {"code": "INVALID", "field": "amount"},
    ),
    "a hold of another": (
        {"phase": "post", "of": "hold", "debit": "full", "credit": None, "amount": None},
        {"code": "INVALID", "field": "debit"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_can_not_be_is_refused_and_changes_nothing(bank: Bank, name: str) -> None:
    given, expected = REFUSED[name]
    ids: dict[str, UUID] = {
        "purse": await bank.open(100), "shop": await bank.open(), "closed": await bank.open(100),
        "hours": await bank.open(ledger="hours"),
    }  # fmt: skip
    await bank.ledger.close(ids["closed"])
    ids["hold"] = (await bank.hold(ids["purse"], ids["shop"], 40)).id
    # It may take as much as it gave.
    ids["full"] = await bank.open(limit="credits")
    await bank.move(ids["full"], ids["shop"], 10)
    values = {"debit": "purse", "credit": "shop", "amount": 5, "phase": "posted", **given}
    transfer = new(**{key: ids.get(value, value) for key, value in values.items()})
    before = [await bank.balances(ids[each]) for each in ("purse", "shop", "closed", "full")]
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.transfer([transfer])
    assert said(refused) == {"index": 0, **expected}
    assert [await bank.balances(ids[each]) for each in ("purse", "shop", "closed", "full")] == before


async def test_a_closed_account_lets_its_holds_go(bank: Bank) -> None:
    purse, shop = await bank.open(100), await bank.open()
    hold = await bank.hold(purse, shop, 40)
    closed = await bank.ledger.close(purse)
    assert closed.closed_at is not None
    assert await bank.ledger.close(purse) == closed
    with pytest.raises(ServiceRefused) as refused:
        await bank.end(hold.id, "post")
    assert said(refused)["code"] == "ACCOUNT_CLOSED"
    await bank.end(hold.id, "void")
    assert await bank.balances(purse) == (0, 0, 0, 100)


async def test_linked_transfers_are_made_all_or_none(bank: Bank) -> None:
    purse, shop = await bank.open(100), await bank.open()
    chain = [new(purse, shop, 60), new(purse, shop, 30), new(purse, shop, 20), new(purse, shop, 1)]
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.transfer(chain)
    assert said(refused) == {"code": "NOT_ENOUGH", "index": 2, "available": 10}
    assert await bank.balances(purse) == (0, 0, 0, 100)
    # Only the one that was refused stays so: the others were not asked in vain.
    made = await bank.ledger.transfer([chain[0], chain[1], chain[3]])
    assert [each.new for each in made] == [True] * 3
    assert await bank.balances(purse) == (0, 91, 0, 100)
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.transfer([chain[2]])
    assert said(refused) == {"code": "REFUSED_BEFORE", "index": 0, "first": "NOT_ENOUGH"}


async def test_a_chain_sees_what_it_did_itself(bank: Bank) -> None:
    purse, shop = await bank.open(100), await bank.open(holder="a shop")
    hold = new(purse, shop, 100, "pending", code="lunch", reference="meal:2")
    made = await bank.ledger.transfer(
        [hold, new(None, None, 70, "post", of=hold.id), new(purse, shop, 30), new(shop, purse, 100)]
    )
    assert [(each.state, each.code) for each in made] == [
        ("posted", "lunch"), ("posted", "lunch"), ("posted", ""), ("posted", "")
    ]  # fmt: skip
    assert [each.number for each in made] == list(range(made[0].number, made[0].number + 4))
    assert await bank.balances(purse) == (0, 100, 0, 200)
    assert await bank.ledger.referring("meal:2") == [Transfer(**{**vars(e), "new": False}) for e in made[:2]]


@pytest.mark.parametrize("phase", ["posted", "pending", "post", "void"])
async def test_the_same_again_is_the_same(bank: Bank, phase: Any) -> None:
    purse, shop = await bank.open(100), await bank.open()
    hold = await bank.hold(purse, shop, 40)
    ends = phase in ("post", "void")
    transfer = new(
        None if ends else purse, None if ends else shop, None if ends else 60, phase,
        of=hold.id if ends else None,
        seconds=60 if phase == "pending" else None,
    )  # fmt: skip
    [first] = await bank.ledger.transfer([transfer])
    after = await bank.balances(purse)
    [again] = await bank.ledger.transfer([transfer])
    assert (first.new, again.new) == (True, False)
    assert Transfer(**{**vars(again), "new": True}) == first
    assert await bank.balances(purse) == after


CHANGED: dict[str, Any] = {
    "phase": "pending", "debit": "other", "credit": "other", "amount": 6, "code": "b", "reference": "b",
    "by": "b", "reason": "b", "seconds": 61, "of": "hold",
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
async def test_the_same_id_with_other_content_is_refused(bank: Bank, name: str) -> None:
    ids = {"purse": await bank.open(100), "shop": await bank.open(), "other": await bank.open(100)}
    ids["first"] = (await bank.hold(ids["purse"], ids["shop"], 5)).id
    ids["hold"] = (await bank.hold(ids["purse"], ids["shop"], 5)).id
    values: dict[str, Any] = {
        "debit": "purse", "credit": "shop", "amount": 5, "code": "a", "reference": "a", "by": "a",
        "reason": "a", "id": uuid4(), "phase": "post" if name == "of" else "posted",
    }  # fmt: skip
    if name == "of":
        values["of"] = "first"
    if name == "seconds":
        values |= {"phase": "pending", "seconds": 60}
    await bank.move(**{key: ids.get(value, value) for key, value in values.items()})
    values[name] = CHANGED[name]
    before = await bank.balances(ids["purse"])
    with pytest.raises(ServiceRefused) as refused:
        await bank.move(**{key: ids.get(value, value) for key, value in values.items()})
    assert said(refused) == {"code": "EXISTS_DIFFERENT", "index": 0, "field": name}
    assert await bank.balances(ids["purse"]) == before


@pytest.mark.parametrize(
    ("first", "remembered"),
    [("NOT_ENOUGH", True), ("TOO_MUCH", True), ("ACCOUNT_NOT_FOUND", True), ("HOLD_NOT_FOUND", True),
     ("ACCOUNT_CLOSED", True), ("SAME_ACCOUNT", False), ("WRONG_LEDGER", False), ("AMOUNT_OVER_HOLD", False)],
)  # fmt: skip
async def test_a_refused_id_stays_refused_where_another_day_might_allow_it(
    bank: Bank, first: str, remembered: bool
) -> None:
    purse, shop, hours = await bank.open(10), await bank.open(), await bank.open(ledger="hours")
    closed, full, which = await bank.open(10), await bank.open(limit="credits"), uuid4()
    await bank.ledger.close(closed)
    hold = await bank.hold(purse, shop, 5)
    asked: dict[str, dict[str, Any]] = {
        "NOT_ENOUGH": {"amount": 11}, "TOO_MUCH": {"credit": full}, "ACCOUNT_NOT_FOUND": {"credit": uuid4()},
        "HOLD_NOT_FOUND": {"phase": "post", "debit": None, "credit": None, "of": uuid4()},
        "ACCOUNT_CLOSED": {"debit": closed}, "SAME_ACCOUNT": {"credit": purse},
        "WRONG_LEDGER": {"credit": hours},
        "AMOUNT_OVER_HOLD": {"phase": "post", "debit": None, "credit": None, "of": hold.id, "amount": 6},
    }  # fmt: skip
    with pytest.raises(ServiceRefused) as refused:
        await bank.move(**{"debit": purse, "credit": shop, "amount": 1, "id": which, **asked[first]})
    assert said(refused)["code"] == first
    if remembered:
        # Whatever it asks for now, and though there is enough.
        with pytest.raises(ServiceRefused) as refused:
            await bank.move(purse, shop, 1, id=which)
        assert said(refused) == {"code": "REFUSED_BEFORE", "index": 0, "first": first}
    else:
        assert (await bank.move(purse, shop, 1, id=which)).new


async def test_a_balance_stays_within_what_json_holds(bank: Bank) -> None:
    most, source, sink = 1_000_000_000_000, await bank.open(limit="none"), await bank.open(limit="none")
    for _ in range(3):
        await bank.ledger.transfer([new(source, sink, most) for _ in range(3_000)])
    with pytest.raises(ServiceRefused) as refused:
        await bank.ledger.transfer([new(source, sink, most) for _ in range(10)])
    assert said(refused) == {"code": "OVERFLOW", "index": 7, "field": "amount"}
    assert await bank.balances(sink) == (0, 0, 0, 9_000 * most)


async def test_accounts_are_opened_once(bank: Bank) -> None:
    wanted = NewAccount(uuid4(), "childcare", "child:1", "debits", "GBP", {"child": "1", "n": [1, 2.5, None]})
    other = NewAccount(uuid4(), "childcare", "child:1")
    [first] = await bank.ledger.open([wanted])
    assert (first.details, first.limit, first.available) == (wanted.details, "debits", 0)
    assert await bank.ledger.open([wanted, other, wanted]) == [
        first, await bank.ledger.account(other.id), first
    ]  # fmt: skip
    assert [each.id for each in await bank.ledger.accounts("child:1")] == [wanted.id, other.id]
    for field, value in (("code", "b"), ("holder", "b"), ("limit", "none"), ("ledger", "b"), ("details", {})):
        new_one = NewAccount(uuid4(), "childcare", "child:1")
        with pytest.raises(ServiceRefused) as refused:
            await bank.ledger.open([new_one, NewAccount(**{**vars(wanted), field: value})])
        assert said(refused) == {"code": "EXISTS_DIFFERENT", "index": 1, "field": field}
        with pytest.raises(ServiceRefused) as refused:
            await bank.ledger.account(new_one.id)
        assert said(refused) == {"code": "ACCOUNT_NOT_FOUND"}
