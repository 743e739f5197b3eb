"""Who gets which place: stable, never too many, the best for children, the same in any order; and why not."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.education.service.allocation import Applicant, Result, Right, allocate
from actions.education.service.school_rules import DISTANCE, IN_CARE, SIBLING, lottery, seed_digest

YEAR = 4
SCHOOLS = ("900001", "900002", "900003", "900004")

type Places = Mapping[tuple[str, int], int]


def child(pupil: str, *schools: str, metres: int = 500, rule: int = DISTANCE, draw: str = "") -> Applicant:
    """A child with the same right to every school on the list."""
    return Applicant(pupil, YEAR, schools, dict.fromkeys(schools, (rule, metres, draw or pupil)))


def places(**free: int) -> dict[tuple[str, int], int]:
    return {(SCHOOLS["abcd".index(name)], YEAR): count for name, count in free.items()}


A, B, C, D = SCHOOLS


@pytest.mark.parametrize(
    ("children", "free", "expected"),
    [
        pytest.param([child("1", A, B)], places(a=1, b=1), {"1": (A, 1, [])}, id="the first with a place"),
        pytest.param([child("1", A, B)], places(b=1), {"1": (B, 2, ["full"])}, id="no place at the first"),
        pytest.param([child("1", A)], places(), {"1": (None, None, ["full"])}, id="no place at all"),
        pytest.param(
            [child("1", A, metres=100), child("2", A, B, metres=200)], places(a=1, b=1),
            {"1": (A, 1, []), "2": (B, 2, ["nearer"])}, id="somebody lives nearer",
        ),
        pytest.param(
            [child("1", A, metres=900, rule=IN_CARE), child("2", A, metres=100)], places(a=1),
            {"1": (A, 1, []), "2": (None, None, ["rule"])}, id="in care goes before near",
        ),
        pytest.param(
            [child("1", A, metres=900, rule=SIBLING), child("2", A, metres=100)], places(a=1),
            {"1": (A, 1, []), "2": (None, None, ["rule"])}, id="a sibling goes before near",
        ),
        pytest.param(
            [child("1", A, metres=900, rule=SIBLING), child("2", A, metres=100, rule=SIBLING)], places(a=1),
            {"2": (A, 1, []), "1": (None, None, ["nearer"])}, id="of two siblings the nearer",
        ),
        pytest.param(
            [child("1", A, draw="b"), child("2", A, draw="a")], places(a=1),
            {"2": (A, 1, []), "1": (None, None, ["lottery"])}, id="as near, by the draw",
        ),
        pytest.param(
            # Where on a list it stands is nothing to a school: the third choice of who is nearer.
            [child("1", A, metres=300), child("2", B, C, A, metres=100)], places(a=1),
            {"2": (A, 3, ["full", "full"]), "1": (None, None, ["nearer"])}, id="equal preference",
        ),
        pytest.param(
            [child("1", A, B, metres=100), child("2", B, A, metres=900)], places(a=1, b=1),
            {"1": (A, 1, []), "2": (B, 1, [])}, id="nobody is in another's way",
        ),
    ],
)  # fmt: skip
def test_who_gets_what_and_what_it_turned_on(
    children: list[Applicant], free: Places, expected: Mapping[str, tuple[str | None, int | None, list[str]]]
) -> None:
    found = allocate(children, free)
    assert {
        pupil: (each.school, each.rank, [why for _, why in each.turned_on]) for pupil, each in found.items()
    } == expected


def test_a_school_that_is_not_for_the_child_is_passed() -> None:
    applicant = Applicant("1", YEAR, (A, B), {B: (DISTANCE, 10, "1")})
    assert allocate([applicant], places(a=5, b=1)) == {"1": Result(B, 2, ((A, "unsuitable"),))}


def test_each_year_group_has_places_of_its_own() -> None:
    older = replace(child("2", A, metres=1), year_group=YEAR + 1)
    found = allocate([child("1", A), older], {(A, YEAR): 1, (A, YEAR + 1): 0})
    assert (found["1"].school, found["2"].school) == (A, None)


@st.composite
def rounds(draw: st.DrawFn, most: int = 14) -> tuple[list[Applicant], Places]:
    """A round of any kind: lists of one to four schools, all rules, few metres so that many are equal."""
    seed = draw(st.text("abc", min_size=1, max_size=3))
    children = []
    for number in range(draw(st.integers(1, most))):
        schools = draw(st.permutations(SCHOOLS))[: draw(st.integers(1, 4))]
        rights: dict[str, Right] = {
            urn: (draw(st.integers(1, 3)), draw(st.integers(0, 3)), lottery(seed, str(number)))
            for urn in schools
            if draw(st.booleans()) or draw(st.booleans())
        }
        children.append(Applicant(str(number), draw(st.integers(3, 4)), schools, rights))
    free = {(urn, year): draw(st.integers(0, 3)) for urn in SCHOOLS for year in (3, 4)}
    return children, free


def blocking(children: Sequence[Applicant], free: Places, holds: Mapping[str, str | None]) -> list[object]:
    """Children and schools that would rather have each other than what they have."""
    found: list[object] = []
    for one in children:
        mine = holds[one.pupil]
        better = one.schools if mine is None else one.schools[: list(one.schools).index(mine)]
        for urn in better:
            right = one.rights.get(urn)
            if right is None:
                continue
            taken = [
                other.rights[urn]
                for other in children
                if holds[other.pupil] == urn and other.year_group == one.year_group
            ]
            if len(taken) < free.get((urn, one.year_group), 0) or any(right < each for each in taken):
                found.append((one.pupil, urn))
    return found


@given(rounds())
@settings(deadline=None, max_examples=150)
def test_it_is_stable_and_never_gives_more_places_than_there_are(
    given_: tuple[list[Applicant], Places],
) -> None:
    children, free = given_
    found = allocate(children, free)
    holds = {pupil: each.school for pupil, each in found.items()}
    for urn, year in free:
        given_out = sum(holds[each.pupil] == urn and each.year_group == year for each in children)
        assert given_out <= free[urn, year]
    for each in children:
        assert holds[each.pupil] is None or holds[each.pupil] in each.rights
        # What it turned on is told for every school that was wanted more, and for no other.
        rank = found[each.pupil].rank
        before = each.schools if rank is None else each.schools[: rank - 1]
        assert [urn for urn, _ in found[each.pupil].turned_on] == list(before)
    assert blocking(children, free, holds) == []


@given(rounds(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=80)
def test_the_order_in_which_children_are_looked_at_is_nothing_to_it(
    given_: tuple[list[Applicant], Places], shuffle: random.Random
) -> None:
    children, free = given_
    mixed = list(children)
    shuffle.shuffle(mixed)
    assert allocate(mixed, free) == allocate(children, free)


@given(rounds(most=4))
@settings(deadline=None, max_examples=60)
def test_of_all_stable_outcomes_it_is_the_best_for_every_child(
    given_: tuple[list[Applicant], Places],
) -> None:
    children, free = given_
    found = allocate(children, free)

    def wants(each: Applicant, school: str | None) -> int:
        return len(each.schools) if school is None else list(each.schools).index(school)

    choices = [[None, *(urn for urn in each.schools if urn in each.rights)] for each in children]
    for schools in itertools.product(*choices):
        holds = {each.pupil: urn for each, urn in zip(children, schools, strict=True)}
        many = any(
            sum(holds[each.pupil] == urn and each.year_group == year for each in children) > count
            for (urn, year), count in free.items()
        )
        if many or blocking(children, free, holds):
            continue
        for each in children:
            assert wants(each, found[each.pupil].school) <= wants(each, holds[each.pupil])


@given(rounds())
@settings(deadline=None, max_examples=60)
def test_naming_first_what_one_wants_most_costs_nothing(given_: tuple[list[Applicant], Places]) -> None:
    """A child who leaves away the schools that come before the one they get does not do better by it."""
    children, free = given_
    found = allocate(children, free)
    first = children[0]
    got = found[first.pupil].school
    for left_out in range(len(first.schools)):
        shorter = replace(first, schools=first.schools[left_out:])
        other = allocate([shorter, *children[1:]], free)[first.pupil].school
        if got is None:
            assert other is None
        elif other is not None:
            assert list(first.schools).index(got) <= list(first.schools).index(other)


def test_thousands_at_once() -> None:
    rng = random.Random(5)
    urns = [f"9{number:05}" for number in range(60)]
    children = [
        Applicant(
            f"{number:09}", YEAR, chosen := tuple(rng.sample(urns, 5)),
            {urn: (DISTANCE, rng.randint(1, 5_000), lottery("x", str(number))) for urn in chosen},
        )
        for number in range(4_000)
    ]  # fmt: skip
    found = allocate(children, {(urn, YEAR): 50 for urn in urns})
    assert sum(each.school is not None for each in found.values()) == 60 * 50


def test_anybody_can_check_the_draw() -> None:
    assert seed_digest("word") == "98c1eb4ee93476743763878fcb96a25fbc9a175074d64004779ecb5242f645e6"
    assert lottery("word", "310000001") == lottery("word", "310000001")
    assert lottery("word", "310000001") != lottery("word", "310000002") != lottery("other", "310000002")
