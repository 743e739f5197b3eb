"""Templates: what they may hold, how they are filled, and their versions."""

import string
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.placeholders import MOST_ITEMS, MOST_SOURCE, Text, TextError, Value
from bot.problems import Problem
from bot.queue import Pool
from bot.templates import (
    MissingPersonalisation,
    Template,
    TemplateError,
    archive,
    check,
    fill,
    list_templates,
    placeholders,
    read_template,
    save,
    with_language,
)
from bot.urgency import Urgency
from bot.wording import LANGUAGES


def made(
    body: str, *, channel: str = "sms", welsh: str | None = None, subject: str = "A subject"
) -> Template:
    """A template as `save` would keep it."""
    bodies, subjects = check(
        channel=channel,
        name="n",
        body={"en": body, "cy": welsh if welsh is not None else body},
        subject=None if channel == "sms" else dict.fromkeys(LANGUAGES, subject),
        urgency=Urgency.NOTICE,
    )
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    return Template(uuid4(), "reports", channel, "n", 1, Urgency.NOTICE, subjects, bodies, "", moment, None)


def said(body: str, personalisation: dict[str, Any], *, language: str = "en", channel: str = "sms") -> str:
    """A body, filled."""
    return fill(made(body, channel=channel), personalisation)[language].body


@pytest.mark.parametrize(
    ("body", "values", "text"),
    [
        ("Dear ((name)),", {"name": "Maya"}, "Dear Maya,"),
        ("Dear ((First Name)).", {"first_name": "Maya"}, "Dear Maya."),
        ("Dear ((first_name)).", {"FIRST-NAME": "Maya"}, "Dear Maya."),
        ("Dear {{ first_name }}.", {"First name": "Maya"}, "Dear Maya."),
        ("((what’s on?)) here", {"what’s on?": "Bingo"}, "Bingo here"),
        ("((a))((b))", {"a": 1, "b": 2.5}, "12.5"),
        ("((a))", {"a": "((b)) {{ c }} {% d %} {# e #}"}, "((b)) {{ c }} {% d %} {# e #}"),
        ("((a))", {"a": "x", "surplus": "y"}, "x"),
        ("one\r\ntwo ((a))", {"a": "x\r\ny"}, "one\ntwo x\ny"),
        ("Go.((late?? You are late.))", {"late": "yes"}, "Go. You are late."),
        ("Go.((late?? You are late.))", {"late": "no"}, "Go."),
        ("Go.((late?? Why?? So late.))", {"late": True}, "Go. Why?? So late."),
        ("Go{% if late|yes %} now{% else %} later{% endif %}", {"late": "n"}, "Go later"),
        ("{% if n > 3 and not m %}many{% else %}few{% endif %}", {"n": 4, "m": False}, "many"),
        ("((things))", {"things": ["a", "b", "c"]}, "a, b and c"),
        ("((things)).", {"things": []}, "."),
        ("{% for one in things %}{{ one }};{% endfor %}", {"things": ["a", 2]}, "a;2;"),
        ("{{ things|join(' / ') }}", {"things": ["a", "b"]}, "a / b"),
        ("{{ day|day }}, {{ day|date }}", {"day": "2026-03-03"}, "Tuesday 3 March, 3 March 2026"),
        ("{{ when|time }}", {"when": "2026-07-01T08:30:00+00:00"}, "9:30am"),
        ("{{ wait|weeks }}", {"wait": 56}, "8 weeks"),
        ("{{ loop }} {{ self }} {{ language }}", {"loop": 1, "self": 2, "language": "xx"}, "1 2 xx"),
        ("{# not said #}said", {}, "said"),
    ],
)  # fmt: skip
def test_a_text_is_filled(body: str, values: dict[str, Any], text: str) -> None:
    assert said(body, values) == text


@pytest.mark.parametrize("value", ["yes", "Y", " true ", "T", "1", 1, True, "Include", "SHOW"])
def test_what_shows_the_words_of_a_condition(value: object) -> None:
    assert said("a((x??b))", {"x": value}) == "ab"


@pytest.mark.parametrize("value", ["no", "", "0", 0, False, "yes please", "on", [], ["yes"]])
def test_what_does_not(value: object) -> None:
    assert said("a((x??b))", {"x": value}) == "a"


@pytest.mark.parametrize(
    ("things", "english", "welsh"),
    [
        (["one"], "one", "one"),
        (["tea", "cake"], "tea and cake", "tea a cake"),
        (["te", "bara", "afal"], "te, bara and afal", "te, bara ac afal"),
        (["a", None, " ", "b"], "a and b", "a a b"),
    ],
)
def test_lists_in_both_languages(things: list[Any], english: str, welsh: str) -> None:
    assert said("((things))", {"things": things}) == english
    assert said("((things))", {"things": things}, language="cy") == welsh
    assert said("x ((things))", {"things": ["a", "b"]}, channel="email") == "x \n\n* a\n* b"


def test_dates_are_said_in_the_language_of_the_text() -> None:
    words = fill(made("On {{ day|day }}", welsh="Ar {{ day|day }}"), {"day": "2026-03-03"})
    assert words["en"].body == "On Tuesday 3 March"
    assert words["cy"].body == "Ar dydd Mawrth 3 Mawrth"


@pytest.mark.parametrize(
    "body",
    [
        "{{ x.__class__ }}",
        "{{ x.y }}",
        "{{ x['y'] }}",
        "{{ x[0] }}",
        "{{ x|attr('__class__') }}",
        "{{ x|map(attribute='y') }}",
        "{{ x|join(attribute='y') }}",
        "{{ x|join(',', 'y') }}",
        "{{ x() }}",
        "{{ x|format(1) }}",
        "{{ ''.join(x) }}",
        "{{ self.x() }}",
        "{{ x.__init__.__globals__ }}",
        "{% for i in range(1000000000) %}a{% endfor %}",
        "{% for i in 'abc' %}a{% endfor %}",
        "{% for a in x %}{% for b in x %}c{% endfor %}{% endfor %}",
        "{% for a in x recursive %}a{% endfor %}",
        "{% for a in x if a %}a{% endfor %}",
        "{% for a, b in x %}a{% endfor %}",
        "{% for a in x %}{{ loop.index }}{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ x * 9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ x + x }}",
        "{{ x ~ x }}",
        "{{ -x }}",
        "{{ '%9999999d' % 1 }}",
        "{{ x|center(1000000000) }}",
        "{{ x|replace('a', 'aaaa') }}",
        "{{ x|batch(2) }}",
        "{{ lipsum(100) }}",
        "{{ cycler }}{{ x.y }}",
        "{{ x is defined }}",
        "{% set y = x %}{{ y }}",
        "{% include 'a' %}",
        "{% extends 'a' %}",
        "{% import 'a' as b %}",
        "{% macro a() %}{% endmacro %}",
        "{% call x() %}{% endcall %}",
        "{% filter upper %}a{% endfilter %}",
        "{% block a %}{% endblock %}",
        "{% with a = x %}{% endwith %}",
        "{% autoescape true %}a{% endautoescape %}",
        "{{ x",
        "{% if x %}",
        "{% nope %}",
        "{{ [x] }}",
        "{{ {'a': x} }}",
        "{{ (x, x) }}",
        "{{ x:y }}",
        "{{ x|nope }}",
        "{{ x|short('a') }}",
        "{{ x|items }}",
        "{{ x|join(x) }}",
        "((",
        "(()) x",
        "((name",
        "((  )) x",
        "((show??see (( you))",
        "{{ " + "(" * 5000 + "x" + ")" * 5000 + " }}",
        "{{ " + "not " * 5000 + "x }}",
        "{{ " + "9" * 5000 + " }}",
        "{% if x %}" * 100 + "a" + "{% endif %}" * 100,
        "{{ x }}" * (MOST_SOURCE // 7),
        "a" * (MOST_SOURCE + 1),
        "{% for a in x %}" + "{{ a }}b" * 60 + "{% endfor %}",
    ],
)
@pytest.mark.parametrize("channel", ["sms", "letter"])
def test_a_template_that_could_read_or_run_is_refused_when_it_is_saved(body: str, channel: str) -> None:
    with pytest.raises(TemplateError, match=r"^The English body .*\.$"):
        made(body, channel=channel)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "Maya"}, "Missing personalisation: day"),
        ({}, "Missing personalisation: day, name"),
        ({"name": None, "DAY": None}, "Missing personalisation: day, name"),
    ],
)
def test_what_was_not_given_is_named(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MissingPersonalisation) as raised:
        said("((day)) ((name)) ((Day))", values)
    assert str(raised.value) == sentence
    assert raised.value.names == sentence.partition(": ")[2].split(", ")


@pytest.mark.parametrize(
    ("body", "values", "sentence"),
    [
        ("{{ day|day }}", {"day": "tomorrow"}, "The English body has a placeholder whose value does not fit"),
        ("{{ n|weeks }}", {"n": "many"}, "value does not fit"),
        ("{{ n|weeks }}", {"n": float("inf")}, "value does not fit"),
        ("{{ n|miles }}", {"n": float("nan")}, "value does not fit"),
        ("{{ n }}", {"n": 10**5000}, "value does not fit"),
        ("{% if n > 3 %}a{% endif %}b", {"n": "4"}, "value does not fit"),
        ("{% for a in n %}a{% endfor %}", {"n": "abc"}, "loops over a placeholder whose value is no list"),
        ("{{ n|join }}", {"n": "abc"}, "no list"),
        ("((n))", {"n": {"a": 1}}, "The value of “n” must be a text, a number or a list of at most 100"),
        ("((n))", {"n": ["a"] * (MOST_ITEMS + 1)}, "at most 100"),
        ("((n))", {"n": [{"a": 1}]}, "must be a text"),
        ("((n))", {"n": "a" * 919}, "The English body can’t be longer than 918 characters."),
        ("((n))", {"n": "a" * 1_000_000}, "longer than 100000 characters"),
        ("((n))", {"n": " \n "}, "The English body is empty once it is filled."),
        ("((n??a))", {"n": "no"}, "empty once it is filled"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_a_sentence(body: str, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TemplateError) as raised:
        said(body, values)
    assert sentence in str(raised.value)


def test_a_text_of_918_characters_goes_and_one_more_does_not() -> None:
    assert len(said("((a))b", {"a": "x" * 917})) == 918
    with pytest.raises(TemplateError, match="918"):
        said("((a))b", {"a": "x" * 918})
    assert len(said("((a))b", {"a": "x" * 5000}, channel="email")) == 5001
    with pytest.raises(TemplateError, match="918"):
        made("x" * 919)


def test_a_subject_is_one_line_and_not_long() -> None:
    assert fill(made("b", channel="email", subject="For ((a))"), {"a": "Maya\nBcc: x"})["en"].subject == (
        "For Maya Bcc: x"
    )
    with pytest.raises(TemplateError, match=r"The English subject can’t be longer than 300"):
        fill(made("b", channel="email", subject="((a))"), {"a": "x" * 301})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"channel": "fax"}, "The channel of a template is one of sms, email, letter."),
        ({"name": " "}, "A template needs a name of one line"),
        ({"name": "a\nb"}, "A template needs a name of one line"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"urgency": Urgency.REPLY}, "The urgency of a template is one of urgent, notice, bulk."),
        ({"body": {"en": "a"}}, "The Welsh body is missing: both languages are needed."),
        ({"body": {"en": " ", "cy": "a"}}, "The English body is missing"),
        ({"body": {"en": "a ((b))", "cy": "a"}}, "The Welsh lacks placeholders of the other: b."),
        ({"body": {"en": "a", "cy": "a ((b)) ((C))"}}, "The English lacks placeholders of the other: b, C."),
        ({"body": {"en": "a\0", "cy": "a"}}, "The English body has the control character U+0000"),
        ({"body": {"en": "a", "cy": "a\u202eb"}}, "The Welsh body has the control character U+202E"),
        ({"subject": {"en": "s", "cy": "s"}}, "A text message has no subject"),
        ({"channel": "email"}, "The English subject is missing"),
        ({"channel": "email", "subject": {"en": "s\nt", "cy": "s"}}, "The English subject has more than one"),
        ({"channel": "email", "subject": {"en": "((s))", "cy": "s"}}, "The Welsh lacks placeholders"),
        ({"department": "No Such"}, "A department's name is 2 to 40 lower-case letters"),
    ],
)  # fmt: skip
async def test_what_can_t_be_saved(pool: Pool, change: dict[str, Any], sentence: str) -> None:
    given: dict[str, Any] = {
        "department": "reports", "channel": "sms", "name": "n", "body": {"en": "a", "cy": "b"},
        "urgency": Urgency.NOTICE, "by": "test",
    }  # fmt: skip
    async with pool.acquire() as connection:
        with pytest.raises(Problem) as raised:
            await save(connection, **given | change)
    assert sentence in str(raised.value)
    assert await pool.fetchval("SELECT count(*) FROM template") == 0


async def test_a_template_s_life(pool: Pool) -> None:
    body = {"en": "Hello ((name))", "cy": "Helo ((name))"}

    async def keep(**change: Any) -> Template:
        given: dict[str, Any] = {
            "department": "reports", "channel": "sms", "name": "Hello", "body": body,
            "urgency": Urgency.NOTICE, "by": "Ann",
        }  # fmt: skip
        async with pool.acquire() as connection:
            return await save(connection, **given | change)

    first = await keep()
    assert (first.version, first.updated_at, first.created_by) == (1, None, "Ann")
    assert placeholders(first) == ["name"]
    assert await keep(by="Bob") == first, "nothing changed, nothing is written"
    second = await keep(body={**body, "en": "Good day ((name))"}, by="Bob")
    assert (second.id, second.version, second.created_at) == (first.id, 2, first.created_at)
    assert second.updated_at is not None
    third = await keep(body=second.body, urgency=Urgency.URGENT)
    assert (third.version, third.urgency) == (3, Urgency.URGENT)

    assert await read_template(pool, "reports", first.id) == third
    assert await read_template(pool, "reports", first.id, 1) == first
    assert await read_template(pool, "reports", first.id, 9) is None
    assert await read_template(pool, "health", first.id) is None
    assert await read_template(pool, "reports", uuid4()) is None
    other = await keep(name="Aa", channel="email", subject={"en": "S", "cy": "P"})
    await keep(department="health")
    assert await list_templates(pool, "reports") == [other, third]
    assert await list_templates(pool, "reports", "email") == [other]
    assert len(await list_templates(pool, None)) == 3
    with pytest.raises(TemplateError, match="is a template for sms"):
        await keep(channel="email", subject={"en": "S", "cy": "P"})

    async with pool.acquire() as connection:
        assert await archive(connection, "reports", first.id)
        assert not await archive(connection, "reports", first.id)
        assert not await archive(connection, "health", other.id)
    assert await read_template(pool, "reports", first.id) is None
    assert await read_template(pool, "reports", first.id, 2) == second, "what was sent can still be told"
    assert await list_templates(pool, "reports") == [other]
    again = await keep(body=third.body, urgency=Urgency.URGENT)
    assert again == third, "saved again, it is in use again"
    assert await read_template(pool, "reports", first.id) == third


def test_one_language_or_both() -> None:
    words = fill(made("((a)) day", welsh="((a)) dydd", channel="email"), {"a": "1"})
    assert with_language(words, "cy").body == "1 dydd"
    assert with_language(words, None).body == "1 day\n\n1 dydd"
    assert with_language(words, None).subject == "A subject / A subject"


# What a text message can hold that is neither taken out nor a line end of another system.
PLAIN = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
        "\u2066\u2067\u2068\u2069",
    ) | st.sampled_from("\n\t(){}%#?"),
    max_size=300,
)  # fmt: skip
SYNTAX = st.sampled_from(
    [
        "((", "))", "((a))", "((b??", "{{", "}}", "{%", "%}", "{#", "#}", " a ", ".", "__class__",
        "|", "attr('x')", "for", " in ", "if", "endif", "endfor", "range(10**9)", "[", "]", "(",
        ")", "*", "'x'", "9999999999", "~", "set", "=", "\n", "-", "yes", "day", "join", "??",
        "n_61", "loop", "self", "include", "macro", "call"
    ]
)  # fmt: skip


@settings(deadline=None)
@given(value=PLAIN)
def test_any_text_comes_out_as_it_went_in(value: str) -> None:
    for body in ("<((a))>", "<{{ a }}>"):
        assert said(body, {"a": value}) == f"<{value}>"
    listed = [each for each in (value.strip(), "x") if each]
    assert said("<((a))>", {"a": [value, "x"]}) == f"<{' and '.join(listed)}>"


@settings(deadline=None, max_examples=400)
@given(parts=st.lists(SYNTAX | st.text(string.printable, max_size=3), max_size=25), value=PLAIN)
def test_whatever_is_written_either_is_refused_or_is_filled_and_ends(parts: list[str], value: str) -> None:
    try:
        text = Text("".join(parts))
    except TextError:
        return
    assert "((" not in str(text.names)
    kinds: tuple[Value, ...] = (value, [value, "x"], 3, True)
    for kind in kinds:
        values = dict.fromkeys(text.names, kind)
        try:
            filled = text.fill(values, language="cy", bullets=True, most=2000)
        except TextError:
            continue
        assert len(filled) <= 2000
        assert "<class" not in filled
        assert "object at 0x" not in filled
