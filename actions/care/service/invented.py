"""The people of the care demonstration, all invented: their budgets, plans, payments and helpers."""

from dataclasses import dataclass
from typing import Final

from actions.care.service.plans import TIMES


@dataclass(frozen=True)
class Price:
    """A published figure that a budget stands for; pence."""

    id: str
    pence: int
    service: dict[str, str]
    unit: dict[str, str]


SOURCE: Final = {"en": "council price list, invented", "cy": "rhestr brisiau'r cyngor, dychmygol"}
PRICES: Final = (
    Price(
        "day_care", 6_250,
        {"en": "days at a day centre", "cy": "diwrnod mewn canolfan ddydd"},
        {"en": "day", "cy": "diwrnod"},
    ),
    Price(
        "home_care", 2_240,
        {"en": "hours of home care", "cy": "awr o ofal cartref"},
        {"en": "hour", "cy": "awr"},
    ),
    Price(
        "course", 185_000,
        {"en": "place on a training course", "cy": "lle ar gwrs hyfforddi"},
        {"en": "place", "cy": "lle"},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A line of a plan; pence each `period`."""

    words: str
    pence: int
    period: str
    outcome: str = ""
    state: str = "agreed"
    reason: str = ""

    @property
    def yearly(self) -> int:
        """Pence a year."""
        return self.pence * TIMES[self.period]


@dataclass(frozen=True)
class Payment:
    """A payment: to whom, pence, for which line (from 0), how many days ago, in which state and way."""

    payee: str
    pence: int
    line: int
    days: int
    state: str = "paid"
    way: str = "council"


@dataclass(frozen=True)
class Helper:
    """Who else may pay: on these lines (from 0), or on all."""

    name: str
    phone: str
    per_payment: int
    per_week: int
    lines: tuple[int, ...] | None = None


@dataclass(frozen=True)
class DemoCitizen:
    """Somebody of the demonstration.

    Args:
        reference: on the letter, with `code`, and `birth_year` to prove it.
        fund: what kind of budget it is.
        price: of `PRICES`, and how many `units` of it.
        held: percent of the money by way.
        begun_days: how long ago the budget's year began.
        lines: of the plan in force, or of the one that was sent where `sent`.
        contribution: what they pay towards it in a year, and what of it they have `paid_in`.
        surplus: pence that notice was given of.
        review_days: until the yearly review.
    """

    reference: str
    code: str
    birth_year: int
    name: str
    fund: str
    price: str
    units: int
    phone: str | None
    story: str
    story_cy: str
    held: dict[str, int]
    begun_days: int
    lines: tuple[Line, ...] = ()
    sent: bool = False
    payments: tuple[Payment, ...] = ()
    helpers: tuple[Helper, ...] = ()
    language: str = "en"
    contribution: int = 0
    paid_in: int = 0
    surplus: int = 0
    review_days: int = 120


DORIS, IMRAN, KELLY, GWEN, LEROY = "40000001", "40000002", "40000003", "40000004", "40000005"
MAUREEN, DEV, PAT, TOM, ROSE = "40000006", "40000007", "40000008", "40000009", "40000010"

DEMO_CITIZENS: Final = (
    DemoCitizen(
        DORIS, "HERON 4821", 1938, "Doris", "old_age", "day_care", 104, "+447700900360",
        "Doris, 88, takes a bus season ticket and chapel instead of a second day of day care",
        "Doris, 88, sydd am gael tocyn tymor bws a'r capel yn lle ail ddiwrnod o ofal dydd",
        {"council": 100}, 200,
        (
            Line("Day centre on Tuesdays", 6_250, "week", "so that I see my friends"),
            Line("Brenda for the cleaning", 2_400, "week", "so that I stay in my own home"),
            Line("Taxi to chapel", 3_000, "month", "so that I keep my faith and my friends"),
            Line("Bus season ticket", 58_000, "once", "so that I get about by myself"),
        ),
        payments=(
            Payment("Oakfield Day Centre", 75_000, 0, 60), Payment("Brenda Cole", 28_800, 1, 41),
            Payment("City Cabs", 6_000, 2, 20), Payment("Metro Travel", 58_000, 3, 15),
            Payment("Brenda Cole", 2_400, 1, 1, "held"),
        ),
        helpers=(Helper("Susan", "+447700900370", 6_000, 12_000),),
    ),
    DemoCitizen(
        IMRAN, "OTTER 3095", 1979, "Imran", "conditions", "home_care", 520, "+447700900361",
        "Imran, 47, has MS and employs Kasia as his assistant with a direct payment",
        "Imran, 47, sydd ag MS ac sy'n cyflogi Kasia yn gynorthwyydd gyda thaliad uniongyrchol",
        {"direct": 100}, 150,
        (
            Line("Kasia, my assistant", 14_000, "week", "so that I get up and out on my own terms"),
            Line("Hydrotherapy pool", 1_500, "week", "so that I keep moving"),
            Line("Taxi to the MS group", 6_000, "month", "so that I am not alone with it"),
            Line("Voice software for my computer", 45_000, "once", "so that I can go on working"),
        ),
        payments=(
            Payment("Kasia Nowak", 56_000, 0, 28, way="direct"),
            Payment("Aire Pool", 6_000, 1, 14, way="direct"),
            Payment("City Cabs", 3_000, 2, 9, way="direct"),
        ),
        helpers=(Helper("Kasia", "+447700900371", 14_000, 16_000, (0, 2)),),
    ),
    DemoCitizen(
        KELLY, "ROBIN 7714", 1996, "Kelly", "training", "course", 1, "+447700900362",
        "Kelly, 30, a mother on her own, plans her training budget: no plan yet",
        "Kelly, 30, mam ar ei phen ei hun, sy'n cynllunio ei chyllideb hyfforddi: dim cynllun eto",
        {"council": 50, "direct": 50}, 10,
    ),
    DemoCitizen(
        GWEN, "BARCUD 5162", 1941, "Gwen", "old_age", "day_care", 52, "+447700900363",
        "Gwen, 85, speaks Welsh and has a companion and a luncheon club",
        "Gwen, 85, sy'n siarad Cymraeg ac sydd â chwmni a chlwb cinio",
        {"council": 100}, 100,
        (
            Line("Mair yn gwmni i mi", 3_000, "week", "er mwyn cael sgwrs"),
            Line("Clwb cinio", 800, "week", "er mwyn gweld pobl"),
            Line("Tacsi i'r feddygfa", 2_000, "month"),
        ),
        payments=(Payment("Mair Puw", 24_000, 0, 30), Payment("Clwb Cinio Seion", 6_400, 1, 22)),
        language="cy",
    ),
    DemoCitizen(
        LEROY, "SWIFT 2208", 1955, "Leroy", "conditions", "home_care", 260, "+447700900364",
        "Leroy, 71, has some held by the council, some as a direct payment, and pays a contribution",
        "Leroy, 71: rhan gan y cyngor, rhan yn daliad uniongyrchol, ac mae'n talu cyfraniad",
        {"council": 60, "direct": 40}, 120,
        (
            Line("Sunrise Care, mornings", 7_200, "week", "so that I am up and dressed by nine"),
            Line("Steel band practice", 1_200, "week", "so that I play with my friends"),
            Line("Allotment helper", 2_500, "month", "so that I can keep my allotment"),
        ),
        payments=(
            Payment("Sunrise Care", 86_400, 0, 30),
            Payment("Harehills Steel Band", 4_800, 1, 8, way="direct"),
        ),
        contribution=52_000, paid_in=13_000,
    ),
    DemoCitizen(
        MAUREEN, "LINNET 9340", 1947, "Maureen", "old_age", "day_care", 104, "+447700900365",
        "Maureen, 79, has not spent it all and was given notice of a surplus",
        "Maureen, 79, sydd heb wario'r cwbl ac a gafodd rybudd o arian dros ben",
        {"council": 100}, 320,
        (Line("Companion on Fridays", 4_000, "week", "so that I get out"),),
        payments=(Payment("Lara Dale", 160_000, 0, 12),),
        surplus=90_000,
    ),
    DemoCitizen(
        DEV, "PLOVER 6627", 1988, "Dev", "conditions", "home_care", 312, "+447700900366",
        "Dev, 38, has an individual service fund, and his yearly review is due",
        "Dev, 38, sydd â chronfa gwasanaeth unigol, ac mae ei adolygiad blynyddol yn dod",
        {"fund": 100}, 300,
        (
            Line("Support from Bridge House", 10_000, "week", "so that I live on my own"),
            Line("Gym membership", 2_500, "month", "so that my pain is less"),
        ),
        payments=(Payment("Bridge House", 300_000, 0, 40, way="fund"),),
        review_days=20,
    ),
    DemoCitizen(
        PAT, "MERLIN 1453", 1950, "Pat", "old_age", "day_care", 78, "+447700900367",
        "Pat, 76, has a third party who manages it, and Jo who pays for her",
        "Pat, 76: trydydd parti sy'n ei rheoli, a Jo sy'n talu drosti",
        {"third_party": 100}, 90,
        (
            Line("Lunch club", 1_000, "week", "so that I eat well"),
            Line("Respite week in August", 90_000, "once", "so that my daughter has a rest"),
        ),
        payments=(Payment("Beech Lunch Club", 9_000, 0, 10, way="third_party"),),
        helpers=(Helper("Jo", "+447700900372", 2_000, 4_000, (0,)),),
    ),
    DemoCitizen(
        TOM, "DUNLIN 8076", 2001, "Tom", "training", "course", 2, "+447700900368",
        "Tom, 25, sent his training plan; the council wants to talk one line over",
        "Tom, 25, a anfonodd ei gynllun hyfforddi; mae'r cyngor am drafod un llinell",
        {"direct": 100}, 30,
        (
            Line("Forklift course", 120_000, "once", "so that I get warehouse work"),
            Line(
                "A motorbike to get to work", 150_000, "once", "so that I can take early shifts", "talk",
                "A motorbike may cost less through the Wheels to Work loan. Could the line pay that instead?",
            ),
        ),
        sent=True,
    ),
    DemoCitizen(
        ROSE, "AVOCET 3381", 1935, "Rose", "old_age", "day_care", 52, None,
        "Rose, 91, has no mobile: she proves who she is with her letter, and Jo pays for her too",
        "Rose, 91, heb ffôn symudol: mae'n profi pwy yw hi gyda'i llythyr, ac mae Jo'n talu drosti hefyd",
        {"council": 100}, 60,
        (Line("Hairdresser at home", 2_000, "month", "so that I feel myself"),
         Line("Gardener", 2_500, "week", "so that I can sit outside")),
        payments=(Payment("Green Fingers", 15_000, 1, 9),),
        helpers=(Helper("Jo", "+447700900372", 3_000, 6_000),),
    ),
)  # fmt: skip
