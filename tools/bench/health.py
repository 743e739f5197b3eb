"""Health: searches among 5,000 services with 2,000,000 slots, and pages of their free slots."""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any, Final

import aiohttp
import asyncpg
import uvloop
from aiohttp import web

from actions.health.client import Ers
from actions.health.service import application
from bot.database import History, connect_pool, migrate
from bot.packs import PACKS_FOLDER
from tools.bench.figure import BenchError, Figure, median, percentile
from tools.bench.place import Place, free_port

SERVICES: Final = 5_000
SLOTS: Final = 400
"""Of each service: 2,000,000 in all."""
SEARCHES: Final = 400
TARGET: Final = 30.0
"""Milliseconds for a search, for 95 of 100."""
ENGLAND: Final = (50.5, 55.0, -4.5, 1.5)
"""South, north, west, east."""

# A thousand providers all over England, each with five clinics of twelve kinds; half a year of slots, of
# which four in five are booked, the earlier the likelier, and one in a hundred is held.
_FILL: Final = """
INSERT INTO ers.clinic SELECT 'SPECIALTY', 'CLINIC_' || n, 'Specialty', 'Clinic'
       FROM generate_series(0, 11) AS n;
INSERT INTO ers.provider SELECT 'P' || n, 'Hospital ' || n, 'Town', 'LS1 1AA', 50.5 + random() * 4.5,
       -4.5 + random() * 6, (ARRAY['public', 'private', 'voluntary'])[1 + n % 3], 'Good', 90, 'free', true
       FROM generate_series(0, 999) AS n;
INSERT INTO ers.service SELECT n, 'P' || n % 1000, 'SPECIALTY', 'CLINIC_' || n % 12, 'Service ' || n,
       'DIRECTLY_BOOKABLE', '0113 496 0000', NULL, 100, NULL, '["People under 18"]', '["Knee pain"]',
       '["X-ray"]', 18, NULL, 'MALE_AND_FEMALE', '["TRANSPORT", "INTERPRETER"]', false, 7, current_date,
       'invented' FROM generate_series(1, $services) AS n;
INSERT INTO ers.referral (ubrn, priority, specialty, clinic_type, access_code_digest, birth_year, gender,
                          given_name, referred_on)
       SELECT lpad(n::text, 12, '0'), 'ROUTINE', 'SPECIALTY', 'CLINIC_1', '', 1980, 'MALE', 'A', current_date
       FROM generate_series(1, 1000) AS n;
INSERT INTO ers.slot (service_id, starts_at, ends_at, booked_by, held_by, held_until)
SELECT service, at, at + interval '30 minutes',
       CASE WHEN taken THEN lpad((1 + n % 1000)::text, 12, '0') END,
       CASE WHEN held THEN '000000000001' END, CASE WHEN held THEN now() + interval '1 day' END
FROM (SELECT service, n, now() + n * interval '11 hours' - interval '3 days' AS at,
             random() < 0.95 - 0.3 * n / $slots AS taken, random() < 0.01 AS held
      FROM generate_series(1, $services) AS service, generate_series(1, $slots) AS n) AS each;
"""


class _Timed(Ers):
    """A client that keeps how long each answer took to come, in milliseconds."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.times: list[float] = []

    async def exchange[T](
        self,
        method: str,
        path: str,
        read: Callable[[bytes], T],
        *,
        params: Mapping[str, str] | None = None,
        data: tuple[str, bytes] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        began = perf_counter()

        def timed(raw: bytes) -> T:
            self.times.append((perf_counter() - began) * 1000)
            return read(raw)

        return await super().exchange(method, path, timed, params=params, data=data, key=key, headers=headers)


async def measure(place: Place) -> list[Figure]:
    """The figures of a search's target, over HTTP on a process of its own."""
    rng = random.Random(17)  # noqa: S311
    async with place.database() as url:
        await _fill(url, int(SLOTS * place.share))
        port, ready = free_port(), "FHIR/STU3/HealthcareService/1"
        serving = place.alone("tools.bench.health", port, url, str(port), ready=ready)
        async with serving as address, aiohttp.ClientSession() as session:
            ers = _Timed(address, session)
            return await _searches(ers, rng)


async def _fill(url: str, slots: int) -> None:
    await migrate(url, [History("health", PACKS_FOLDER / "health" / "service" / "migrations")])
    connection = await asyncpg.connect(url, command_timeout=900)
    await connection.execute(_FILL.replace("$services", str(SERVICES)).replace("$slots", str(slots)))
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _searches(ers: _Timed, rng: random.Random) -> list[Figure]:
    south, north, west, east = ENGLAND

    def at() -> tuple[float, float]:
        return rng.uniform(south, north), rng.uniform(west, east)

    def clinic() -> str:
        return f"CLINIC_{rng.randrange(12)}"

    asked: dict[str, tuple[str, Callable[[], Awaitable[object]]]] = {
        "nearest": ("nearest services", lambda: ers.search(clinic_type=clinic(), at=at())),
        "soonest": (
            "soonest services of England", lambda: ers.search(clinic_type=clinic(), at=at(), sort_by="IWT"),
        ),
        "near_soonest": (
            "soonest within 30 miles",
            lambda: ers.search(clinic_type=clinic(), at=at(), sort_by="IWT", distance_limit=30),
        ),
        "wait": (
            "nearest with a wait of 40 days at most",
            lambda: ers.search(clinic_type=clinic(), at=at(), wait_limit=40),
        ),
        "needs": (
            "nearest that treats, with transport, step-free, parking",
            lambda: ers.search(
                clinic_type=clinic(), at=at(), condition="knee pain",
                needs=("TRANSPORT", "STEP_FREE", "PARKING"),
            ),
        ),
        "slots": (
            "a page of a service's free slots", lambda: ers.slots(str(1 + rng.randrange(SERVICES))),
        ),
    }  # fmt: skip
    figures = []
    for name, (what, ask) in asked.items():
        for _ in range(20):
            await ask()
        ers.times.clear()
        found = 0
        for _ in range(SEARCHES):
            answer = await ask()
            found += len(answer) if isinstance(answer, list) else 1
        if not found:
            raise BenchError(f"Nothing was found: {what}.")
        figures += [
            Figure(f"health.{name}.p50", f"{what}, p50", median(ers.times), "ms"),
            Figure(f"health.{name}.p95", f"{what}, p95", percentile(ers.times, 0.95), "ms", TARGET),
        ]
    return figures


async def _serve(url: str, port: int) -> None:
    pool = await connect_pool(url)
    runner = web.AppRunner(application(pool), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
