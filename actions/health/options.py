"""What a citizen compares: services as options, in the order of what matters to them, and the trade-off."""

from typing import Final

from actions.health.referral import HealthcareService
from actions.sdk import Values

SHOWN: Final = 3
"""Hospitals on the first page, which the trade-off is about."""

RATINGS: Final = {
    "Outstanding": (0, {"en": "Outstanding", "cy": "Rhagorol"}),
    "Good": (1, {"en": "Good", "cy": "Da"}),
    "Requires improvement": (2, {"en": "Requires improvement", "cy": "Angen gwella"}),
    "Inadequate": (3, {"en": "Inadequate", "cy": "Annigonol"}),
}
"""The Care Quality Commission's four ratings, best first, and their names."""
UNRATED: Final = (4, {"en": "Not rated yet", "cy": "Heb sgôr eto"})

CLINICS: Final = {
    "KNEE": "pen-glin", "HIP": "clun", "HAND_AND_WRIST": "llaw ac arddwrn", "CATARACT": "cataract",
    "GLAUCOMA": "glawcoma", "HERNIAS": "torgest", "EAR": "clust", "SKIN_CONDITIONS": "cyflyrau croen",
    "HEART_RHYTHM": "rhythm y galon", "MENSTRUAL_DISORDERS": "mislif trwm neu boenus", "LOWER_GI": "coluddyn",
    "JOINT_INFLAMMATION": "cymalau llidus",
}  # fmt: skip
"""Welsh for the clinic types; e-RS has them in English only."""

EXCLUSIONS: Final = {
    "Body mass index (BMI) over 40": "Mynegai màs y corff (BMI) dros 40",
    "Body mass index (BMI) over 35": "Mynegai màs y corff (BMI) dros 35",
    "People who need a general anaesthetic": "Pobl sydd angen anesthetig cyffredinol",
    "A hernia that was repaired before": "Torgest a drwsiwyd o'r blaen",
    "Suspected skin cancer": "Amheuaeth o ganser y croen",
    "A pacemaker": "Rheoliadur calon",
    "Pregnancy": "Beichiogrwydd",
    "Suspected bowel cancer": "Amheuaeth o ganser y coluddyn",
}
"""Welsh for what services exclude; e-RS has it in English only, and what is not here stays so."""

_FAR_MILES: Final = 3
_SOONER_DAYS: Final = 14


def order(found: list[HealthcareService], priority: str) -> list[HealthcareService]:
    """The services in the order of what matters most; ties by the other figures, never by who owns them.

    Args:
        found: from e-RS, in any order.
        priority: `soonest`, `nearest` or `rating`.
    """

    def wait(service: HealthcareService) -> float:
        return service.appointment_wait.days if service.appointment_wait.days is not None else float("inf")

    def miles(service: HealthcareService) -> float:
        return service.distance if service.distance is not None else float("inf")

    def rating(service: HealthcareService) -> int:
        return RATINGS.get(service.provider.cqc_rating, UNRATED)[0]

    keys = {
        "soonest": lambda s: (wait(s), miles(s), rating(s), s.id),
        "nearest": lambda s: (miles(s), wait(s), rating(s), s.id),
        "rating": lambda s: (rating(s), -s.provider.recommended, miles(s), wait(s), s.id),
    }
    return sorted(found, key=keys[priority])


def option(service: HealthcareService) -> Values:
    """A service as an option of the list, and as the details tell it."""
    provider = service.provider
    return {
        "id": service.id, "name": provider.name, "town": provider.town, "distance": service.distance or 0,
        "wait": service.appointment_wait.days, "treatment_days": service.treatment_wait.days,
        "rating": RATINGS.get(provider.cqc_rating, UNRATED)[1], "recommended": provider.recommended,
        "kind": provider.kind, "parking": provider.parking, "step_free": provider.step_free,
        "supports": list(service.supports), "phone": service.phone,
        "booking": "online" if service.bookable == "DIRECTLY_BOOKABLE" else "phone",
        # e-RS leaves out services that don't treat the citizen's age: those lines say nothing here.
        "exclusions": [
            {"en": each, "cy": EXCLUSIONS.get(each, each)}
            for each in service.exclusions
            if not each.startswith("People under")
        ],
        "figure_date": service.figure_date.isoformat(),
    }  # fmt: skip


def trade(hospitals: list[Values]) -> Values | None:
    """What travelling further would save, among those that are shown first.

    Returns:
        The numbers of the two on the list, and the miles and days between them; None when there is
        nothing to gain.
    """
    known = [(at, h) for at, h in enumerate(hospitals[:SHOWN], start=1) if h["wait"] is not None]
    if len(known) < 2:
        return None
    near_at, near = min(known, key=lambda each: (each[1]["distance"], each[1]["wait"]))
    far_at, far = min(known, key=lambda each: (each[1]["wait"], each[1]["distance"]))
    miles, days = far["distance"] - near["distance"], near["wait"] - far["wait"]
    if miles < _FAR_MILES or days < _SOONER_DAYS:
        return None
    return {"near": near_at, "far": far_at, "miles": miles, "days": days}
