"""Payments: held, asked for, paid, given back; at the same time, and when somebody dies in between."""

import asyncio
from collections.abc import Awaitable

import pytest

from actions.care.budget import Spend
from actions.care.service import spends
from actions.care.tests.conftest import DORIS, IMRAN, LEROY, OFFICER, PAT, Department, outcome
from actions.sdk import ServiceDown, ServiceRefused
from actions.sdk.ledger import ledger_id
from actions.sdk.service import Json

CLEANING, SEASON_TICKET = 101, 103


async def test_council_money_is_held_until_it_is_paid(department: Department) -> None:
    before = (await department.care.citizen(DORIS)).position
    spend = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
    assert spend.state == "held"
    held = (await department.care.citizen(DORIS)).position
    assert (held.left, held.held, held.spent) == (before.left - 4_500, before.held + 4_500, before.spent)
    assert held.planned == before.planned - 4_500
    await department.care.pay([spend.number], OFFICER, "run-1")
    paid = (await department.care.citizen(DORIS)).position
    assert (paid.left, paid.held, paid.spent) == (held.left, before.held, before.spent + 4_500)
    assert "spend_paid" in await department.events()
    transfers = await department.ledger.referring(f"care:spend:{spend.number}")
    assert [(each.phase, each.state, each.amount, each.by) for each in transfers] == [
        ("pending", "posted", 4_500, "citizen"), ("post", "posted", 4_500, OFFICER),
    ]  # fmt: skip
    await department.adds_up(DORIS)


async def test_a_direct_payment_is_over_at_once(department: Department) -> None:
    spend = await department.spend(IMRAN, "A new pool", 1_500, 201, way="direct")
    assert (spend.state, spend.needs) == ("paid", ())
    await department.adds_up(IMRAN)


async def test_the_same_key_pays_once(department: Department) -> None:
    made = [await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING, key="k") for _ in range(3)]
    assert len({each.number for each in made}) == 1
    with pytest.raises(ServiceRefused, match="KEY_REUSED"):
        await department.spend(DORIS, "Brenda Cole", 4_600, CLEANING, key="k")
    await department.adds_up(DORIS)


@pytest.mark.parametrize(
    ("who", "payee", "pence", "line", "way", "needs"),
    [
        (DORIS, "Brenda Cole", 4_500, None, "council", "OFF_PLAN"),
        (DORIS, "Brenda Cole", 93_601, CLEANING, "council", "OVER_LINE"),
        (DORIS, "Barbara", 4_500, CLEANING, "council", "NEW_PAYEE"),
        (DORIS, "Barbara", 4_500, None, "council", "OFF_PLAN,NEW_PAYEE"),
        (DORIS, "Metro Travel", 1, SEASON_TICKET, "council", "OVER_LINE"),
        (DORIS, "Brenda Cole", 4_500, 999, "council", "OFF_PLAN"),
        (IMRAN, "Barbara", 4_500, None, "direct", "OFF_PLAN"),
    ],
)
async def test_what_must_be_asked_for(
    department: Department, who: str, payee: str, pence: int, line: int | None, way: str, needs: str
) -> None:
    asked: dict[str, Json] = {"payee": payee, "pence": pence, "line": line, "way": way}
    assert ",".join((await department.care.look(who, asked)).needs) == needs
    with pytest.raises(ServiceRefused, match="NEEDS_ASKING") as refused:
        await department.spend(who, payee, pence, line, way=way)
    assert refused.value.details == {"needs": needs}
    spend = await department.spend(who, payee, pence, line, way=way, ask="Because it helps me.")
    assert (spend.state, spend.ask) == ("asked", "Because it helps me.")
    await department.adds_up(who)


@pytest.mark.parametrize("agreed", [True, False])
@pytest.mark.parametrize(("who", "way"), [(DORIS, "council"), (IMRAN, "direct")])
async def test_what_was_asked_for_is_decided(
    department: Department, who: str, way: str, agreed: bool
) -> None:
    spend = await department.spend(who, "Argos", 3_500, None, way=way, ask="My heater broke.")
    left = (await department.care.citizen(who)).position.left
    if not agreed:
        with pytest.raises(ServiceRefused, match="REASON_NEEDED"):
            await department.decide(spend.number, agreed=False)
    await department.decide(spend.number, agreed=agreed, reason="It keeps you warm.")
    with pytest.raises(ServiceRefused, match="NOT_NOW"):
        await department.decide(spend.number, agreed=not agreed, reason="Once is enough.")
    found = (await department.care.spends(who))[0]
    state = "refused" if not agreed else "paid" if way == "direct" else "held"
    assert (found.number, found.state, found.reason) == (spend.number, state, "It keeps you warm.")
    assert (await department.care.citizen(who)).position.left == left + (0 if agreed else 3_500)
    assert ("spend_agreed" if agreed else "spend_refused") in await department.events()
    await department.adds_up(who)


async def test_a_payee_that_was_agreed_is_known(department: Department) -> None:
    spend = await department.spend(DORIS, "Barbara", 2_000, CLEANING, ask="Brenda is away.")
    await department.decide(spend.number)
    assert (await department.spend(DORIS, "barbara", 2_000, CLEANING)).state == "held"


async def test_it_is_taken_back_before_it_goes_and_not_after(department: Department) -> None:
    spend = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
    assert (await department.care.withdraw(DORIS, spend.number, "w1")).state == "withdrawn"
    assert (await department.care.withdraw(DORIS, spend.number, "w1")).state == "withdrawn"
    other = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
    await department.care.pay([spend.number, other.number], OFFICER, "run")
    with pytest.raises(ServiceRefused, match="NOT_NOW") as refused:
        await department.care.withdraw(DORIS, other.number, "w2")
    assert refused.value.details == {"state": "paid"}
    await department.adds_up(DORIS)


async def test_a_strangers_payment_is_not_there_in_whatever_state(department: Department) -> None:
    held = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
    paid = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
    await department.care.pay([paid.number], OFFICER, "run")
    for spend in (held, paid):
        with pytest.raises(ServiceRefused, match="NO_SUCH") as refused:
            await department.care.withdraw(IMRAN, spend.number, f"w{spend.number}")
        assert refused.value.details == {}


async def test_a_wrong_payment_is_put_back_once_by_another_transfer(department: Department) -> None:
    spend = await department.spend(IMRAN, "Aire Pool", 1_500, 201, way="direct")
    left = (await department.lines(IMRAN))[201].left
    back = {"reason": "Paid twice", "officer": OFFICER}
    came = [await outcome(department.care.put_back(spend.number, back, key)) for key in ("a", "a", "b")]
    assert came == ["done", "done", "NOT_NOW"]
    assert (await department.care.spends(IMRAN))[0].refunded == 1_500
    assert (await department.lines(IMRAN))[201].left == left + 1_500
    codes = [each.code for each in await department.ledger.referring(f"care:spend:{spend.number}")]
    assert codes == ["care.spend", "care.spend", "care.refund"]
    await department.adds_up(IMRAN)


async def test_not_enough_says_what_there_is(department: Department) -> None:
    with pytest.raises(ServiceRefused, match="NOT_ENOUGH") as refused:
        await department.spend(LEROY, "Sunrise Care", 13_001, None, way="own", ask="For the garden.")
    assert refused.value.details == {"available": 13_000}
    assert (await department.spend(LEROY, "Sunrise Care", 13_000, None, way="own", ask="x")).state == "asked"
    await department.adds_up(LEROY)


async def test_the_last_money_goes_once(department: Department) -> None:
    wanted = [department.spend(LEROY, "Sunrise Care", 9_000, None, way="own", ask=f"{at}") for at in range(6)]
    came = await asyncio.gather(*(outcome(each) for each in wanted))
    assert sorted(came) == ["NOT_ENOUGH"] * 5 + ["done"]
    await department.adds_up(LEROY)


async def test_the_last_of_a_line_goes_once(department: Department) -> None:
    left = (await department.lines(DORIS))[CLEANING].left

    wanted = [department.spend(DORIS, "Brenda Cole", left - 100, CLEANING) for _ in range(4)]
    came = await asyncio.gather(*(outcome(each) for each in wanted))
    assert sorted(came) == ["NEEDS_ASKING"] * 3 + ["done"]
    await department.adds_up(DORIS)


async def test_decided_and_taken_back_at_the_same_moment(department: Department) -> None:
    spend = await department.spend(DORIS, "Argos", 3_500, None, ask="A heater.")

    came = await asyncio.gather(
        outcome(department.decide(spend.number, agreed=True, reason="x")),
        outcome(department.decide(spend.number, agreed=False, reason="x")),
        outcome(department.care.withdraw(DORIS, spend.number, "w")),
    )
    assert set(came) <= {"done", "NOT_NOW"}
    assert "done" in came
    state = (await department.care.spends(DORIS))[0].state
    assert state in {"refused", "held", "withdrawn"}
    await department.adds_up(DORIS)


@pytest.mark.parametrize("at", ["hold", "post", "void"])
async def test_the_ledger_away_in_between_is_made_good(department: Department, at: str) -> None:
    """A crash between the row and the ledger is the same: the row is there, the ledger was not asked."""
    key = "once"
    if at == "hold":
        department.away[0] = True
        call: Awaitable[object] = department.spend(DORIS, "Brenda Cole", 4_500, CLEANING, key=key)
    else:
        spend = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
        department.away[0] = True
        call = (
            department.care.pay([spend.number], OFFICER, key)
            if at == "post"
            else department.care.withdraw(DORIS, spend.number, key)
        )
    with pytest.raises(ServiceDown):
        await call
    department.away[0] = False
    expected = {"hold": "held", "post": "paid", "void": "withdrawn"}[at]
    department.clock.forward(seconds=20)
    await department.events()
    assert (await department.care.spends(DORIS))[0].state != expected  # its caller may still come back
    department.clock.forward(seconds=20)
    await department.events()
    assert (await department.care.spends(DORIS))[0].state == expected
    if at == "hold":  # and who comes back after that finds it done
        again = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING, key="once")
        assert again.state == "held"
    await department.adds_up(DORIS)


async def test_a_crash_after_the_ledger_is_made_good(department: Department) -> None:
    """The ledger did it, and nobody was there to note the answer."""
    spend = await department.spend(DORIS, "Brenda Cole", 4_500, CLEANING)
    await department.pool.execute(
        "UPDATE care.posting SET done_at = NULL WHERE kind = 'hold' AND subject = $1", spend.number
    )
    await department.pool.execute("UPDATE care.spend SET state = 'new' WHERE id = $1", spend.number)
    department.clock.forward(minutes=1)
    await asyncio.gather(*(department.tools.postings.settle() for _ in range(3)))
    assert (await department.care.spends(DORIS))[0].state == "held"
    assert len(await department.ledger.referring(f"care:spend:{spend.number}")) == 1
    await department.adds_up(DORIS)


async def test_what_the_ledger_refuses_is_not_told_again(department: Department) -> None:
    async with department.pool.acquire() as connection, connection.transaction():
        wanted = spends.NewSpend(payee="Brenda Cole", pence=90_000_000, line=None, way="council", ask="all")
        number = await spends.make(connection, DORIS, wanted, department.clock())
    department.clock.forward(minutes=1)
    assert await department.tools.postings.settle() == 1
    assert await department.tools.postings.settle() == 0
    state = await department.pool.fetchval("SELECT state FROM care.spend WHERE id = $1", number)
    assert state == "unfunded"
    with pytest.raises(ServiceRefused, match="TRANSFER_NOT_FOUND"):
        await department.ledger.find(ledger_id("care", "hold", number))
    await department.adds_up(DORIS)


@pytest.mark.parametrize(
    ("pence", "line", "code", "details"),
    [
        (2_001, 800, "OVER_PAYMENT", {"limit": 2_000}),
        (1_000, 801, "NOT_THEIR_LINE", {}),
        (1_000, None, "NOT_THEIR_LINE", {}),
    ],
)
async def test_what_a_helper_may_not(
    department: Department, pence: int, line: int | None, code: str, details: dict[str, int]
) -> None:
    with pytest.raises(ServiceRefused, match=code) as refused:
        await department.spend(
            PAT, "Beech Lunch Club", pence, line, way="third_party", helper=800, ask="please"
        )
    assert refused.value.details == details


async def test_a_helpers_week_begins_on_monday(department: Department) -> None:
    async def pay() -> Spend:
        return await department.spend(PAT, "Beech Lunch Club", 2_000, 800, way="third_party", helper=800)

    assert (await pay()).helper == "Jo"
    assert (await pay()).state == "held"
    with pytest.raises(ServiceRefused, match="OVER_WEEK") as refused:
        await pay()
    assert refused.value.details == {"left": 0}
    department.clock.forward(days=6, hours=14)  # Sunday, eleven at night
    with pytest.raises(ServiceRefused, match="OVER_WEEK"):
        await pay()
    department.clock.forward(hours=2)
    assert (await pay()).state == "held"
    assert (await department.events()).count("helper_acted") == 3


async def test_helpers_at_once_stay_within_their_week(department: Department) -> None:
    wanted = [
        department.spend(PAT, "Beech Lunch Club", 1_500, 800, way="third_party", helper=800) for _ in range(6)
    ]
    came = await asyncio.gather(*(outcome(each) for each in wanted))
    assert sorted(came) == ["OVER_WEEK"] * 4 + ["done"] * 2


@pytest.mark.parametrize(
    ("who", "way", "line", "helper"), [(PAT, "third_party", 800, 800), (IMRAN, "direct", 200, 200)]
)
async def test_a_helper_pays_nobody_new_and_asks_for_nothing(
    department: Department, who: str, way: str, line: int, helper: int
) -> None:
    for more in ({}, {"ask": "go on"}):
        with pytest.raises(ServiceRefused, match="NOT_FOR_HELPERS") as refused:
            await department.spend(who, "Myself", 1_000, line, way=way, helper=helper, **more)
        assert refused.value.details == {"needs": "NEW_PAYEE"}
    assert "Myself" not in [each.name for each in await department.care.payees(who)]


async def test_from_a_direct_payment_a_helper_pays_whom_the_citizen_paid(department: Department) -> None:
    await department.spend(IMRAN, "A new pool", 1_500, 201, way="direct")
    spend = await department.spend(IMRAN, " a new pool", 1_000, 200, way="direct", helper=200)
    assert (spend.state, spend.helper, spend.helper_id) == ("paid", "Kasia", 200)
    await department.adds_up(IMRAN)


async def test_a_helper_who_was_ended_may_nothing(department: Department) -> None:
    await department.care.end_helper(PAT, 800, "end")
    with pytest.raises(ServiceRefused, match="HELPER_ENDED"):
        await department.spend(PAT, "Beech Lunch Club", 1_000, 800, way="third_party", helper=800)
    people = await department.care.people("+447700900372")
    assert [each.name for each in people.helping] == ["Rose"]
    with pytest.raises(ServiceRefused, match="HELPER_ENDED"):  # nor for somebody else
        await department.spend(DORIS, "Brenda Cole", 1_000, CLEANING, helper=1000)
