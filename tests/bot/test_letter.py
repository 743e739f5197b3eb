"""Reference, code and year of birth in one message, as people copy them from a letter."""

from datetime import UTC, datetime

import pytest

from bot.engine.runtime import packs
from bot.understanding.letter import references, said_together

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
REFERENCE, CODE, YEAR = ("ubrn", "111122223331"), ("access_code", "KITE 4821"), ("birth_year", 1961)

ROWS = {
    "111122223331 KITE 4821 1961": [REFERENCE, CODE, YEAR],
    "1111 2222 3331, kite4821, born in 1961": [REFERENCE, CODE, YEAR],
    "1111-2222-3331 and my code is Kite-4821 and I was born 3 March 1961": [REFERENCE, CODE, YEAR],
    "1111 2222 3331 a fy nghod yw KITE 4821, ganed 1961": [REFERENCE, CODE, YEAR],
    "1111 2222 3331 code: KITE 4821": [REFERENCE, CODE],
    "1111 2222 3331 born 1961": [REFERENCE, YEAR],
    "1111 2222 3331": [REFERENCE],
    "1111 2222 3331 within 10 miles": [REFERENCE],
    "1111 2222 333 KITE 4821 1961": [],
    "KITE 4821": [],
    "": [],
}


@pytest.mark.parametrize(("text", "said"), ROWS.items())
def test_what_a_letter_proves_is_taken_at_once(text: str, said: list[tuple[str, object]]) -> None:
    [asks] = references(packs().flows["choose_hospital"].asks().values())
    assert said_together(text, asks, NOW) == said


def test_at_the_question_for_the_code_the_year_may_be_said_too() -> None:
    [[_, *rest]] = references(packs().flows["choose_hospital"].asks().values())
    assert said_together("KITE 4821 1961", rest, NOW) == [CODE, YEAR]
    assert said_together("1961", rest, NOW) == []


@pytest.mark.parametrize("flow", ["my_budget", "childcare_credit", "education_credit", "my_referral"])
def test_every_department_that_asks_for_a_letter_asks_in_this_order(flow: str) -> None:
    asks = references(packs().flows[flow].asks().values())
    assert [[ask.kind for ask in each[:3]] for each in asks if each[1:2] and each[1].secret] == [
        ["digits", "code", "year"]
    ]
