"""Which sender carries the next message of a channel: weights that leave one that fails or is slow."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.metrics import SENDER_ALARMS, SENDER_SLOW
from bot.problems import Problem
from bot.queue import Connection, Pool

log = structlog.get_logger()


@dataclass(frozen=True)
class Rules:
    """GOV.UK Notify's numbers for its providers: docs/sources.md, texts.

    Args:
        points: moved at a time; the weights of a channel add up to 100.
        errors: of one sender; one more than these within `errors_within` moves points.
        errors_within: how far back errors count.
        errors_wait: nothing moves for errors when something moved so shortly before.
        slow_after: a message that took so long, or is not delivered after so long, is slow.
        slow_within: messages handed over so long ago are looked at.
        slow_share: of them, from which a sender is slow.
        slow_wait: nothing moves for slowness when something moved so shortly before.
        check_every: between two looks at slowness.
        rest_every: between two looks at going back to rest.
        rest_wait: nothing goes back when something moved so shortly before.
        alarm_share: slow messages, from which a check counts towards an alarm.
        alarm_checks: such checks running make an alarm.
    """

    points: int = 10
    errors: int = 50
    errors_within: timedelta = timedelta(seconds=60)
    errors_wait: timedelta = timedelta(minutes=1)
    slow_after: timedelta = timedelta(minutes=5)
    slow_within: timedelta = timedelta(minutes=15)
    slow_share: float = 0.15
    slow_wait: timedelta = timedelta(minutes=5)
    check_every: timedelta = timedelta(minutes=1)
    rest_every: timedelta = timedelta(minutes=5)
    rest_wait: timedelta = timedelta(minutes=15)
    alarm_share: float = 0.10
    alarm_checks: int = 10


RULES: Final = Rules()
KEEP_FAULTS: Final = timedelta(hours=1)
"""What an operator sees of errors; older ones are deleted."""


@dataclass(frozen=True)
class Weight:
    """Where a sender stands. `weight`, `rest`: points of 100; `slow`: a share, None without messages."""

    sender: str
    weight: int
    rest: int
    faults: int
    slow: float | None


@dataclass(frozen=True)
class Change:
    """One move of one sender's weight."""

    sender: str
    before: int
    after: int
    reason: str
    at: datetime


async def begin(pool: Pool, channel: str, names: Sequence[str]) -> None:
    """Gives senders their first weights: equal shares at first, none for one that comes to others later.

    Args:
        pool: the process's connections.
        channel: such as `sms`.
        names: its senders.
    """
    async with pool.acquire() as connection, connection.transaction():
        # Two processes begin at once: the second finds the rows of the first.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('sender_weight ' || $1))", channel)
        known = await connection.fetch("SELECT sender FROM sender_weight WHERE channel = $1", channel)
        share, over = divmod(100, len(names))
        for place, name in enumerate(names):
            points = 0 if known else share + (place < over)
            await connection.execute(
                "INSERT INTO sender_weight (channel, sender, weight, rest) VALUES ($1, $2, $3, $3)"
                " ON CONFLICT DO NOTHING",
                channel, name, points,
            )  # fmt: skip


async def choose(pool: Pool, channel: str, names: Sequence[str], random: Callable[[], float]) -> str:
    """Draws a sender by weight; each alike where none of them has any.

    Args:
        pool: the process's connections.
        channel: such as `sms`.
        names: the senders that can carry the message, at least one.
        random: gives a number from 0 up to but not including 1.
    """
    if len(names) == 1:
        return names[0]
    rows = await pool.fetch("SELECT sender, weight FROM sender_weight WHERE channel = $1", channel)
    known = {row["sender"]: int(row["weight"]) for row in rows}
    weights = [known.get(name, 0) for name in names]
    if not sum(weights):
        weights = [1] * len(names)
    point = random() * sum(weights)
    for name, weight in zip(names, weights, strict=True):
        if point < weight:
            return name
        point -= weight
    return names[-1]


async def record_fault(pool: Pool, channel: str, sender: str, now: datetime, rules: Rules = RULES) -> bool:
    """Counts an error of a sender, and moves points away from it when there are too many.

    Args:
        pool: the process's connections.
        channel: such as `sms`.
        sender: whose error.
        now: the time.
        rules: the numbers.

    Returns:
        Whether points moved.
    """
    await pool.execute(
        "INSERT INTO sender_fault (channel, sender, created_at) VALUES ($1, $2, $3)", channel, sender, now
    )
    faults = await pool.fetchval(_FAULTS, channel, sender, now - rules.errors_within, now)
    if faults <= rules.errors:
        return False
    async with pool.acquire() as connection, connection.transaction():
        rows = await _lock(connection, channel)
        if _changed_since(rows, now - rules.errors_wait):
            return False
        moves = _away(rows, {sender}, rules.points)
        return await _write(connection, channel, rows, moves, "errors", now)


async def tick(pool: Pool, now: datetime, rules: Rules = RULES) -> None:
    """Looks at slowness and goes back to rest, when it is time for either; each process may call.

    Args:
        pool: the process's connections.
        now: the time.
        rules: the numbers.
    """
    for row in await pool.fetch(
        "SELECT DISTINCT channel FROM sender_weight"
        " WHERE least(checked_at + $2, rested_at + $3) <= $1 OR checked_at IS NULL OR rested_at IS NULL",
        now, rules.check_every, rules.rest_every,
    ):  # fmt: skip
        async with pool.acquire() as connection, connection.transaction():
            await _tick(connection, row["channel"], now, rules)


async def _tick(connection: Connection, channel: str, now: datetime, rules: Rules) -> None:
    """One channel's looks, under its lock: who comes second finds that it is not time any more."""
    rows = await _lock(connection, channel)
    if any(row.checked_at is None or row.checked_at + rules.check_every <= now for row in rows):
        await connection.execute("UPDATE sender_weight SET checked_at = $2 WHERE channel = $1", channel, now)
        shares = await _slow_shares(connection, channel, now, rules)
        await _alarm(connection, channel, rows, shares, rules)
        slow = {name for name, share in shares.items() if share >= rules.slow_share}
        if 0 < len(slow) < len(rows) and not _changed_since(rows, now - rules.slow_wait):
            await _write(connection, channel, rows, _away(rows, slow, rules.points), "slow", now)
            rows = await _lock(connection, channel)
    if any(row.rested_at is None or row.rested_at + rules.rest_every <= now for row in rows):
        await connection.execute("UPDATE sender_weight SET rested_at = $2 WHERE channel = $1", channel, now)
        if not _changed_since(rows, now - rules.rest_wait):
            await _write(connection, channel, rows, _back(rows, rules.points), "rest", now)
    await connection.execute(
        "DELETE FROM sender_fault WHERE channel = $1 AND created_at < $2", channel, now - KEEP_FAULTS
    )


async def set_rest(pool: Pool, channel: str, sender: str, rest: int, reason: str, now: datetime) -> None:
    """Sets a sender's weight and rest; the others share what is left in their former proportions.

    Args:
        pool: connections.
        channel: such as `sms`.
        sender: one of its senders.
        rest: points from 0 to 100.
        reason: kept in the history.
        now: the time.

    Raises:
        Problem: there is no such sender, or it is the only one, or these are no such points.
    """
    if not 0 <= rest <= 100:
        raise Problem("Give a number from 0 to 100.")
    async with pool.acquire() as connection, connection.transaction():
        rows = await _lock(connection, channel)
        others = {row.sender: row.rest for row in rows if row.sender != sender}
        if len(others) == len(rows):
            raise Problem(f"{channel} has no sender {sender}. `onedoor senders` names them.")
        if not others and rest != 100:
            raise Problem(f"{sender} is the only sender of {channel}: it has all 100 points.")
        wanted = {sender: rest, **_split(100 - rest, others)}
        await connection.executemany(
            "UPDATE sender_weight SET rest = $3 WHERE channel = $1 AND sender = $2",
            [(channel, name, points) for name, points in wanted.items()],
        )
        await _write(connection, channel, rows, wanted, reason, now)


async def list_weights(pool: Pool, channel: str, now: datetime, rules: Rules = RULES) -> list[Weight]:
    """Where the senders of a channel stand: points, errors of the last hour, share of slow messages."""
    async with pool.acquire() as connection:
        shares = await _slow_shares(connection, channel, now, rules)
        rows = await connection.fetch(
            "SELECT w.sender, w.weight, w.rest, (SELECT count(*) FROM sender_fault f"
            " WHERE f.channel = w.channel AND f.sender = w.sender AND f.created_at > $2) AS faults"
            " FROM sender_weight w WHERE w.channel = $1 ORDER BY w.sender",
            channel, now - KEEP_FAULTS,
        )  # fmt: skip
    return [Weight(r["sender"], r["weight"], r["rest"], r["faults"], shares.get(r["sender"])) for r in rows]


async def list_channels(pool: Pool) -> list[str]:
    """The channels that have weights."""
    rows = await pool.fetch("SELECT DISTINCT channel FROM sender_weight ORDER BY channel")
    return [row["channel"] for row in rows]


async def list_changes(pool: Pool, channel: str, limit: int = 20) -> list[Change]:
    """The last moves of a channel, the newest first."""
    rows = await pool.fetch(
        "SELECT sender, before, after, reason, created_at FROM sender_weight_change"
        " WHERE channel = $1 ORDER BY id DESC LIMIT $2",
        channel, limit,
    )  # fmt: skip
    return [Change(*row) for row in rows]


@dataclass(frozen=True)
class _Row:
    sender: str
    weight: int
    rest: int
    changed_at: datetime | None
    checked_at: datetime | None
    rested_at: datetime | None
    slow_checks: int


_FAULTS: Final = """
SELECT count(*) FROM sender_fault WHERE channel = $1 AND sender = $2 AND created_at > $3 AND created_at <= $4
"""
# What failed tells nothing of how fast a sender is; neither does what a batch of another channel did.
_SLOW: Final = """
SELECT o.sender, avg(CASE WHEN
    (CASE WHEN o.status IN ('delivered', 'read') THEN o.completed_at ELSE $2 END) - o.handed_at >= $4
    THEN 1 ELSE 0 END)::float AS share
FROM outbound o JOIN sender_weight w ON w.channel = o.channel AND w.sender = o.sender
WHERE o.channel = $1 AND o.handed_at > $2::timestamptz - $3::interval AND o.handed_at <= $2
AND o.status IN ('accepted', 'scheduled', 'queued', 'sending', 'sent', 'delivered', 'read')
GROUP BY o.sender
"""


async def _slow_shares(connection: Connection, channel: str, now: datetime, rules: Rules) -> dict[str, float]:
    rows = await connection.fetch(_SLOW, channel, now, rules.slow_within, rules.slow_after)
    return {row["sender"]: row["share"] for row in rows}


async def _alarm(
    connection: Connection, channel: str, rows: list[_Row], shares: Mapping[str, float], rules: Rules
) -> None:
    for row in rows:
        share = shares.get(row.sender, 0.0)
        checks = min(row.slow_checks + 1, 32_000) if share >= rules.alarm_share else 0
        SENDER_SLOW.labels(channel, row.sender).set(share)
        if checks == rules.alarm_checks:
            SENDER_ALARMS.labels(channel, row.sender).inc()
            log.error("sender.slow", channel=channel, sender=row.sender, share=round(share, 3))
        await connection.execute(
            "UPDATE sender_weight SET slow_checks = $3 WHERE channel = $1 AND sender = $2",
            channel, row.sender, checks,
        )  # fmt: skip


async def _lock(connection: Connection, channel: str) -> list[_Row]:
    """The channel's rows, locked in one order until the transaction ends."""
    rows = await connection.fetch(
        "SELECT sender, weight, rest, changed_at, checked_at, rested_at, slow_checks FROM sender_weight"
        " WHERE channel = $1 ORDER BY sender FOR UPDATE",
        channel,
    )
    return [_Row(*row) for row in rows]


def _changed_since(rows: Collection[_Row], moment: datetime) -> bool:
    """Whether any weight of the channel changed after a moment."""
    return any(row.changed_at is not None and row.changed_at > moment for row in rows)


def _away(rows: Collection[_Row], bad: Collection[str], points: int) -> dict[str, int]:
    """New weights with points taken from each of the bad, shared by the good in proportion to their rest."""
    weights = {row.sender: row.weight for row in rows}
    good = {row.sender: row.rest for row in rows if row.sender not in bad}
    if not good:
        return weights
    taken = {name: min(points, weights[name]) for name in bad if name in weights}
    gifts = _split(sum(taken.values()), good)
    return {name: weight - taken.get(name, 0) + gifts.get(name, 0) for name, weight in weights.items()}


def _back(rows: Collection[_Row], points: int) -> dict[str, int]:
    """New weights with so many points, or fewer, moved from who has too many to who has too few."""
    over = {row.sender: row.weight - row.rest for row in rows if row.weight > row.rest}
    under = {row.sender: row.rest - row.weight for row in rows if row.weight < row.rest}
    moved = min(points, sum(over.values()), sum(under.values()))
    taken, given = _split(moved, over), _split(moved, under)
    return {row.sender: row.weight - taken.get(row.sender, 0) + given.get(row.sender, 0) for row in rows}


def _split(points: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Points shared in proportion, in whole numbers that add up; alike where nobody has a share."""
    shares = shares if sum(shares.values()) else dict.fromkeys(shares, 1)
    left, total, given = points, sum(shares.values()), {}
    for name, share in sorted(shares.items()):
        given[name] = round(left * share / total) if total else 0
        left, total = left - given[name], total - share
    return given


async def _write(
    connection: Connection, channel: str, rows: Collection[_Row], wanted: Mapping[str, int], reason: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Stores weights that differ, with the history. Whether any did."""
    moves = [(row.sender, row.weight, wanted[row.sender]) for row in rows if row.weight != wanted[row.sender]]
    for sender, before, after in moves:
        await connection.execute(
            "UPDATE sender_weight SET weight = $3, changed_at = $4 WHERE channel = $1 AND sender = $2",
            channel, sender, after, now,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO sender_weight_change (channel, sender, before, after, reason, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            channel, sender, before, after, reason, now,
        )  # fmt: skip
        log.warning("sender.weight", channel=channel, sender=sender, before=before, after=after)
    return bool(moves)
