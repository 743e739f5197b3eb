"""Tests of the whole service: every promise kept from the webhook to the citizen's telephone."""
