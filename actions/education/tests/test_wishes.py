"""What a parent says about the list, in both languages; and what becomes of it."""

import pytest

from actions.education.wishes import LAST, Action, Named, Wish, apply, read_wishes
from actions.sdk import Values


def words(text: str) -> Named:
    return Named(words=text)


def number(of: int) -> Named:
    return Named(number=of)


def place(of: int) -> Named:
    return Named(number=of, place=True)


def put(school: Named, at: int | None = None) -> Wish:
    return Wish("put", school, at=at)


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("Oakmere", [put(words("oakmere"))]),
        ("add Larkfield please", [put(words("larkfield"))]),
        ("put Oakmere first", [put(words("oakmere"), 1)]),
        ("put Roundhay first and Allerton second", [put(words("roundhay"), 1), put(words("allerton"), 2)]),
        ("Roundhay then Allerton", [put(words("roundhay")), put(words("allerton"))]),
        ("1, 3 and 2", [put(number(1)), put(number(3)), put(number(2))]),
        ("1. Oakmere 2. Larkfield", [put(words("oakmere"), 1), put(words("larkfield"), 2)]),
        ("Oakmere 1st, Larkfield 2nd", [put(words("oakmere"), 1), put(words("larkfield"), 2)]),
        ("first choice Cardinal Heenan, second choice Roundhay",
         [put(words("cardinal heenan"), 1), put(words("roundhay"), 2)]),
        ("second choice is Larkfield", [put(words("larkfield"), 2)]),
        ("make Oakmere my second choice", [put(words("oakmere"), 2)]),
        ("put 3 first", [put(number(3), 1)]),
        ("put the second one first", [put(place(2), 1)]),
        ("move Oakmere to the top", [put(words("oakmere"), 1)]),
        ("make number 2 last", [put(number(2), LAST)]),
        ("move Larkfield up", [Wish("up", words("larkfield"))]),
        ("put St Oswin's Catholic first", [put(words("st oswins catholic"), 1)]),
        ("Oakmere above Larkfield", [Wish("put", words("oakmere"), words("larkfield"))]),
        ("put Oakmere after Larkfield", [Wish("put", words("oakmere"), words("larkfield"), after=True)]),
        ("take off 2", [Wish("remove", number(2))]),
        ("remove St James from my preferences", [Wish("remove", words("st james"))]),
        ("take Oakmere off the list", [Wish("remove", words("oakmere"))]),
        ("I don't want Larkfield any more", [Wish("remove", words("larkfield"))]),
        ("remove the last one", [Wish("remove", place(LAST))]),
        (
            "remove Oakmere and Larkfield",
            [Wish("remove", words("oakmere")), Wish("remove", words("larkfield"))],
        ),
        ("swap 1 and 2", [Wish("swap", number(1), number(2))]),
        ("swap our second and third choice schools round", [Wish("swap", place(2), place(3))]),
        ("swap them round", [Wish("swap", place(1), place(2))]),
        ("swap the first and the last", [Wish("swap", place(1), place(LAST))]),
        ("rhowch Oakmere yn gyntaf", [put(words("oakmere"), 1)]),
        ("rhoi Roundhay gyntaf ac Allerton yn ail", [put(words("roundhay"), 1), put(words("allerton"), 2)]),
        ("dewis cyntaf Roundhay, ail ddewis Allerton",
         [put(words("roundhay"), 1), put(words("allerton"), 2)]),
        ("tynnwch St James oddi ar fy newisiadau", [Wish("remove", words("st james"))]),
        ("cyfnewid y cyntaf a'r ail", [Wish("swap", place(1), place(2))]),
        ("swap Oakmere", []),
        ("???", []),
        ("", []),
    ],
)  # fmt: skip
def test_what_is_asked_for(text: str, wishes: list[Wish]) -> None:
    assert read_wishes(text) == wishes


@pytest.mark.parametrize(
    "text", ["put " * 2000, "a, " * 3000, "1 " * 5000, "first " * 900, "\x00\u202e" * 99]
)
def test_no_message_takes_long_or_asks_for_much(text: str) -> None:
    assert len(read_wishes(text)) <= 8


SCHOOLS: dict[str, Values] = {name: {"id": name} for name in "abcdef"}


def find(named: Named, _: Action) -> Values | None:
    return SCHOOLS.get(named.words)


@pytest.mark.parametrize(
    ("before", "wishes", "after", "whole"),
    [
        ("", [put(words("a"))], "a", True),
        ("ab", [put(words("c"), 1)], "cab", True),
        ("abc", [put(words("c"), 1)], "cab", True),
        ("abc", [put(words("a"), LAST)], "bca", True),
        ("abc", [put(words("a"), 9)], "bca", True),
        ("abc", [put(words("b"))], "abc", True),
        ("abcde", [put(words("f"))], "abcde", False),
        ("abcde", [Wish("remove", words("a")), put(words("f"), 1)], "fbcde", True),
        ("abc", [Wish("remove", words("d"))], "abc", False),
        ("abc", [Wish("swap", words("a"), words("c"))], "cba", True),
        ("abc", [Wish("swap", words("a"), words("d"))], "abc", False),
        ("abc", [Wish("up", words("a"))], "abc", True),
        ("abc", [Wish("up", words("c"))], "acb", True),
        ("abc", [Wish("down", words("c"))], "abc", True),
        ("abc", [Wish("put", words("c"), words("a"))], "cab", True),
        ("abc", [Wish("put", words("a"), words("b"), after=True)], "bac", True),
        ("abc", [Wish("put", words("d"), words("b"))], "adbc", True),
        ("abc", [put(words("zzz"))], "abc", False),
    ],
)
def test_what_becomes_of_the_list(before: str, wishes: list[Wish], after: str, whole: bool) -> None:
    found, done = apply(wishes, [SCHOOLS[name] for name in before], find, 5)
    assert ("".join(each["id"] for each in found), done) == (after, whole)
