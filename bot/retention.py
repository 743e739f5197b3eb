"""Retention: the words of a message go after some days, the facts of it after some more, by themselves."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.queue import Pool

AT_ONCE: Final = 5_000
"""Rows of one statement, so that none holds many locks for long."""

_SETTLED: Final = "m.status NOT IN ('created', 'handing', 'retry')"
_NO_CASE: Final = """NOT EXISTS (
    SELECT 1 FROM escalation e WHERE e.conversation_id = m.conversation_id AND e.closed_at IS NULL)"""
_CLOSED: Final = """EXISTS (
    SELECT 1 FROM escalation e WHERE e.id = m.escalation_id AND e.closed_at IS NOT NULL)"""
_PRINTED: Final = """EXISTS (
    SELECT 1 FROM outbound o
    WHERE o.id = m.outbound_id AND o.status IN ('delivered', 'undelivered', 'failed'))"""
_NO_CONSENT: Final = """NOT EXISTS (
    SELECT 1 FROM conversation c WHERE c.id = m.conversation_id AND c.training_consent_at IS NOT NULL)"""


@dataclass(frozen=True)
class Rule:
    """What goes when its time is over.

    Args:
        table: whose rows.
        age: the column that tells how old one is.
        when: what else must be true of a row `m`.
        redact: the columns that are emptied; the row goes when there are none.
    """

    table: str
    age: str
    when: tuple[str, ...] = ()
    redact: str = ""

    @property
    def sql(self) -> str:
        """The statement: `$1` is how long to keep, `$2` how many rows at once."""
        # All that is filled in stands in this file.
        act = "UPDATE {table} SET {redact}" if self.redact else "DELETE FROM {table}"
        which = "SELECT m.ctid FROM {table} m WHERE m.{age} < now() - $1::interval{when} LIMIT $2"
        return f"{act} WHERE ctid IN ({which})".format(
            table=self.table, redact=self.redact, age=self.age,
            when="".join(f" AND {condition}" for condition in self.when),
        )  # fmt: skip


BODIES: Final = (
    # What a citizen wrote is kept for longer only where they agreed that it may teach the assistant.
    Rule(
        "inbound", "received_at",
        ("m.redacted_at IS NULL", "m.done_at IS NOT NULL", _NO_CONSENT, _NO_CASE),
        # `values` are what a flow of ours began with.
        "text = '', details = details - 'media' - 'values', redacted_at = now()",
    ),
    Rule(
        "outbound", "created_at", ("m.redacted_at IS NULL", _SETTLED, _NO_CASE),
        "text = '', subject = NULL, options = '[]', details = '{}', redacted_at = now()",
    ),
    Rule("picture", "created_at", (_NO_CASE,)),
    Rule("letter", "created_at", (_PRINTED,)),
    Rule("callback", "created_at", ("m.done_at IS NOT NULL",)),
    Rule(
        "escalation", "closed_at", ("m.state = 'closed'", "(m.known <> '{}' OR m.thanks IS NOT NULL)"),
        "known = '{}', thanks = NULL, subject = NULL",
    ),
    Rule("escalation_note", "at", (_CLOSED,)),
    Rule("escalation_draft", "at", (_CLOSED,)),
    Rule("officer_session", "seen_at"),
    Rule("sign_in_failure", "since"),
    Rule("escalation_viewer", "seen_at"),
    Rule("department_count", "begins"),
    Rule("sender_fault", "created_at"),
)  # fmt: skip
"""Kept as long as words are. A message stays whole while a person has a case of its conversation."""

FACTS: Final = (
    Rule("inbound", "received_at", ("m.done_at IS NOT NULL",)),
    Rule("outbound", "created_at", (_SETTLED,)),
)
"""Kept for longer: that there was a message, when, and what became of it."""


class Retention:
    """Lets go of what is old, a few thousand rows at a time."""

    def __init__(self, pool: Pool, *, bodies: timedelta, facts: timedelta) -> None:
        """Prepares it.

        Args:
            pool: the process's connections.
            bodies: how long the words of a message are kept.
            facts: how long the rest of it is.
        """
        self._pool = pool
        self._plan = [(BODIES, min(bodies, facts)), (FACTS, facts)]

    async def run(self) -> None:
        """Redacts and deletes all that is due."""
        for rules, keep in self._plan:
            for rule in rules:
                while True:
                    done = await self._pool.execute(rule.sql, keep, AT_ONCE)
                    if int(done.split()[-1]) < AT_ONCE:
                        break
