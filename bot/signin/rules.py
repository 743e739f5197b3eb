"""What a password must be: long, and none that everybody tries first (NIST SP 800-63B, 5.1.1.2)."""

from typing import Final

FEWEST: Final = 12
"""Characters."""
COMMON: Final = (
    "password", "passw0rd", "qwerty", "123456", "letmein", "welcome", "iloveyou", "admin", "football",
    "liverpool", "arsenal", "chelsea", "onedoor", "council", "croeso", "cymru", "abc123", "monkey", "dragon",
    "sunshine", "princess", "summer", "winter", "autumn", "spring",
)  # fmt: skip
"""What most guesses are made of."""


def mistake(password: str, *known: str) -> str | None:
    """Why a password can't be taken, as a sentence; None when it can.

    Args:
        password: as chosen.
        known: what others know of the officer: e-mail address and name.
    """
    if len(password) < FEWEST:
        return f"Choose one of {FEWEST} characters or more. Three words are good."
    plain = password.casefold()
    rest = plain
    words = [*COMMON, *(part for each in known for part in each.casefold().replace("@", " ").split())]
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            rest = rest.replace(word, "")
    if len(set(plain)) < 6 or len(rest.strip("0123456789!?.,-_ ")) < 6:
        return (
            "Others would guess this one. Choose three words that have nothing to do with you or your work."
        )
    return None
