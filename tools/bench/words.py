"""What citizens say in the measurements: free texts that must be understood, and short structured answers."""

from collections.abc import Sequence
from typing import Final

CHOOSE: Final = (
    "I'd like to choose which hospital to go to",
    "my doctor has referred me and I need to pick a hospital please",
    "I need to choose a hospital for my appointment, can you show me",
    "can you help me choose a hospital for my knee",
    "which hospitals can I go to for my operation, I want to choose one",
    "the GP has sent me a referral letter and says I can choose the hospital",
    "choosing a hospital for my first appointment with the specialist",
    "hello, I need to book into a hospital for the referral my doctor made",
)
"""Each of them begins `choose_hospital`, which asks for the referral's number and calls no department."""

STRUCTURED: Final = ("2", "back", "nearest", "back", "1", "back", "soonest", "back")
"""Answers at `choose_hospital`'s question of what matters most, and BACK from the next one.

The classifier is not asked, nor a department.
"""

JOURNEY: Final = ("I'd like to choose which hospital to go to", "111122223333", "FERN 2649", "1979")
"""The way to that question for the demo's referral whose postcode is not known."""

THANKS: Final = ("thanks so much for all your help today", "that was really helpful, thank you very much")


def talk(citizen: int, turn: int) -> str:
    """What a citizen of a load test says: half of it free text, each message answered without a department.

    Args:
        citizen: which one; they are at different places of the same round.
        turn: how many messages they sent before.
    """
    place = citizen + turn
    words: Sequence[str] = (CHOOSE, ("?",), ("leave",), THANKS)[place % 4]
    return words[(place // 4) % len(words)]
