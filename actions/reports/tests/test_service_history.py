"""Updates: one history whatever order they come in, duplicates with their supporters, and nothing twice."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.reports.service.states import STATUS, deciding, read_state
from actions.reports.service.words import names
from actions.reports.service.writing import moment
from actions.reports.tests.conftest import KEY, LEEDS, Api
from tests.departments import Clock

type Pool = asyncpg.Pool[asyncpg.Record]

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("OPEN", "open"), ("Closed", "closed"), ("in progress", "in_progress"),
        ("IN_PROGRESS", "in_progress"),
        ("no-further-action", "no_further_action"), (" fixed ", "fixed"), ("mended", None), ("", None),
    ],
)  # fmt: skip
def test_states_as_systems_write_them(text: str, state: str | None) -> None:
    assert read_state(text) == state


def test_every_state_has_its_sentence() -> None:
    assert names("state") == set(STATUS)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ([], "open"),
        (["investigating", None], "investigating"),
        (["investigating", "open"], "investigating"),  # a comment of a system that knows two states
        (["fixed", "closed"], "fixed"),
        (["fixed", "open"], "open"),  # reopened
        (["fixed", "open", "closed"], "closed"),
        (["duplicate", "investigating"], "investigating"),
        (["open", None, "open"], "open"),
    ],
)
def test_the_state_that_a_history_makes(told: list[str | None], state: str) -> None:
    at, _ = deciding(told)
    assert ("open" if at is None else told[at]) == state


@given(st.lists(st.sampled_from([*STATUS, None])))
def test_a_history_ends_in_the_last_status_that_was_told(told: list[str | None]) -> None:
    at, closed = deciding(told)
    last = next((each for each in reversed(told) if each is not None), "open")
    assert STATUS["open" if at is None else str(told[at])] == STATUS[last]
    assert (closed is None) == (STATUS[last] == "open")
    assert closed is None or (at is not None and closed <= at)


STATES = ("investigating", "OPEN", "fixed", "CLOSED")


async def test_any_order_of_updates_makes_one_history(xml: Api, clock: Clock, pool: Pool) -> None:
    orders = list(itertools.permutations(range(4)))
    references = [await xml.report(description=str(order)) for order in orders]
    clock.forward(days=5)
    for reference, order in zip(references, orders, strict=True):
        for at in order:
            posted = await xml.update(
                reference, STATES[at], description=f"update {at}",
                updated_datetime=moment(START + timedelta(days=1 + at)),
            )  # fmt: skip
            assert posted.status == 200
    found = [await xml.problem(reference) for reference in references]
    assert {(each["state"], each["status_notes"]) for each in found} == {("fixed", "update 2")}
    histories = []
    for reference in references:
        told = (await xml.get("servicerequestupdates", service_request_id=reference)).content
        histories.append([(each["updated_datetime"], each["status"], each["description"]) for each in told])
    assert all(each == histories[0] for each in histories)
    assert [when for when, _, _ in histories[0]] == sorted(when for when, _, _ in histories[0])
    closed = {row["closed_at"] for row in await pool.fetch("SELECT closed_at FROM problem")}
    assert len(closed) == 1


@pytest.mark.parametrize(
    ("fields", "status", "reasons"),
    [
        ({}, 400, ["problem_missing", "update_empty"]),
        ({"service_request_id": "999"}, 400, ["update_empty"]),
        ({"service_request_id": "999", "status": "fixed"}, 404, ["problem_unknown"]),
        ({"service_request_id": "abc", "status": "fixed"}, 404, ["problem_unknown"]),
        ({"service_request_id": "1", "status": "mended"}, 400, ["state_unknown"]),
        ({"service_request_id": "1", "description": "x" * 4001}, 400, ["description_long"]),
        ({"service_request_id": "1", "status": "fixed", "media_url": "a.jpg"}, 400, ["media_url"]),
        ({"service_request_id": "1", "status": "fixed", "updated_datetime": "now"}, 400, ["datetime"]),
        ({"service_request_id": "1", "status": "duplicate", "duplicate_of": "x"}, 400, ["duplicate_unknown"]),
        ({"service_request_id": "1", "status": "fixed", "duplicate_of": "2"}, 400, ["duplicate_unknown"]),
    ],
)
@pytest.mark.parametrize("wanted", ["xml", "json"])
async def test_an_update_that_is_refused(
    shared: tuple[Pool, str], wanted: str, fields: dict[str, str], status: int, reasons: list[str]
) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await Api(shared[1], session, wanted).post("servicerequestupdates", fields)
    assert (answer.status, answer.reasons) == (status, reasons)


@pytest.mark.parametrize(
    ("told", "counts_as"),
    [
        ("2026-03-02T11:00:00Z", "2026-03-02T11:00:00Z"),
        ("2026-03-02T12:00:00+01:00", "2026-03-02T11:00:00Z"),
        ("2026-03-02T12:04:00Z", "2026-03-02T12:00:00Z"),  # a clock a little ahead
        ("2026-03-02T09:59:00Z", "2026-03-02T10:00:00Z"),  # a clock behind: not before its report
        ("", "2026-03-02T12:00:00Z"),
        ("2026-03-02T12:06:00Z", None),
    ],
)
async def test_the_time_of_an_update(xml: Api, clock: Clock, told: str, counts_as: str | None) -> None:
    reference = await xml.report()
    clock.forward(hours=2)
    posted = await xml.update(reference, "fixed", updated_datetime=told)
    if counts_as is None:
        assert posted.reasons == ["update_future"]
        return
    [found] = (await xml.get("servicerequestupdates")).content
    assert found["updated_datetime"] == counts_as
    assert (await xml.problem(reference))["updated_datetime"] == "2026-03-02T12:00:00Z"


async def test_an_update_without_words_says_its_state_in_both_languages(xml: Api) -> None:
    reference = await xml.report()
    await xml.update(reference, "fixed")
    notes = [
        (await xml.get(f"requests/{reference}", locale=language)).content[0]["status_notes"]
        for language in ("en", "cy")
    ]
    assert notes == ["It is fixed.", "Mae wedi'i drwsio."]


async def test_an_update_id_counts_for_its_sender_only(xml: Api, pool: Pool) -> None:
    from actions.reports.service import new_key

    other = await new_key(pool, "fixmystreet", "team")
    reference = await xml.report()
    fields = {"service_request_id": reference, "status": "fixed", "update_id": "1"}
    answers = [
        (await xml.post("servicerequestupdates", fields, api_key=key)).status
        for key in (KEY, other, KEY, other)
    ]
    assert answers == [200, 200, 400, 400]


async def test_the_same_update_many_times_at_once_is_stored_once(xml: Api, pool: Pool) -> None:
    reference = await xml.report()
    answers = await asyncio.gather(
        *(xml.update(reference, "fixed", update_id="7", description=str(n)) for n in range(8))
    )
    assert sorted(answer.status for answer in answers) == [200, *[400] * 7]
    assert await pool.fetchval("SELECT count(*) FROM problem_update") == 1


async def merge(api: Api, reference: str, original: str) -> None:
    answer = await api.update(reference, "duplicate", duplicate_of=original)
    assert answer.status == 200, answer.raw


async def test_supporters_of_a_duplicate_are_carried_to_the_first(api: Api) -> None:
    first = await api.report(account_id="maya")
    second = await api.report(account_id="tom")
    third = await api.report()  # by somebody without a name
    for reference, account in ((second, "ann"), (second, "maya"), (third, "tom")):
        await api.post(f"requests/{reference}/support", {"account_id": account})
    await merge(api, second, first)
    assert (await api.problem(first))["supporters"] == "3"
    await merge(api, third, first)
    assert (await api.problem(first))["supporters"] == "4"
    found = await api.problem(second)
    assert (found["state"], found["status"], found["duplicate_of"]) == ("duplicate", "closed", first)


async def test_what_repeats_a_duplicate_repeats_the_first(xml: Api) -> None:
    a, b, c, d = [await xml.report(account_id=f"citizen {n}") for n in range(4)]
    await merge(xml, d, c)
    await merge(xml, c, b)
    await merge(xml, b, a)
    assert [(await xml.problem(each))["duplicate_of"] for each in (b, c, d)] == [a, a, a]
    assert (await xml.problem(a))["supporters"] == "4"
    # A comment on one of them brings nothing back.
    await xml.update(d, description="Still there")
    assert (await xml.problem(d))["duplicate_of"] == a
    assert (await xml.problem(a))["supporters"] == "4"
    # Whoever follows one of them follows the first, and leaves all.
    [followed] = (await xml.post(f"requests/{d}/support", {"account_id": "new"})).content
    assert followed == {"service_request_id": a, "supporters": "5"}
    [left] = (await xml.post(f"requests/{d}/unsupport", {"account_id": "new"})).content
    assert left["supporters"] == "4"


async def test_a_duplicate_that_is_none_after_all(xml: Api, clock: Clock) -> None:
    first, second = await xml.report(), await xml.report()
    for _ in range(2):
        clock.forward(hours=1)
        await merge(xml, second, first)
        clock.forward(hours=1)
        await xml.update(second, "investigating")
    found = await xml.problem(second)
    assert (found["state"], found["duplicate_of"]) == ("investigating", None)
    assert (await xml.problem(first))["supporters"] == "2"  # and not three


@pytest.mark.parametrize("which", ["itself", "its own duplicate", "none"])
async def test_a_duplicate_of_what_it_can_not_be(xml: Api, which: str) -> None:
    first, second = await xml.report(), await xml.report()
    await merge(xml, second, first)
    of = {"itself": first, "its own duplicate": second, "none": "999"}[which]
    answer = await xml.update(first, "duplicate", duplicate_of=of)
    assert answer.status == 400
    assert answer.reasons == ["duplicate_unknown" if which == "none" else "duplicate_itself"]
    assert (await xml.problem(first))["state"] == "open"


async def test_merging_every_way_at_once_leaves_one_first_and_loses_nobody(xml: Api, pool: Pool) -> None:
    references = [await xml.report(account_id=f"citizen {n}") for n in range(6)]
    pairs = [(a, b) for a in references for b in references if a != b]
    calls = [xml.update(a, "duplicate", duplicate_of=b) for a, b in pairs]
    calls += [xml.post(f"requests/{a}/support", {"account_id": "new"}) for a in references]
    answers = await asyncio.gather(*calls)
    assert {answer.status for answer in answers} <= {200, 400}
    rows = await pool.fetch("SELECT id, duplicate_of, supporters FROM problem")
    [first] = [row["id"] for row in rows if row["duplicate_of"] is None]
    assert {row["duplicate_of"] for row in rows} == {None, first}
    there = await pool.fetch("SELECT account_id FROM problem_supporter WHERE problem_id = $1", first)
    assert {row["account_id"] for row in there} == {"new", *(f"citizen {n}" for n in range(6))}
    assert next(row["supporters"] for row in rows if row["id"] == first) == 7


async def test_a_problem_of_another_team_is_passed_on_and_says_so(api: Api, clock: Clock) -> None:
    reference = await api.report()
    clock.forward(days=1)
    posted = await api.update(reference, service_code="flytipping")
    assert posted.status == 200
    notice = "This goes to Leeds City Council (Street cleaning), as the place is in their area."
    found = await api.problem(reference)
    assert (found["service_code"], found["state"], found["service_notice"]) == ("flytipping", "open", notice)
    assert found["expected_datetime"] == "2026-03-06T10:00:00Z"
    [told] = (await api.get("servicerequestupdates")).content
    assert told["description"] == f"We have passed this on. {notice}"
    [welsh] = (await api.get("servicerequestupdates", locale="cy")).content
    assert welsh["description"].startswith("Rydym wedi pasio hwn ymlaen. Cyngor Dinas Leeds")


async def test_passed_on_twice_the_later_time_counts(xml: Api, clock: Clock) -> None:
    reference = await xml.report()
    clock.forward(days=5)
    for code, day in (("missed_bin", 3), ("flytipping", 2)):
        when = moment(START + timedelta(days=day))
        await xml.update(reference, "investigating", service_code=code, updated_datetime=when)
    assert (await xml.problem(reference))["service_code"] == "missed_bin"
    assert (await xml.get(f"requests/{reference}")).status == 404  # at somebody's home: private from now on
    assert (await xml.update(reference, service_code="street_light")).status == 200
    assert (await xml.get(f"requests/{reference}")).status == 404
    unknown = await xml.update(reference, service_code="unicorn")
    assert (unknown.status, unknown.reasons) == (400, ["service_unknown"])


async def test_the_same_key_gives_the_same_answer(api: Api, pool: Pool) -> None:
    fields = {"service_code": "street_light", **LEEDS, "description": "Dark", "account_id": "maya"}
    answers = await asyncio.gather(*(api.post("requests", fields, key="k1") for _ in range(5)))
    assert {answer.raw for answer in answers} == {answers[0].raw}
    assert {answer.status for answer in answers} == {200}
    assert await pool.fetchval("SELECT count(*) FROM problem") == 1
    [made] = answers[0].content
    other = await api.post("requests", {**fields, "description": "Darker"}, key="k1")
    assert (other.status, other.reasons) == (409, ["key_reused"])
    assert (await api.post("requests", fields, key="k2")).content[0] != made
    reference = made["service_request_id"]
    for path, sent in (
        (f"requests/{reference}/support", {"account_id": "tom"}),
        ("servicerequestupdates", {"service_request_id": reference, "status": "fixed", "update_id": "1"}),
    ):
        first, again = [await api.post(path, sent, key=path) for _ in range(2)]
        assert (again.status, again.raw) == (200, first.raw)
    bad = await api.post("requests", fields, key="a b")
    assert (bad.status, bad.reasons) == (400, ["key_form"])


async def test_a_refused_call_leaves_its_key_free(xml: Api) -> None:
    sent = {"service_request_id": "100001", "status": "fixed"}
    assert (await xml.post("servicerequestupdates", sent, key="k")).status == 404
    assert await xml.report() == "100001"
    assert (await xml.post("servicerequestupdates", sent, key="k")).status == 200


async def test_keys_of_two_senders_are_two_keys(xml: Api, pool: Pool) -> None:
    from actions.reports.service import new_key

    fields = {"service_code": "street_light", **LEEDS}
    keys = [await new_key(pool, name) for name in ("one", "two")]
    made = [
        (await xml.post("requests", fields, key="k", api_key=key)).content[0]["service_request_id"]
        for key in keys
    ]
    assert made[0] != made[1]
