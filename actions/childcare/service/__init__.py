"""The stand-in for the childcare department's system: families, awards, providers and bookings."""

from actions.childcare.service.demo import demo_money, demo_page, load_demo
from actions.childcare.service.routes import application

__all__ = ["application", "demo_money", "demo_page", "load_demo"]
