"""What stops a command and an operator can mend."""


class Problem(Exception):  # noqa: N818  (a sentence for a person, not a mistake in the code)
    """Its text is a sentence that says what is wrong and what to do."""
