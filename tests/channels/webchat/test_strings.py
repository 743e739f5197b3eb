"""The words of the pages: the same in both languages, all of them used, none that a carrier acts on."""

import re

from channels.pages import OWN, TEMPLATES, strings

MADE_OF_PARTS = ("problem_", "count_left_", "count_over_")


def test_both_languages_have_the_same_words() -> None:
    english, welsh = strings("en"), strings("cy")
    assert english.keys() == welsh.keys()
    same = {key for key in english if english[key] == welsh[key]}
    assert same <= {"brand", "us", "demo_tag"}
    for key in english:
        assert re.findall(r"\{\w+\}", english[key]) == re.findall(r"\{\w+\}", welsh[key]), key


def test_every_word_is_used() -> None:
    files = [*TEMPLATES.glob("*.html"), *OWN.glob("*.js"), *OWN.parent.glob("*.py")]
    used = "".join(path.read_text(encoding="utf-8") for path in files)
    unused = [
        key
        for key in strings("en")
        if not re.search(rf"\bt\.{key}\b|\"{key}\"", used) and not key.startswith(MADE_OF_PARTS)
    ]
    assert unused == []
