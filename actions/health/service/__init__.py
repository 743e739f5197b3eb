"""The stand-in for the NHS e-Referral Service: the same API, on our PostgreSQL, for the demonstration."""

from actions.health.service.demo import load_demo
from actions.health.service.invented import DEMO_REFERRALS, DEMO_STORIES, DemoReferral
from actions.health.service.routes import application

__all__ = ["DEMO_REFERRALS", "DEMO_STORIES", "DemoReferral", "application", "demo_page", "load_demo"]


def demo_page() -> list[dict[str, str]]:
    """The referrals that the demo's page lists: what proves each of them, and its story."""
    return [
        {
            "reference": f"{each.ubrn[:4]} {each.ubrn[4:8]} {each.ubrn[8:]}",
            "code": each.access_code, "born": str(each.birth_year),
            "name": each.given_name, "story": each.story, "story_cy": each.story_cy, "phone": each.phone,
        }
        for each in (*DEMO_REFERRALS, *DEMO_STORIES)
    ]  # fmt: skip
