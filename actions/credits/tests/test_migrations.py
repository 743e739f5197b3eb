"""A ledger that was there before a change of its tables goes on as it was."""

import json
import shutil
from pathlib import Path
from uuid import uuid4

from actions.credits.service import verify
from bot.database import History, close_pool, connect_pool, create_database, drop_database, migrate
from bot.packs import PACKS_FOLDER

MIGRATIONS = PACKS_FOLDER / "credits" / "service" / "migrations"


async def test_what_was_refused_before_refusals_were_rows_stays_refused(
    server_url: str, tmp_path: Path
) -> None:
    before = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("0003*", "__pycache__"))
    url, refused = await create_database(server_url, f"ledger_{uuid4().hex[:12]}"), uuid4()
    await migrate(url, [History("credits", before)])
    pool = await connect_pool(url, size=2)
    await pool.execute("INSERT INTO credits.refusal VALUES ($1, 'NOT_ENOUGH', now())", refused)
    await migrate(url, [History("credits", MIGRATIONS)])
    asked = {
        "phase": "posted",
        "debit": str(uuid4()),
        "credit": str(uuid4()),
        "amount": 1,
        "id": str(refused),
    }
    problem = await pool.fetchval(
        "SELECT problem::text FROM credits.apply($1::text::json, NULL)", json.dumps([[asked]])
    )
    found = await verify(pool)
    await close_pool(pool)
    await drop_database(server_url, url.rsplit("/", 1)[-1])
    assert '"REFUSED_BEFORE"' in problem
    assert '"NOT_ENOUGH"' in problem
    assert (found.rows, found.wrong) == (1, None)
