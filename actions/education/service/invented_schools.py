"""Pupils of two failing schools in the demonstration, all invented; the schools are in two files beside it.

At Stonebeck Primary School parents can choose another now; for Holmefield Academy the places were given out
three days ago. `invented_register.csv` has the columns and the encoding of England's register.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actions.education.service.invented import DemoParty, DemoPupil
from actions.education.service.schools import Sex

HERE: Final = Path(__file__).parent
REGISTER: Final = HERE / "invented_register.csv"
FIGURES: Final = HERE / "invented_figures.csv"

OPEN_SCHOOL: Final = "900006"
GIVEN_SCHOOL: Final = "900007"

_OPEN: Final = "A parent at Stonebeck Primary, who may choose another school."
_OPEN_CY: Final = "Rhiant yn Stonebeck Primary, sy'n cael dewis ysgol arall."


def _pupil(
    number: int,
    name: str,
    born: int,
    school: str,
    postcode: str,
    parent: DemoParty,
    stories: tuple[str, str],
    disadvantage: str | None = None,
) -> DemoPupil:
    """A pupil who has no telephone and whose school has its own letter."""
    return DemoPupil(
        f"3100000{number:02}", name, born, school, postcode, disadvantage, parent,
        DemoParty(f"PEBBLE {4100 + number}"), DemoParty(f"LADDER {7200 + number}"), *stories,
    )  # fmt: skip


SCHOOL_PUPILS: Final = (
    _pupil(1, "Osian", 2019, OPEN_SCHOOL, "LS14 3CM", DemoParty("BADGER 1234", "+447700900340"),
           ("Two children at a failing primary school, one telephone: choose another for each.",
            "Dau blentyn mewn ysgol gynradd sy'n methu, un ffôn: dewis un arall i bob un.")),
    _pupil(2, "Seren", 2017, OPEN_SCHOOL, "LS14 3CM", DemoParty("BADGER 5678", "+447700900340"),
           ("Osian's sister.", "Chwaer Osian.")),
    _pupil(3, "Tia", 2018, OPEN_SCHOOL, "LS14 6MV", DemoParty("FALCON 2045", "+447700900341"),
           (_OPEN, _OPEN_CY), "free_meals"),
    _pupil(4, "Mali", 2017, OPEN_SCHOOL, "LS14 1CK", DemoParty("DRAGON 3391", "+447700900342", "cy"),
           ("A Welsh-speaking family at a failing school.",
            "Teulu sy'n siarad Cymraeg mewn ysgol sy'n methu."),
           "free_meals"),
    _pupil(5, "Leon", 2018, OPEN_SCHOOL, "LS14 6VO", DemoParty("WILLOW 8812", "+447700900343"),
           ("In foster care: he comes first at whatever school is chosen.",
            "Mewn gofal maeth: ef sy'n dod gyntaf ym mha ysgol bynnag a ddewisir."), "in_care"),
    _pupil(6, "Ruby", 2020, OPEN_SCHOOL, "LS14 2KM", DemoParty("THRUSH 4476", "+447700900344"),
           ("Has an education, health and care plan, which is changed at its review.",
            "Mae ganddi gynllun addysg, iechyd a gofal, sy'n cael ei newid yn ei adolygiad.")),
    _pupil(7, "Aaliyah", 2014, GIVEN_SCHOOL, "BD4 9CM", DemoParty("MARTEN 1508", "+447700900345"),
           ("Offered the first school on the list.", "Cynigiwyd yr ysgol gyntaf ar y rhestr."), "free_meals"),
    _pupil(8, "Kai", 2014, GIVEN_SCHOOL, "BD4 0KV", DemoParty("PUFFIN 6623", "+447700900346"),
           ("Offered the second school: the first went to somebody nearer.",
            "Cynigiwyd yr ail ysgol: aeth y gyntaf i rywun agosach."), "free_meals"),
    _pupil(9, "Iestyn", 2014, GIVEN_SCHOOL, "BD4 6OM", DemoParty("SALMON 9034", "+447700900347", "cy"),
           ("No school on the list had a place left.", "Doedd gan yr un ysgol ar y rhestr le ar ôl."),
           "free_meals"),
    _pupil(10, "Hamza", 2014, GIVEN_SCHOOL, "BD4 8VC", DemoParty("CONDOR 7719", "+447700900348"),
           ("Accepted a place at his sister's school.", "Derbyniwyd lle yn ysgol ei chwaer.")),
    _pupil(11, "Poppy", 2013, GIVEN_SCHOOL, "BD4 9IK", DemoParty("BEAVER 2280"),
           ("Offered a place; the department has no number for her parent, who writes on the web.",
            "Cynigiwyd lle; does gan yr adran ddim rhif i'w rhiant, sy'n ysgrifennu ar y we."), "free_meals"),
    _pupil(12, "Ellis", 2015, GIVEN_SCHOOL, "BD4 6CV", DemoParty("JACKAL 5147", "+447700900349"),
           ("Sent no list before the deadline.", "Heb anfon rhestr cyn y dyddiad cau.")),
)  # fmt: skip


@dataclass(frozen=True)
class DemoRoll:
    """What the rolls know of a pupil: year group, sex, home in degrees, plan, and schools of siblings."""

    year_group: int
    sex: Sex
    home: tuple[float, float]
    plan: bool = False
    siblings: tuple[str, ...] = ()


ROLLS: Final[Mapping[str, DemoRoll]] = {
    "310000001": DemoRoll(3, "M", (53.8235, -1.4632)),
    "310000002": DemoRoll(5, "F", (53.8235, -1.4632)),
    "310000003": DemoRoll(4, "F", (53.8188, -1.4541), siblings=("900009",)),
    "310000004": DemoRoll(5, "F", (53.8262, -1.4518)),
    "310000005": DemoRoll(4, "M", (53.8151, -1.4604)),
    "310000006": DemoRoll(2, "F", (53.8219, -1.4671), plan=True),
    "310000007": DemoRoll(8, "F", (53.7742, -1.7081)),
    "310000008": DemoRoll(8, "M", (53.7789, -1.7203)),
    "310000009": DemoRoll(8, "M", (53.7812, -1.7268)),
    "310000010": DemoRoll(8, "M", (53.7768, -1.7149), siblings=("900016",)),
    "310000011": DemoRoll(9, "F", (53.7755, -1.7172)),
    "310000012": DemoRoll(7, "M", (53.7731, -1.7120)),
    # The pupils of the education credit, in schools that nobody says are failing.
    "300000001": DemoRoll(6, "F", (53.8262, -1.5043)),
    "300000002": DemoRoll(9, "M", (53.8181, -1.5352)),
    "300000003": DemoRoll(7, "M", (53.7991, -1.7269)),
    "300000004": DemoRoll(7, "F", (53.8557, -1.5301)),
    "300000005": DemoRoll(5, "F", (53.8199, -1.5688)),
    "300000006": DemoRoll(8, "M", (53.8199, -1.5688)),
    "300000007": DemoRoll(10, "F", (53.8012, -1.7853)),
    "300000008": DemoRoll(11, "M", (53.8113, -1.8002)),
    "300000009": DemoRoll(5, "F", (53.7985, -1.7281)),
}

GIVEN_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "310000007": ("900015", "900016"),
    "310000008": ("900015", "900003", "900020"),
    "310000009": ("900015", "900016"),
    "310000010": ("900016",),
    "310000011": ("900018", "900017"),
}
"""The lists that parents at Holmefield Academy had sent."""
ACCEPTED: Final = (("310000010", "900016"),)
