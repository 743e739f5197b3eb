"""The education service's addresses, below where it is mounted.

| call | what for |
|---|---|
| `POST proofs` | who somebody is, for a reference, a code and a year of birth |
| `GET people?phone=` | whom a mobile number is on record for |
| `GET pupils/<reference>` | a pupil |
| `GET pupils/<reference>/credit`, `POST` the same | the credit; asks for it |
| `GET pupils/<reference>/tutors?subject=&kind=&lat=&long=` | who can help |
| `GET pupils/<reference>/proposals?party=`, `POST` the same | proposals; makes one |
| `GET proposals/<id>?party=` | a proposal as one of the three may see it |
| `POST proposals/<id>/versions` | changes it, so that all three are asked again |
| `POST proposals/<id>/answers` | agrees to a version, or refuses |
| `POST proposals/<id>/sessions/<version>/<number>/confirmations` | whether a session took place |
| `GET disputes?page=` | sessions that one side says took place, and the other not |
| `POST proposals/<id>/sessions/<version>/<number>/settlement` | the desk's word on one |
| `POST proposals/<id>/progress` | how it went |
| `GET news?since=` | what to tell and ask whom; does first what is due |

Whatever changes something carries an `Idempotency-Key`. Those of schools are in `school_routes`.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
from aiohttp import web

from actions.education.service import credit, notices, people, proposals, rounds, sessions, tutors, views
from actions.education.service.school_routes import school_routes
from actions.education.service.settling import act
from actions.education.service.tools import TOOLS, Tools, keyed, ledger_down, tools
from actions.sdk import Ledger
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Problem, answer, idempotency_key, read, service_application


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(
    pool: "asyncpg.Pool[asyncpg.Record]",
    *,
    ledger: Callable[[], Ledger],
    clock: Callable[[], datetime] = _utc_now,
    keys: frozenset[str] = frozenset(),
) -> web.Application:
    """The stand-in, to be mounted at `/departments/education` or served by itself.

    Args:
        pool: the database, with the migrations of this department.
        ledger: gives a client of the credits ledger.
        clock: the time; tests move it.
        keys: of those who may call; without one nobody may, but for what is public.
    """
    app = service_application()
    app.middlewares.extend((keyed, ledger_down))
    app[TOOLS] = Tools(pool, clock, ledger, keys)
    app.add_routes(
        [
            web.post("/proofs", prove),
            web.get("/people", find_people),
            web.get("/pupils/{reference}", get_pupil),
            web.get("/pupils/{reference}/credit", get_credit),
            web.post("/pupils/{reference}/credit", ask_for_credit),
            web.get("/pupils/{reference}/tutors", find_tutors),
            web.get("/pupils/{reference}/proposals", list_proposals),
            web.post("/pupils/{reference}/proposals", propose),
            web.get("/proposals/{id}", get_proposal),
            web.post("/proposals/{id}/versions", change),
            web.post("/proposals/{id}/answers", answer_proposal),
            web.post("/proposals/{id}/sessions/{version}/{number}/confirmations", confirm_session),
            web.get("/disputes", list_disputes),
            web.post("/proposals/{id}/sessions/{version}/{number}/settlement", settle_session),
            web.post("/proposals/{id}/progress", keep_progress),
            web.get("/news", news),
            *school_routes,
        ]
    )
    return app


def _reference(request: web.Request) -> str:
    return request.match_info["reference"][:20]


def _number(request: web.Request, name: str = "id", most: int = 2**62) -> int:
    """A number of the path, or of the query.

    Raises:
        Problem: 404 `NOT_FOUND`, it is none.
    """
    given = request.match_info.get(name) or request.query.get(name, "0")
    if not given.isascii() or not given.isdigit() or len(given) > 19 or int(given) > most:
        raise Problem(404, "NOT_FOUND", "There is no such number.")
    return int(given)


def _party(request: web.Request) -> str:
    """Who looks.

    Raises:
        Problem: 422 `INVALID`.
    """
    party = request.query.get("party", "")
    if party not in sessions.SIDES:
        raise Problem(422, "INVALID", "party: parent, other_parent, pupil, school or tutor.", field="party")
    return party


async def prove(request: web.Request) -> web.Response:
    """Who of the three a proof is."""
    given = tools(request)
    proof = await read(request, people.Proof)
    return answer((await people.prove_party(given.pool, proof, given.now)).json())


async def find_people(request: web.Request) -> web.Response:
    """Whom a number is on record for; nobody is an answer too."""
    found = await people.with_phone(tools(request).pool, request.query.get("phone", "")[:20])
    return answer({"people": [each.json() for each in found]})


async def get_pupil(request: web.Request) -> web.Response:
    """A pupil."""
    return answer(await people.pupil(tools(request).pool, _reference(request)))


async def get_credit(request: web.Request) -> web.Response:
    """Whether a pupil can have the credit and why, and what is left."""
    return answer(await credit.view(tools(request), _reference(request)))


async def ask_for_credit(request: web.Request) -> web.Response:
    """Asks for the credit."""
    asked, pupil = await read(request, credit.Asked), _reference(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await credit.ask(connection, pupil, asked.party, now)

    await _act(request, pupil, f"credit {pupil} {asked}", work)
    return answer(await credit.view(tools(request), pupil))


async def find_tutors(request: web.Request) -> web.Response:
    """Who can help a pupil in a subject."""
    given, near = tools(request), None
    subject, kind = request.query.get("subject", ""), request.query.get("kind", "")
    if "lat" in request.query or "long" in request.query:
        try:
            near = float(request.query["lat"]), float(request.query["long"])
        except (KeyError, ValueError):
            near = (91.0, 0.0)
        if not (-90 <= near[0] <= 90 and -180 <= near[1] <= 180):
            raise Problem(422, "INVALID", "lat and long: degrees.", field="lat")
    found = await tutors.find(given.pool, _reference(request), subject, kind, near, credit.today(given.now))
    return answer({"tutors": found})


async def list_proposals(request: web.Request) -> web.Response:
    """A pupil's proposals, as one of the three or a tutor may see them."""
    given, tutor = tools(request), request.query.get("tutor")
    party = _party(request)
    if (party == "tutor") != (tutor is not None):
        raise Problem(422, "INVALID", "tutor: which, and only for a tutor.", field="tutor")
    found = await views.proposals(given.pool, _reference(request), party, tutor, given.now)
    return answer({"proposals": found})


async def propose(request: web.Request) -> web.Response:
    """Makes a proposal and holds its money."""
    wanted, pupil = await read(request, proposals.Proposed), _reference(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await proposals.propose(connection, pupil, wanted, now)

    return await _held(request, pupil, wanted.party, await _act(request, pupil, f"propose {wanted}", work))


async def change(request: web.Request) -> web.Response:
    """Changes a proposal; the money of the version before is given back as that of the new is held."""
    wanted, number = await read(request, proposals.Changed), _number(request)
    pupil = await views.pupil_of(tools(request).pool, number)

    async def work(connection: Connection, now: datetime) -> Json:
        return await proposals.change(connection, pupil, number, wanted, now)

    done = await _act(request, pupil, f"change {number} {wanted}", work)
    return await _held(request, pupil, wanted.party, done)


async def _held(request: web.Request, pupil: str, party: str, done: dict[str, Json]) -> web.Response:
    """A proposal whose version is in force.

    Raises:
        Problem: 409 `NOT_ENOUGH`, with what is `available` in pence: the version was dropped.
    """
    given, proposal = tools(request), done["proposal"]
    assert isinstance(proposal, int)
    refused = await given.pool.fetchval(
        "SELECT refused FROM education.movement WHERE proposal = $1 AND version = $2 AND kind = 'hold'",
        proposal, done["version"],
    )  # fmt: skip
    if refused:
        found = await credit.view(given, pupil)
        assert isinstance(found, dict)
        raise Problem(409, "NOT_ENOUGH", "The credit has not so much left.", available=found["available"])
    return answer(await views.proposal(given.pool, proposal, party, given.now), 201)


async def get_proposal(request: web.Request) -> web.Response:
    """A proposal."""
    given = tools(request)
    return answer(await views.proposal(given.pool, _number(request), _party(request), given.now))


async def answer_proposal(request: web.Request) -> web.Response:
    """Agrees to a version, or refuses."""
    said, number = await read(request, proposals.Answered), _number(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await proposals.answer(connection, await _pupil(request), number, said, now)

    await _act(request, await _pupil(request), f"answer {number} {said}", work)
    given = tools(request)
    return answer(await views.proposal(given.pool, number, said.party, given.now))


async def confirm_session(request: web.Request) -> web.Response:
    """Keeps what a side says of a session; the outcome is `waiting`, `paid`, `put_off`, `disputed` …"""
    said, number = await read(request, sessions.Confirmed), _number(request)
    version, session = _number(request, "version", 30_000), _number(request, "number", 30_000)
    pupil = await _pupil(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await sessions.confirm(connection, pupil, number, version, session, said, now)

    return answer(await _act(request, pupil, f"confirm {number} {version} {session} {said}", work))


async def list_disputes(request: web.Request) -> web.Response:
    """The sessions that the desk has to settle."""
    return answer(await sessions.disputed(tools(request).pool, max(1, _number(request, "page", 10_000))))


async def settle_session(request: web.Request) -> web.Response:
    """Settles a disputed session; the outcome is `paid`, `unapproved`, `put_off` or `given_back`."""
    said, number = await read(request, sessions.Settled), _number(request)
    version, session = _number(request, "version", 30_000), _number(request, "number", 30_000)
    pupil = await _pupil(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await sessions.settle(connection, pupil, number, version, session, said, now)

    return answer(await _act(request, pupil, f"settle {number} {version} {session} {said}", work))


async def keep_progress(request: web.Request) -> web.Response:
    """Keeps how it went."""
    said, number = await read(request, sessions.Progress), _number(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await sessions.keep_progress(connection, number, said, now)

    return answer(await _act(request, await _pupil(request), f"progress {number} {said}", work))


async def news(request: web.Request) -> web.Response:
    """What to tell and ask whom, after the notice that was seen last; what is due is done first."""
    given = tools(request)
    await rounds.run(given)
    return answer({"news": await notices.since(given.pool, _number(request, "since"))})


async def _pupil(request: web.Request) -> str:
    return await views.pupil_of(tools(request).pool, _number(request))


async def _act(
    request: web.Request, pupil: str, asked: str, work: Callable[[Connection, datetime], Awaitable[Json]]
) -> dict[str, Json]:
    given: Tools = tools(request)
    now = given.now
    return await act(given, pupil, idempotency_key(request), asked, lambda connection: work(connection, now))
