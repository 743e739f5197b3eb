"""Receipts in any order and any number end in the same state."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.outbox import FORWARD, record_receipt
from bot.queue import Pool
from tests.channels.sms.conftest import add_outbound

RECEIPT = st.sampled_from(
    [state for state in FORWARD if state not in ("created", "handing", "retry", "merged")]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(receipts=st.lists(RECEIPT, min_size=1, max_size=6), data=st.data())
async def test_any_permutation_or_repetition_ends_in_the_same_state(
    pool: Pool, receipts: list[str], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(receipts), max_size=6))
    shuffled = data.draw(st.permutations(receipts + again))
    ends = []
    for order in (receipts, shuffled):
        number = await add_outbound(pool, status="accepted")
        for state in order:
            async with pool.acquire() as connection, connection.transaction():
                assert await record_receipt(connection, number, state)
        kept = await pool.fetch("SELECT status FROM receipt WHERE outbound_id = $1 ORDER BY 1", number)
        final = await pool.fetchval("SELECT status FROM outbound WHERE id = $1", number)
        ends.append((final, [row["status"] for row in kept]))
    assert ends[0] == ends[1]
    assert ends[0][0] == max([*receipts, "accepted"], key=FORWARD.index)
