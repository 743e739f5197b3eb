"""What something costs and how often: “£20 a week”, “60 quid monthly”, “ugain punt y mis”, “500 once”."""

import re
from typing import Final

from bot.answers.kind import Answer, Question
from bot.answers.money import read_money
from bot.answers.words import fold

WEEKS: Final = 52
FORTNIGHTS: Final = 26
QUARTERS: Final = 4

_OFTEN: Final = (
    r"(?:(?P<times>once|twice|(?:two|three|four|five) times|[2-7] ?(?:times|x)|unwaith|dwywaith|teirgwaith|"
    r"pedair gwaith|pum gwaith) )?"
)
_TIMES: Final = {
    "twice": 2, "two": 2, "dwywaith": 2, "three": 3, "teirgwaith": 3, "four": 4, "pedair": 4, "five": 5,
    "pum": 5,
}  # fmt: skip
_EACH: Final = r"(?:an?|each|every|per|the|/|y|yr|bob|pob|fesul|am) ?"
# The name of the period that is kept, how many of it the words mean, and the words, folded.
_WORDS: Final = (
    ("year", FORTNIGHTS, rf"{_EACH}(?:fortnight|(?:2|two|other|second) weeks?|[bp]ythefnos)"),
    ("year", FORTNIGHTS, r"fortnightly|(?:yn )?bythefnosol"),
    ("year", QUARTERS, rf"{_EACH}(?:quarter|(?:3|three) months|chwarter)|quarterly|(?:yn )?chwarterol"),
    ("week", 7, rf"{_EACH}(?:day|dydd|diwrnod)|daily|pd|(?:yn )?ddyddiol"),
    ("week", 1, rf"{_EACH}(?:week|wk|wythnos)|weekly|p/?w|(?:yn )?wythnosol"),
    ("month", 1, rf"{_EACH}(?:month|mth|mis)|monthly|pm|pcm|(?:yn )?[fm]isol"),
    ("year", 1, rf"{_EACH}(?:year|yr|f?blwyddyn|flwyddyn)|yearly|annually|p/?a|(?:yn )?flynyddol"),
    ("once", 1, r"(?:just |only |the )?once|(?:as a )?one[ -]?off|in one go|single payment"),
    ("once", 1, r"(?:dim ond )?unwaith|un tro|untro|mewn un taliad"),
)
# Behind digits as well: “£12.50pw”.
_PERIODS: Final = tuple(
    (period, each, re.compile(rf"(?<![^\W\d]){_OFTEN}(?:{words})(?!\w)")) for period, each, words in _WORDS
)


def find_cost(text: str) -> tuple[dict[str, object], str] | None:
    """The cost that a text tells, and the text without the words for how often.

    Args:
        text: as it was written.

    Returns:
        `pence` and `period` (`week`, `month`, `year`, `once`, or None where it does not say); None where it
        tells no amount, or two.
    """
    said = fold(text)
    for period, each, form in _PERIODS:
        found = list(form.finditer(said))
        if not found:
            continue
        rest = " ".join(form.sub(" ", said).split())
        times = _TIMES.get((found[0]["times"] or "").split(" ")[0], 1)
        digits = re.match(r"[2-7]", found[0]["times"] or "")
        answer = read_money(rest, Question(""))
        if len(found) > 1 or answer is None or isinstance(answer.value, str):
            return None
        number = each * (int(digits[0]) if digits else times)
        return {"pence": answer.value * number, "period": period}, rest
    answer = read_money(text, Question(""))
    if answer is None or isinstance(answer.value, str):
        return None
    return {"pence": answer.value, "period": None}, said


def read_cost(text: str, question: Question) -> Answer | None:  # noqa: ARG001
    """`{"pence": 2000, "period": "week"}`; the period is None where it is not said."""
    found = find_cost(text)
    if found is None:
        return None
    cost, rest = found
    answer = read_money(rest, Question(""))
    return Answer(cost, whole=answer is not None and answer.whole)
