"""The care department's system as a stand-in: individual budgets, plans and payments, over the ledger."""

from actions.care.service.demo import demo_money, demo_page, load_demo
from actions.care.service.routes import application

__all__ = ["application", "demo_money", "demo_page", "load_demo"]
