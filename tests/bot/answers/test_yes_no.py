"""Yes, no and not sure, as people text them."""

import pytest

from bot.answers import Question
from bot.answers.words import read_yes_no
from tests.bot.answers.reading import ask, read

YES = """yes|Yes.|YES!!|y|yh|yeah|yep|yup|aye|ok|k|okay|ok x|go on then|go on|sure|sure, book it|yesss
yeees|1|agree|I agree
yes please|yes pls|oh yes please!|yeah go on|please do it|sounds good|perfect thanks|that's right|that’s right
👍|👍🏽|👍👍|👌|✅|ia|ie|ie, iawn|ydw|oes|do|iawn|cytuno|dw i'n cytuno|siŵr|wrth gwrs|ocê|cer amdani|ie plîs
pam lai|ydi
works for me|definitely|absolutely|of course|all good|right you are|go ahead please|yes yes
yes, that one please|oes diolch"""
NO = """no|No.|NO|n|nope|nah|nah ta|naw|noooo|no thanks|no thank you|no ta|no thanks mate|sorry no|no sorry
2|disagree|not now|wrong
that's wrong|don't|dont|no don't book it|not really|not at all|no way|yeah no|👎|👎🏿|❌|nage|nac ydw|nag oes
nac oes|naddo|na|dim diolch
na dim diolch|ddim yn cytuno|dim nawr|anghywir|paid|nag ydw|no not today|don't think so|nope not for me
no i don't want that|ddim o gwbl"""
UNSURE = """not sure|I'm not sure|dunno|idk|no idea|i don't know|maybe|perhaps|it depends|🤷|🤷🏽‍♀️|🤷‍♂️
yes and no|hmm|i think so
ddim yn siŵr|dim syniad|efallai|falle|ella|dw i ddim yn gwybod|dwn i ddim|sai'n gwybod|wn i ddim
well i'm not sure to be honest"""
NEITHER = """|thanks|no, the other one|no the other|no, the second one|na, yr aros byrraf
it's ok now, the nearest|friday|never mind
can I speak to someone|no problem|no worries|LS6 2AB|wrong one|hello|12|🙃|is it free|nothing to do with it"""


def rows(text: str) -> list[str]:
    return text.replace("\n", "|").split("|")


@pytest.mark.parametrize("text", rows(YES))
def test_yes(text: str) -> None:
    assert read("yes_no", text) is True
    assert read("yes_no_unsure", text) is True


@pytest.mark.parametrize("text", rows(NO))
def test_no(text: str) -> None:
    assert read("yes_no", text) is False
    assert read("yes_no_unsure", text) is False


@pytest.mark.parametrize("text", rows(UNSURE))
def test_not_sure_is_neither(text: str) -> None:
    assert read("yes_no", text) is None
    assert read("yes_no_unsure", text) == "unsure"


@pytest.mark.parametrize("text", rows(NEITHER))
def test_what_is_none_of_them(text: str) -> None:
    assert read("yes_no_unsure", text) is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("yes", True), ("yes please", True), ("no thanks mate", True), ("yes, that one", False),
        ("yes but not tuesday", False), ("ok but can it be later", False), ("ie ond ddim dydd Llun", False),
        ("nope not for me", True), ("no i don't want that", False),
    ],
)  # fmt: skip
def test_whole_is_only_what_says_nothing_else(text: str, whole: bool) -> None:
    answer = ask("yes_no", text)
    assert answer is not None
    assert answer.whole is whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes but not tuesday", None), ("ok but can it be later", None), ("yes if it's free", None),
        ("yes, friday", None), ("yes except the time", None), ("ie ond ddim dydd Llun", None),
        ("ie, dydd Gwener", None), ("yes, that one", True), ("yes i would like that", True), ("no", False),
        ("aye", True),
    ],
)  # fmt: skip
def test_where_it_binds_a_yes_with_more_to_it_is_none(text: str, value: bool | None) -> None:
    answer = read_yes_no(text, Question("booking", {"firm": True}))
    assert (answer.value if answer else None) is value
