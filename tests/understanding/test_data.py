"""The training sentences and the held-out ones: enough of each, in both languages, never mixed up."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

ROOT = Path(__file__).parents[2]
HELD_OUT = ROOT / "tests/understanding/held_out.yml"
# The journeys of the design, by the file that says how citizens ask for them.
JOURNEYS = {
    "actions/health/nlu.yml": [
        "choose_treatment", "choose_hospital", "my_referral", "change_appointment",
        "let_carer_act", "end_carer",
    ],
    "actions/childcare/nlu.yml": ["childcare_credit", "spend_childcare_credit"],
    "actions/education/nlu.yml": ["education_credit", "choose_school"],
    "actions/care/nlu.yml": ["my_budget", "plan_budget", "spend_budget"],
    "actions/reports/nlu.yml": ["report_problem", "report_status", "update_report"],
    "bot/core/nlu.yml": [
        "remind_me", "my_things", "my_rights", "give_view", "complain", "speak_to_person", "what_do_you_know",
        "forget_me", "change_language", "change_contact", "help", "greet", "thank", "goodbye",
        "emergency", "out_of_scope",
    ],
}  # fmt: skip
# (English, Welsh) at least; a department's own journeys need more than the core's.
DEPARTMENT, CORE, NO_JOURNEY = (75, 25), (60, 25), (400, 60)
HELD_OUT_EACH, HELD_OUT_NO_JOURNEY = (15, 6), (80, 20)

# A telephone number as people write one; Ofcom keeps these ranges for drama.
NUMBER = re.compile(r"(?<!\d)(?:\+44|0(?!0))(?: ?\d){8,10}(?!\d)")
DRAMA = re.compile(r"(?:\+44|0)(?:7700900\d{3}|1134960\d{3})")
EMAIL = re.compile(r"\S+@\S+")
CARD = re.compile(r"(?:\d[ -]?){13,19}")
NATIONAL_INSURANCE = re.compile(r"\b[A-Z]{2} ?(?:\d\d ?){3}[A-D]\b", re.IGNORECASE)
# One word that several journeys answer: a guess would be wrong, so none is taught.
AMBIGUOUS = {
    "credit", "budget", "balance", "appointment", "hospital", "school", "nursery", "pay", "report",
    "apwyntiad", "ysbyty", "credyd", "cyllideb", "ysgol", "balans", "talu", "adroddiad",
}  # fmt: skip


class Sentence(NamedTuple):
    """One sentence with the journey and the language it is an example of, and its file."""

    file: str
    intent: str
    language: str
    text: str


def _read(file: Path) -> Iterator[Sentence]:
    for message in RasaYAMLReader().read(file).training_examples:
        language = message.get("metadata")["intent"]["language"]
        yield Sentence(str(file.relative_to(ROOT)), message.get("intent"), language, message.get("text"))


def _normal(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", text.casefold()).split()) or text


TRAINING = [sentence for file in JOURNEYS for sentence in _read(ROOT / file)]
APART = list(_read(HELD_OUT))
INTENTS = [(file, intent) for file, intents in JOURNEYS.items() for intent in intents]


@pytest.mark.parametrize(("file", "intent"), INTENTS)
def test_each_journey_has_enough_sentences_in_both_languages(file: str, intent: str) -> None:
    counted = Counter(sentence.language for sentence in TRAINING if sentence.intent == intent)
    floor = NO_JOURNEY if intent == "out_of_scope" else CORE if file.startswith("bot/") else DEPARTMENT
    assert (counted["en"] >= floor[0], counted["cy"] >= floor[1]) == (True, True), counted
    assert set(counted) == {"en", "cy"}


@pytest.mark.parametrize("intent", [intent for _, intent in INTENTS])
def test_each_journey_is_measured_on_enough_sentences_in_both_languages(intent: str) -> None:
    counted = Counter(sentence.language for sentence in APART if sentence.intent == intent)
    floor = HELD_OUT_NO_JOURNEY if intent == "out_of_scope" else HELD_OUT_EACH
    assert (counted["en"] >= floor[0], counted["cy"] >= floor[1]) == (True, True), counted


@pytest.mark.parametrize("file", JOURNEYS)
def test_a_file_teaches_its_own_journeys_and_no_other(file: str) -> None:
    assert {sentence.intent for sentence in TRAINING if sentence.file == file} == set(JOURNEYS[file])


def test_what_is_measured_is_what_is_taught() -> None:
    assert {sentence.intent for sentence in APART} == {intent for _, intent in INTENTS}


def test_no_sentence_is_written_twice() -> None:
    places = defaultdict(list)
    for sentence in TRAINING + APART:
        places[_normal(sentence.text)].append((sentence.file, sentence.intent, sentence.language))
    assert {text: found for text, found in places.items() if len(found) > 1} == {}


def _nearly(text: str) -> set[tuple[str, ...]]:
    """The sentence with each of its words left open in turn: two that share one differ by a word."""
    words = _normal(text).split()
    return {(*words[:at], "", *words[at + 1 :]) for at in range(len(words))} if len(words) > 4 else set()


def test_no_measured_sentence_is_a_taught_one_with_a_word_changed() -> None:
    taught = {form: sentence.text for sentence in TRAINING for form in _nearly(sentence.text)}
    assert {s.text: taught[form] for s in APART for form in _nearly(s.text) if form in taught} == {}


def test_a_word_that_means_several_journeys_teaches_none() -> None:
    assert [sentence for sentence in TRAINING + APART if _normal(sentence.text) in AMBIGUOUS] == []


def _telephone(text: str) -> bool:
    return any(not DRAMA.fullmatch(found.replace(" ", "")) for found in NUMBER.findall(text))


def _email(text: str) -> bool:
    return any(not re.search(r"@example\.(com|org)$", found) for found in EMAIL.findall(text))


FORBIDDEN: dict[str, Callable[[str], bool]] = {
    "longer than the web chat takes": lambda text: len(text) > 320,
    "empty or with stray spaces": lambda text: not text or text != " ".join(text.split()),
    "brackets, which Rasa takes for an entity": lambda text: bool(re.search(r"[\[\]{}]", text)),
    "a telephone number somebody may have": _telephone,
    "an address of mail somebody may have": _email,
    "a card number": lambda text: bool(CARD.search(text)),
    "a National Insurance number": lambda text: bool(NATIONAL_INSURANCE.search(text)),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_sentence_has(what: str) -> None:
    assert [sentence for sentence in TRAINING + APART if FORBIDDEN[what](sentence.text)] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("longer than the web chat takes", "a" * 321),
        ("empty or with stray spaces", "two  spaces"),
        ("brackets, which Rasa takes for an entity", "in [Leeds](place)"),
        ("a telephone number somebody may have", "ring 07123 456789"),
        ("a telephone number somebody may have", "ring +441134960142 or 0113 497 0142"),
        ("an address of mail somebody may have", "jo@example.net"),
        ("a card number", "4111 1111 1111 1111"),
        ("a National Insurance number", "it is QQ 12 34 56 C"),
    ],
)
def test_the_checks_see_what_they_are_for(what: str, text: str) -> None:
    assert FORBIDDEN[what](text)
