"""What a citizen compares: services as options, in the order of what matters to them, and the trade-off."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from actions.health.referral import HealthcareService, Need
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

TOWNS: Final = {"York": "Efrog"}
"""Welsh for towns that have a name of their own in it."""

CALLED: Final = {
    "KNEE": "knee knees", "HIP": "hip hips", "HAND_AND_WRIST": "hand hands wrist wrists llaw arddwrn",
    "CATARACT": "cataract cataracts eye eyes llygad llygaid", "GLAUCOMA": "eye eyes llygad llygaid",
    "HERNIAS": "hernia hernias torgest", "EAR": "ear ears hearing clust clyw",
    "SKIN_CONDITIONS": "skin rash croen", "HEART_RHYTHM": "heart calon galon",
    "MENSTRUAL_DISORDERS": "period periods mislif", "LOWER_GI": "bowel bowels coluddyn",
    "JOINT_INFLAMMATION": "joint joints cymalau",
}  # fmt: skip
"""Single words by which a citizen names the clinic of their referral, where its name is not said in full."""

RELATIVES: Final = frozenset(
    {
        "dad",
        "dads",
        "mum",
        "mums",
        "mam",
        "mams",
        "father",
        "fathers",
        "mother",
        "mothers",
        "husband",
        "husbands",
    }
    | {
        "wife",
        "wifes",
        "son",
        "sons",
        "brother",
        "brothers",
        "sister",
        "sisters",
        "nan",
        "nans",
        "gran",
        "grans",
    }
    | {"grandad", "grandads", "partner", "partners", "tad", "nhad", "mam", "gwr", "ngwr", "gwraig", "wraig"}
    | {"ngwraig", "nain", "taid", "mamgu", "tadcu", "mab", "brawd", "chwaer"}
)
"""Words for whom somebody acts for, without accents; a daughter is rather who acts."""

EXCLUSIONS: Final = {
    "Body mass index (BMI) over 40": {
        "en": "people with a BMI (weight for height) over 40", "cy": "pobl â BMI (pwysau am daldra) dros 40",
    },
    "Body mass index (BMI) over 35": {
        "en": "people with a BMI (weight for height) over 35", "cy": "pobl â BMI (pwysau am daldra) dros 35",
    },
    "People who need a general anaesthetic": {
        "en": "people who must be put to sleep for it", "cy": "pobl y mae'n rhaid eu rhoi i gysgu",
    },
    "A hernia that was repaired before": {
        "en": "a hernia that was mended before", "cy": "torgest a drwsiwyd o'r blaen",
    },
    "Suspected skin cancer": {"en": "possible skin cancer", "cy": "canser y croen posibl"},
    "A pacemaker": {"en": "people with a pacemaker", "cy": "pobl â rheoliadur calon"},
    "Pregnancy": {"en": "people who are pregnant", "cy": "pobl feichiog"},
    "Suspected bowel cancer": {"en": "possible bowel cancer", "cy": "canser y coluddyn posibl"},
}  # fmt: skip
"""What services exclude, in plain words; e-RS has it in a clinician's, and what is not here stays so."""

CONDITIONS: Final = {
    "Knee pain": "poen pen-glin", "Knee arthritis": "arthritis y pen-glin",
    "Torn cartilage": "cartilag wedi rhwygo", "Hip pain": "poen clun", "Hip arthritis": "arthritis y glun",
    "Carpal tunnel": "twnnel carpal", "Trigger finger": "bys clicied", "Dupuytren's": "Dupuytren",
    "Cataract": "cataract", "Glaucoma": "glawcoma", "High eye pressure": "pwysedd uchel yn y llygad",
    "Groin hernia": "torgest y werddyr", "Navel hernia": "torgest y bogail", "Hearing loss": "colli clyw",
    "Ear infections that come back": "heintiau clust sy'n dychwelyd", "Eczema": "ecsema",
    "Psoriasis": "soriasis", "Acne": "acne", "Palpitations": "crychguriadau",
    "Atrial fibrillation": "ffibriliad atrïaidd", "Heavy periods": "mislif trwm",
    "Endometriosis": "endometriosis", "Bowel pain": "poen coluddyn", "Coeliac disease": "clefyd seliag",
    "Rheumatoid arthritis": "arthritis gwynegol", "Psoriatic arthritis": "arthritis soriatig",
}  # fmt: skip
"""Welsh for what services treat, by which a citizen may name it too."""

NEEDS: Final[Mapping[str, tuple[Need, Mapping[str, str]]]] = {
    "need_transport": ("TRANSPORT", {"en": "transport", "cy": "cludiant"}),
    "need_interpreter": ("INTERPRETER", {"en": "an interpreter", "cy": "cyfieithydd"}),
    "need_advocacy": ("ADVOCACY", {"en": "an advocate", "cy": "eiriolwr"}),
    "need_step_free": ("STEP_FREE", {"en": "step-free access", "cy": "mynediad heb risiau"}),
    "need_parking": ("PARKING", {"en": "parking", "cy": "parcio"}),
}
"""What a citizen may need of a hospital: the flows' slot, e-RS's code, and what it is called."""
KINDS: Final = {
    "public": {"en": "NHS", "cy": "GIG"}, "private": {"en": "private", "cy": "preifat"},
    "voluntary": {"en": "charity", "cy": "elusen"},
}  # fmt: skip
"""Whose a hospital is, in a word: shown, and never ranked on."""
PARKING: Final = {
    "free": {"en": "free", "cy": "am ddim"}, "paid": {"en": "paid", "cy": "talu"},
    "none": {"en": "none", "cy": "dim"},
}  # fmt: skip

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


def words(text: str) -> list[str]:
    """The words of a text to compare by: small letters without accents, digits as they are."""
    bare = unicodedata.normalize("NFD", text.casefold())
    return re.findall(r"\w+", "".join(each for each in bare if not unicodedata.combining(each)))


def wanted(slots: Mapping[str, Any]) -> list[str]:
    """The slots of the needs that a citizen has told of."""
    return [each for each in NEEDS if slots.get(each) is True]


def condition_in(text: str, treated: Iterable[str]) -> str | None:
    """The condition whose name stands in a text, in either language; None for none, and for several.

    Args:
        text: a citizen's.
        treated: conditions as services name them.
    """
    said = set(words(text))
    found = {
        each for each in treated
        if set(words(each)) <= said or (each in CONDITIONS and set(words(CONDITIONS[each])) <= said)
    }  # fmt: skip
    return found.pop() if len(found) == 1 else None


def _has(service: HealthcareService) -> dict[Need, Mapping[str, str]]:
    """What a service offers of what may be needed, in words for a list."""
    provider = service.provider
    called = dict(NEEDS.values())
    found: dict[Need, Mapping[str, str]] = {each: called[each] for each in service.supports}
    if provider.step_free:
        found["STEP_FREE"] = called["STEP_FREE"]
    if provider.parking != "none":
        paid = PARKING[provider.parking]
        found["PARKING"] = {"en": f"{paid['en']} parking", "cy": f"parcio {paid['cy']}"}
    return found


def option(service: HealthcareService, needs: Iterable[str] = ()) -> Values:
    """A service as an option of the list, and as the details tell it.

    Args:
        service: from e-RS.
        needs: slots of what the citizen needs, which the list then shows.
    """
    provider, has = service.provider, _has(service)
    return {
        "id": service.id, "name": provider.name, "town": provider.town, "distance": service.distance or 0,
        "wait": service.appointment_wait.days, "treatment_days": service.treatment_wait.days,
        "rating": RATINGS.get(provider.cqc_rating, UNRATED)[1], "recommended": provider.recommended,
        "kind": provider.kind, "kind_name": KINDS[provider.kind], "parking": PARKING[provider.parking],
        "step_free": provider.step_free, "transport": "TRANSPORT" in has,
        "supports": [has[each] for each in service.supports], "phone": service.phone,
        "shows": [has[code] for code in (NEEDS[each][0] for each in needs) if code in has],
        "booking": "online" if service.bookable == "DIRECTLY_BOOKABLE" else "phone",
        # e-RS leaves out services that don't treat the citizen's age: those lines say nothing here.
        "exclusions": [
            EXCLUSIONS.get(each, {"en": each, "cy": each})
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
