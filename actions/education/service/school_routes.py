"""The addresses of schools, below where the education service is mounted.

| call | what for |
|---|---|
| `GET schools?after=&urn=&phase=`, or `?lat=&long=&phase=&year=` | schools by name, or the nearest; public |
| `GET schools/<urn>` | a school; public |
| `GET admissions` | the rules, the rounds and their lottery, where places are wanted; public |
| `GET pupils/<reference>/school` | what the parent may do, until when, and what came of it |
| `GET pupils/<reference>/schools?order=&faith=&lat=&long=&full=` | the schools to choose from |
| `GET pupils/<reference>/schools?name=` | those that a part of a name tells of |
| `PUT pupils/<reference>/choice` | keeps the list |
| `POST pupils/<reference>/offer` | accepts or refuses the offered place |
| `GET school-news?since=` | what to tell whom |
| `GET designations`, `POST` the same, `POST designations/<id>/withdrawal` | schools that are failing |
| `GET rounds`, `POST rounds/<id>/places`, `POST rounds/<id>/waiting/<urn>/<year>` | giving out places |
| `POST school-files/<kind>?name=`, `POST school-files/<number>/bringing` | looks at a file; brings it in |

Whatever changes something carries an `Idempotency-Key`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, get_args

from aiohttp import web

from actions.education.service import (
    choices,
    designations,
    outcomes,
    school_files,
    school_measures,
    school_news,
    schools,
)
from actions.education.service.distance import Spot, to_grid
from actions.education.service.school_rules import CRITERIA, MOST_CHOSEN
from actions.education.service.tools import PUBLIC, tools
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Problem, answer, idempotency_key, once, read

SERVICE: Final = "education-schools"
PHASES: Final = frozenset({"nursery", "primary", "secondary", "all_through", "special", "other"})
LONGEST_NAME: Final = 100


def _reference(request: web.Request) -> str:
    return request.match_info["reference"][:20]


def _number(given: str) -> int:
    """A number of the path or the query.

    Raises:
        Problem: 404 `NOT_FOUND`, it is none.
    """
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise Problem(404, "NOT_FOUND", "There is no such number.")
    return int(given)


def _spot(request: web.Request) -> Spot | None:
    """The place in the query; None without one.

    Raises:
        Problem: 422 `INVALID`.
    """
    if "lat" not in request.query and "long" not in request.query:
        return None
    try:
        return to_grid(float(request.query["lat"]), float(request.query["long"]))
    except (LookupError, ValueError, OverflowError):
        raise Problem(422, "INVALID", "lat and long: degrees, in Great Britain.", field="lat") from None


def _phase(request: web.Request) -> str | None:
    phase = request.query.get("phase") or None
    if phase is not None and phase not in PHASES:
        raise Problem(422, "INVALID", f"phase: {', '.join(sorted(PHASES))}.", field="phase")
    return phase


async def _once(
    request: web.Request, asked: str, work: Callable[[Connection, datetime], Awaitable[Json]]
) -> web.Response:
    """The answer of work that is done once for the request's key."""
    given = tools(request)
    now = given.now
    _, done = await once(
        given.pool, SERVICE, idempotency_key(request), asked, now, lambda connection: work(connection, now)
    )
    return answer(done)


# --- for everybody --------------------------------------------------------------------------------


async def list_schools(request: web.Request) -> web.Response:
    """All schools, a page at a time, or the nearest to a place."""
    pool, near, phase = tools(request).pool, _spot(request), _phase(request)
    if near is not None and "year" in request.query:
        # As the parent of any child of that year would see them.
        child = schools.Child(min(_number(request.query["year"]), 13), None, near, None)
        wish = schools.Wish(near, *_wanted(request))
        return answer({"schools": await schools.for_child(pool, child, wish)})
    if near is not None:
        return answer({"schools": await schools.public_near(pool, near, phase)})
    after = request.query.get("after", "")[:LONGEST_NAME], request.query.get("urn", "")[:6]
    if "\0" in after[0] + after[1]:
        raise Problem(422, "INVALID", "after: a name.", field="after")
    return answer({"schools": await schools.public_list(pool, after, phase)})


async def get_school(request: web.Request) -> web.Response:
    """One school."""
    return answer(await schools.public_one(tools(request).pool, request.match_info["urn"]))


async def admissions(request: web.Request) -> web.Response:
    """The published rules, and the rounds."""
    rules: list[Json] = [{"number": number, "text": dict(text)} for number, text in CRITERIA]
    found = await school_measures.published(tools(request).pool)
    assert isinstance(found, dict)
    return answer({"criteria": rules, "most": MOST_CHOSEN, **found})


# --- for parents ----------------------------------------------------------------------------------


async def get_situation(request: web.Request) -> web.Response:
    """Where a parent stands."""
    given = tools(request)
    return answer(await choices.situation(given.pool, _reference(request), given.now))


async def find_schools(request: web.Request) -> web.Response:
    """The schools to choose from, or those with a name."""
    given = tools(request)
    _, child = await choices.child_of(given.pool, _reference(request), given.now)
    near = _spot(request) or child.home
    if name := request.query.get("name", "")[:LONGEST_NAME]:
        return answer({"schools": await schools.named(given.pool, child, name, near)})
    wish = schools.Wish(near, *_wanted(request), request.query.get("full") == "true")
    return answer({"schools": await schools.for_child(given.pool, child, wish)})


def _wanted(request: web.Request) -> tuple[schools.Order, str | None]:
    """The order of a list, and the faith.

    Raises:
        Problem: 422 `INVALID`, an order that is not known.
    """
    asked = request.query.get("order", "distance")
    for order in schools.ORDERS:
        if order == asked:
            return order, request.query.get("faith") or None
    raise Problem(422, "INVALID", f"order: {', '.join(schools.ORDERS)}.", field="order")


async def keep_choice(request: web.Request) -> web.Response:
    """Keeps a list."""
    wanted, pupil = await read(request, choices.NewList), _reference(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await choices.keep(connection, pupil, wanted, now)

    return await _once(request, f"choice {pupil} {wanted}", work)


async def answer_offer(request: web.Request) -> web.Response:
    """Accepts or refuses."""
    said, pupil = await read(request, outcomes.Answered), _reference(request)

    async def work(connection: Connection, now: datetime) -> Json:
        return await outcomes.answer(connection, pupil, said, now)

    return await _once(request, f"offer {pupil} {said}", work)


async def news(request: web.Request) -> web.Response:
    """What to tell whom, after the notice that was seen last."""
    given = tools(request)
    found = await school_news.since(given.pool, _number(request.query.get("since", "0")), given.now)
    return answer({"news": found})


# --- for officers ---------------------------------------------------------------------------------


async def get_designations(request: web.Request) -> web.Response:
    """The designations, and what the register says."""
    return answer(await designations.overview(tools(request).pool))


async def designate(request: web.Request) -> web.Response:
    """Designates schools."""
    wanted = await read(request, designations.NewDesignations)

    async def work(connection: Connection, now: datetime) -> Json:
        return await designations.designate(connection, wanted, now)

    return await _once(request, f"designate {wanted}", work)


async def withdraw(request: web.Request) -> web.Response:
    """Takes a designation back."""
    number = _number(request.match_info["id"])

    async def work(connection: Connection, now: datetime) -> Json:
        return await designations.withdraw(connection, number, now)

    return await _once(request, f"withdraw {number}", work)


async def get_rounds(request: web.Request) -> web.Response:
    """The rounds with their figures."""
    return answer(await school_measures.overview(tools(request).pool))


async def give_out(request: web.Request) -> web.Response:
    """Gives out places, or tells what would come out."""
    wanted, number, given = (
        await read(request, outcomes.Giving),
        _number(request.match_info["id"]),
        tools(request),
    )
    if wanted.dry_run:
        async with given.pool.acquire() as connection, connection.transaction():
            return answer(await outcomes.give_out(connection, number, wanted, given.now))

    async def work(connection: Connection, now: datetime) -> Json:
        return await outcomes.give_out(connection, number, wanted, now)

    return await _once(request, f"give {number} {wanted}", work)


async def offer_next(request: web.Request) -> web.Response:
    """Offers a free place to the next."""
    number, urn = _number(request.match_info["id"]), request.match_info["urn"]
    year = _number(request.match_info["year"])

    async def work(connection: Connection, now: datetime) -> Json:
        return await outcomes.offer_next(connection, number, urn, year, now)

    return await _once(request, f"next {number} {urn} {year}", work)


async def look_at_file(request: web.Request) -> web.Response:
    """Looks at a file."""
    given, kind = tools(request), request.match_info["kind"]
    content = bytearray()
    async for chunk in request.content.iter_chunked(2**16):  # a file may be larger than other bodies
        content += chunk
        if len(content) > school_files.MOST_BYTES:
            raise Problem(413, "TOO_LARGE", "The file is too large.")
    name = "".join(each for each in request.query.get("name", "")[:LONGEST_NAME] if each.isprintable())
    for known in get_args(school_files.Kind.__value__):
        if known == kind:
            return answer(
                await school_files.look_at(given.pool, known, name or "The file", bytes(content), given.now)
            )
    raise Problem(404, "NOT_FOUND", "There is no such kind of file.")


async def bring_in(request: web.Request) -> web.Response:
    """Brings a file in; a repeat finds it gone, and what it did done."""
    given = tools(request)
    number = _number(request.match_info["number"])
    return answer(await school_files.bring_in(given.pool, number, given.now))


school_routes: Final[list[web.RouteDef]] = [
    web.get("/schools", list_schools, name=f"{PUBLIC}-schools"),
    web.get("/schools/{urn:[1-9][0-9]{5}}", get_school, name=f"{PUBLIC}-school"),
    web.get("/admissions", admissions, name=f"{PUBLIC}-admissions"),
    web.get("/pupils/{reference}/school", get_situation),
    web.get("/pupils/{reference}/schools", find_schools),
    web.put("/pupils/{reference}/choice", keep_choice),
    web.post("/pupils/{reference}/offer", answer_offer),
    web.get("/school-news", news),
    web.get("/designations", get_designations),
    web.post("/designations", designate),
    web.post("/designations/{id}/withdrawal", withdraw),
    web.get("/rounds", get_rounds),
    web.post("/rounds/{id}/places", give_out),
    web.post("/rounds/{id}/waiting/{urn:[1-9][0-9]{5}}/{year:[0-9]{1,2}}", offer_next),
    web.post("/school-files/{kind:[a-z]+}", look_at_file),
    web.post("/school-files/{number:[0-9]+}/bringing", bring_in),
]
