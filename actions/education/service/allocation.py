"""Who gets which place: each child the highest school on their list that nobody with more right to it wants.

This is deferred acceptance (Gale and Shapley, 1962) with children proposing, which English admissions call
"equal preference": where a school stands on a list makes no difference to the school, so that a parent loses
nothing by putting first what they want most. What comes out is stable (no child is refused by a school that
took one with less right), the best such outcome for every child at once, and the same in whatever order the
children are looked at.
"""

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

type Why = Literal["full", "rule", "nearer", "lottery", "unsuitable"]
"""What a refusal turned on: there was no place; all went to children who come first by an earlier rule; the
last to one who lives nearer; to one who lives as far, by the lottery; or the school is not for the child."""

type Right = tuple[int, int, str]
"""A child's right to a school, the smallest first: the rule, the metres, the lottery's number."""


@dataclass(frozen=True)
class Applicant:
    """A child whose parent sent a list.

    Args:
        pupil: the reference.
        year_group: of the places.
        schools: URNs, the most wanted first.
        rights: to each of them; one that is missing can't take the child.
    """

    pupil: str
    year_group: int
    schools: Sequence[str]
    rights: Mapping[str, Right]


@dataclass(frozen=True)
class Result:
    """What came out for a child.

    Args:
        school: the URN of the offer; None for none.
        rank: where it stood on the list, from 1.
        turned_on: for each school that came before it, or for all: its URN and what the refusal turned on.
    """

    school: str | None = None
    rank: int | None = None
    turned_on: Sequence[tuple[str, Why]] = ()


@dataclass
class _Class:
    """The places of a year at a school, and who has them so far, those with the most right first."""

    places: int
    taken: list[tuple[Right, str]] = field(default_factory=list)

    def ask(self, right: Right, pupil: str) -> str | None:
        """A child asks for a place; gives who is left without one by that, perhaps the child."""
        insort(self.taken, (right, pupil))
        return self.taken.pop()[1] if len(self.taken) > self.places else None


def allocate(applicants: Sequence[Applicant], places: Mapping[tuple[str, int], int]) -> dict[str, Result]:
    """Gives out the places.

    Args:
        applicants: each pupil once; in any order.
        places: free ones by URN and year group; none where a school is missing.
    """
    by_pupil = {each.pupil: each for each in applicants}
    classes: dict[tuple[str, int], _Class] = {}
    asked = dict.fromkeys(by_pupil, 0)
    waiting = sorted(by_pupil)
    while waiting:
        pupil = waiting.pop()
        child = by_pupil[pupil]
        if asked[pupil] >= len(child.schools):
            continue
        school = child.schools[asked[pupil]]
        asked[pupil] += 1
        left = pupil
        if (right := child.rights.get(school)) is not None:
            key = school, child.year_group
            found = classes.setdefault(key, _Class(places.get(key, 0)))
            left = found.ask(right, pupil) or ""
        if left:
            waiting.append(left)
    holds = {pupil: school for (school, _), found in classes.items() for _, pupil in found.taken}
    return {pupil: _result(each, holds.get(pupil), classes) for pupil, each in by_pupil.items()}


def _result(child: Applicant, school: str | None, classes: Mapping[tuple[str, int], _Class]) -> Result:
    rank = None if school is None else list(child.schools).index(school) + 1
    before = child.schools if rank is None else child.schools[: rank - 1]
    return Result(school, rank, tuple((each, _why(child, each, classes)) for each in before))


def _why(child: Applicant, school: str, classes: Mapping[tuple[str, int], _Class]) -> Why:
    """What a refusal turned on; of the child with the last place nothing is told but why they came first."""
    mine = child.rights.get(school)
    if mine is None:
        return "unsuitable"
    found: Final = classes[school, child.year_group]
    if not found.taken:
        return "full"
    last, _ = found.taken[-1]
    if last[0] < mine[0]:
        return "rule"
    # Who comes first by the same rule is told by the distance, whatever the rule is.
    return "nearer" if last[1] < mine[1] else "lottery"
