"""The credits ledger as a service: docs/ledger.md says how to call it."""

from datetime import date

import asyncpg

from actions.credits.service.money import load_money
from actions.credits.service.routes import application
from actions.credits.service.verify import verify

__all__ = ["application", "demo_page", "load_demo", "load_money", "verify"]


async def load_demo(pool: "asyncpg.Pool[asyncpg.Record]", today: date) -> None:
    """Nothing of its own: `load_money` loads what the departments have."""
    del pool, today


def demo_page() -> list[dict[str, str]]:
    """Citizens have their credits from departments: the demo's page has nothing to list."""
    return []
