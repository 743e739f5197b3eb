"""`onedoor evaluate`: how real conversations went, and, with consent, what was misunderstood in them."""

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
from ruamel.yaml import YAML

from bot.database import close_pool, connect_pool, start_embedded
from bot.engine.features import normalise
from bot.engine.runtime import packs
from bot.problems import Problem
from bot.refusal import redact
from bot.settings import Settings

SILENT_HOURS: Final = 24
"""A flow whose question has been open for longer counts as abandoned at that step."""
MASK: Final = "…"

_TURNS: Final = """
SELECT {group} AS name, count(*) AS turns,
       count(*) FILTER (WHERE t.outcome = 'unclear') AS unclear,
       count(*) FILTER (WHERE t.commands @> '[{{"command": "Correct"}}]') AS corrections,
       count(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM escalation e WHERE e.inbound_id = t.inbound_id
       )) AS handed,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.milliseconds) AS median_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY t.milliseconds) AS p95_ms
FROM turn_record t JOIN inbound i ON i.id = t.inbound_id JOIN conversation c ON c.id = t.conversation_id
WHERE t.created_at >= now() - make_interval(days => $1) GROUP BY 1 ORDER BY 1
"""
_GROUPS: Final = {
    "all": "'all'", "day": "to_char(t.created_at, 'YYYY-MM-DD')", "channel": "i.channel",
    "language": "c.language",
}  # fmt: skip
# A turn that leaves a flow is recorded with the flow that is on top afterwards; the one before has the left.
_FLOWS: Final = """
WITH told AS (
    SELECT t.*, lag(flow) OVER life AS flow_before, lag(step) OVER life AS step_before,
           lead(t.inbound_id) OVER life IS NULL AS newest
    FROM turn_record t WHERE created_at >= now() - make_interval(days => $1)
    WINDOW life AS (PARTITION BY conversation_id ORDER BY inbound_id)
), ends AS (
    SELECT flow, NULL::text AS step, outcome AS ended FROM told WHERE outcome IN ('done', 'stopped', 'failed')
    UNION ALL
    SELECT flow_before, step_before, 'left' FROM told WHERE outcome = 'left'
    UNION ALL
    SELECT flow, step, 'abandoned' FROM told
    WHERE newest AND step IS NOT NULL AND created_at < now() - make_interval(hours => $2)
)
SELECT flow, coalesce(step, '') AS step, ended, count(*) AS times FROM ends
WHERE flow IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 3, 4 DESC, 2
"""
_HANDLERS: Final = """
SELECT h->>0 AS name, count(*) AS calls,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY (h->>1)::float) AS median_ms,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY (h->>1)::float) AS p95_ms
FROM turn_record t CROSS JOIN LATERAL jsonb_array_elements(t.handlers) h
WHERE t.created_at >= now() - make_interval(days => $1) GROUP BY 1 ORDER BY 1
"""
_MISUNDERSTOOD: Final = """
SELECT i.text, t.intent, t.confidence, c.language
FROM turn_record t JOIN inbound i ON i.id = t.inbound_id JOIN conversation c ON c.id = t.conversation_id
WHERE t.outcome = 'unclear' AND i.kind = 'text' AND t.conversation_id = ANY ($2::bigint[])
  AND t.created_at >= now() - make_interval(days => $1)
ORDER BY md5(i.text)
"""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NO_WORDS: Final = re.compile(r"\S*[\d@]\S*|\S*://\S*|\[[^\]]* removed\]")

type Report = dict[str, Any]


def evaluate(
    settings: Settings,
    *,
    days: int,
    export: Path | None = None,
    consented: Sequence[int] = (),
    json_lines: bool = False,
) -> int:
    """Prints how conversations went; no word of them, unless an export is asked for.

    Args:
        settings: where the database is.
        days: how far to look back.
        export: a new file for messages that were not understood, masked, one JSON object a line.
        consented: the conversations whose citizens agreed to that; no other one is exported.
        json_lines: print one line of JSON instead of tables.

    Raises:
        Problem: an export without consent, or into a file that is there; the days are not positive.
    """
    if days < 1:
        raise Problem("Say for how many days to look back: one or more.")
    if export is not None and not consented:
        raise Problem(
            "Nothing is exported without consent: name the conversations whose citizens agreed to it,"
            " with `--with-consent-of NUMBERS`."
        )
    if export is not None and export.exists():
        raise Problem(f"{export} is there already: name a new file.")
    url = settings.database_url
    address = url.get_secret_value() if url else start_embedded(settings.data_dir)
    return asyncio.run(_evaluate(address, days, export, consented, json_lines=json_lines))


async def _evaluate(
    address: str, days: int, export: Path | None, consented: Sequence[int], *, json_lines: bool
) -> int:
    pool = await connect_pool(address, size=2)
    try:
        found = await report(pool, days)
        candidates = await misunderstood(pool, days, consented) if export is not None else []
    finally:
        await close_pool(pool)
    print(json.dumps(found, ensure_ascii=False) if json_lines else "\n".join(_lines(found, days)))
    if export is not None:
        _write(export, candidates)
        if not json_lines:
            print(f"\n{len(candidates)} messages were written to {export}. Read each before it is taught.")
    return 0


async def report(pool: "asyncpg.Pool[asyncpg.Record]", days: int) -> Report:
    """Turns by day, channel and language; how flows ended and at which step; the handlers' times.

    Args:
        pool: the database.
        days: how far to look back.
    """
    turns = {
        by: [_turns(row) for row in await pool.fetch(_TURNS.format(group=group), days)]
        for by, group in _GROUPS.items()
    }
    flows = [dict(row) for row in await pool.fetch(_FLOWS, days, SILENT_HOURS)]
    handlers = [_rounded(row) for row in await pool.fetch(_HANDLERS, days)]
    return {"days": days, "turns": turns, "flows": flows, "handlers": handlers}


def _turns(row: asyncpg.Record) -> dict[str, Any]:
    found = _rounded(row)
    return found | {"fallback_rate": round(found["unclear"] / found["turns"], 4)}


def _rounded(row: asyncpg.Record) -> dict[str, Any]:
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()}


async def misunderstood(
    pool: "asyncpg.Pool[asyncpg.Record]", days: int, consented: Sequence[int]
) -> list[dict[str, Any]]:
    """The messages nothing was made of, masked, in no telling order and without whose they are.

    Args:
        pool: the database.
        days: how far to look back.
        consented: the conversations whose citizens agreed.
    """
    rows = await pool.fetch(_MISUNDERSTOOD, days, list(consented))
    known = everyday_words()
    return [
        {
            "text": mask(row["text"], known), "intent": row["intent"],
            "confidence": round(row["confidence"] or 0.0, 2), "language": row["language"],
        }
        for row in rows
    ]  # fmt: skip


def everyday_words() -> frozenset[str]:
    """Words that name nobody: those of two or more of the packs' examples, always in lower case."""
    counts: Counter[str] = Counter()
    for pack in packs().packs.values():
        path = pack.folder / "nlu.yml"
        for entry in YAML(typ="safe").load(path.read_text())["nlu"] if path.exists() else []:
            for line in (entry.get("examples") or "").splitlines():
                # A capital inside a sentence is a name's in our examples as well.
                counts.update({normalise(found) for found in _WORD.findall(line)[1:] if found.islower()})
    return frozenset(word for word, count in counts.items() if count > 1) | {"i"}


def mask(text: str, known: frozenset[str]) -> str:
    """A message without what could tell whose it is.

    What holds a digit or an @ goes; then every word that is not an everyday one, and every word with
    a capital that begins no sentence. A name that is a lower-case everyday word ("grace") stays: that
    is why a person reads the file before anything of it is taught.

    Args:
        text: as it was written.
        known: everyday words, as `everyday_words` gives them.
    """
    cleaned = _NO_WORDS.sub(MASK, redact(text))
    begins = {match.end() for match in re.finditer(r"(?:^|[.!?\n])\W*", cleaned)}

    def one(found: re.Match[str]) -> str:
        word = found[0]
        named = word[0].isupper() and word != "I" and not word.isupper() and found.start() not in begins
        return word if normalise(word) in known and not named else MASK

    return re.sub(rf"{MASK}(?:\W*{MASK})+", MASK, _WORD.sub(one, cleaned))


def _write(path: Path, candidates: Sequence[dict[str, Any]]) -> None:
    """For nobody's eyes but the operator's."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(json.dumps(candidate, ensure_ascii=False) + "\n" for candidate in candidates)


def _lines(found: Report, days: int) -> list[str]:
    """The tables."""
    lines = [f"The last {days} days"]
    heads = ("turns", "unclear", "corrections", "handed", "median_ms", "p95_ms")
    for by, rows in found["turns"].items():
        lines.append(
            f"\n{by:<14}{'fallback':>10}" + "".join(f"{head.replace('_', ' '):>13}" for head in heads)
        )
        lines += [
            f"{row['name']:<14}{row['fallback_rate']:>10.1%}" + "".join(f"{row[head]:>13}" for head in heads)
            for row in rows
        ]
    lines.append(f"\n{'flow':<26}{'step':<22}{'ended':<12}{'times':>6}")
    lines += [f"{r['flow']:<26}{r['step']:<22}{r['ended']:<12}{r['times']:>6}" for r in found["flows"]]
    lines.append(f"\n{'handler':<32}{'calls':>8}{'median ms':>12}{'p95 ms':>10}")
    lines += [
        f"{r['name']:<32}{r['calls']:>8}{r['median_ms']:>12}{r['p95_ms']:>10}" for r in found["handlers"]
    ]
    return lines
