"""The stand-in for the education department's system: pupils, tutors, agreements; schools beside them."""

from actions.education.service.demo import PUPILS, load_demo
from actions.education.service.invented import DEMO_PUPILS, DemoPupil
from actions.education.service.routes import application
from actions.education.service.stories import demo_money

__all__ = ["DEMO_PUPILS", "DemoPupil", "application", "demo_money", "demo_page", "load_demo"]


def demo_page() -> list[dict[str, str]]:
    """The parents that the demo's page lists: what proves each of them, and their story."""
    return [
        {
            "reference": " ".join((each.reference[:3], each.reference[3:6], each.reference[6:])),
            "code": each.parent.code, "born": str(each.birth_year), "name": each.given_name,
            "phone": each.parent.phone or "", "story": each.story, "story_cy": each.story_cy,
        }
        for each in PUPILS
    ]  # fmt: skip
