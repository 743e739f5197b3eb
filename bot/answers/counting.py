"""Numbers in words, English and Welsh, put into digits: “twelve quid” becomes “12 quid”."""

import re
from typing import Final

_UNITS: Final = {
    "zero": 0, "nil": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
    "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
    "twentieth": 20, "thirtieth": 30,
    "cyntaf": 1, "gyntaf": 1, "ail": 2, "trydydd": 3, "drydydd": 3, "trydedd": 3, "drydedd": 3,
    "pedwerydd": 4, "bedwerydd": 4, "pedwaredd": 4, "bedwaredd": 4, "pumed": 5, "bumed": 5,
    "chweched": 6, "seithfed": 7, "wythfed": 8, "nawfed": 9, "degfed": 10, "ddegfed": 10,
    "deuddegfed": 12, "ddeuddegfed": 12, "pymthegfed": 15, "bymthegfed": 15, "deunawfed": 18,
    "ddeunawfed": 18, "ugeinfed": 20,
}  # fmt: skip
# With the feminine and the mutated forms: dwy, dau and ddau are all two.
_CYMRAEG: Final = {
    "dim": 0, "sero": 0, "un": 1, "dau": 2, "ddau": 2, "dwy": 2, "ddwy": 2, "tri": 3, "dri": 3, "thri": 3,
    "tair": 3, "dair": 3, "thair": 3, "pedwar": 4, "bedwar": 4, "phedwar": 4, "pedair": 4, "bedair": 4,
    "phedair": 4, "pump": 5, "bump": 5, "phump": 5, "pum": 5, "bum": 5, "chwech": 6, "chwe": 6, "saith": 7,
    "wyth": 8, "naw": 9,
}  # fmt: skip
_DEG: Final = {"deg": 10, "ddeg": 10, "deng": 10, "ddeng": 10}
_SCORES: Final = {
    "deuddeg": 12, "ddeuddeg": 12, "deuddeng": 12, "pymtheg": 15, "bymtheg": 15, "pymtheng": 15,
    "deunaw": 18, "ddeunaw": 18, "ugain": 20, "deugain": 40, "ddeugain": 40, "trigain": 60,
}  # fmt: skip
_HUNDREDS: Final = frozenset({"hundred", "hundreds", "cant", "gant", "chant", "can", "gan"})
_THOUSANDS: Final = frozenset({"thousand", "mil", "fil"})
_DOUBTFUL: Final = frozenset({"can", "cant", "gan"})
"""English words too: they count where a Welsh number or a unit stands beside them."""
_BESIDE: Final = frozenset({"punt", "bunt", "o", "ceiniog", "y", "mil"})
_SMALL: Final = {**_UNITS, **_TENS, **_CYMRAEG, **_DEG, **_SCORES}
_ROUND: Final = re.compile(r"(?<![\d.,])([1-9]\d{0,2}) (hundred|thousand)\b")
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_|\s+")


def in_digits(said: str, *, ordinals: bool = False) -> str:
    """A folded text with its numbers in digits; with `ordinals`, also “14th” for “fourteenth”."""
    said = _ROUND.sub(lambda match: f"{match[1]}{'00' if match[2] == 'hundred' else '000'}", said)
    tokens = _TOKEN.findall(said.replace("-", " - "))
    plain = [t for t in tokens if not t.isspace()]
    out: list[str] = []
    spaced = _spaces(tokens)
    at = 0
    while at < len(plain):
        value, used = _read(plain, at, ordinals=ordinals)
        if used:
            out.append(" " if spaced[at] else "")
            out.append(value)
            at += used
        else:
            out.append((" " if spaced[at] else "") + plain[at])
            at += 1
    return re.sub(r" ?- ?", "-", "".join(out)).strip()


def _spaces(tokens: list[str]) -> list[bool]:
    spaced: list[bool] = []
    before = False
    for token in tokens:
        if token.isspace():
            before = True
        else:
            spaced.append(before)
            before = False
    return spaced


def _read(tokens: list[str], at: int, *, ordinals: bool) -> tuple[str, int]:
    """The number that begins here, and how many tokens it has; none of them when it is none."""
    end, total, part, last, words = at, 0, 0, 1000, 0
    while end < len(tokens):
        word = tokens[end]
        if word in {"and", "a", "ac", "-"} and words and end + 1 < len(tokens):
            if word == "-" and part % 100 not in _TENS.values():
                break
            if word != "-" and (part < 100 and not (total and part == 0)):
                break
            step = _word(tokens, end + 1, part, last)
            if step is None or tokens[end + 1] in _HUNDREDS | _THOUSANDS:
                break
            end += 1
            continue
        if ordinals and word in _ORDINALS and (part % 100 in _TENS.values() or not words):
            return f"{total + part + _ORDINALS[word]}th", end + 1 - at
        step = _word(tokens, end, part, last)
        if step is None:
            break
        value, used, last = step
        end += used
        words += 1
        if value == 1000:
            total, part, last = (total + (part or 1) * 1000), 0, 1000
        elif value == 100:
            part, last = (part or 1) * 100, 100
        else:
            part += value
    return (str(total + part), end - at) if words else ("", 0)


def _word(tokens: list[str], at: int, part: int, last: int) -> tuple[int, int, int] | None:
    """What a token adds: its value, the tokens it takes, and below what the next must be."""
    word = tokens[at]
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    third = tokens[at + 2] if at + 2 < len(tokens) else ""
    if word in _THOUSANDS:
        return (1000, 1, 1000) if 0 <= part < 1000 and last <= 1000 else None
    if word == "hanner" and after in _DOUBTFUL:
        return (50, 2, 1) if last > 50 else None
    if word in _HUNDREDS:
        doubted = word in _DOUBTFUL and not part and len(tokens) > 1 and after not in _BESIDE
        return (100, 1, 100) if part < 20 and last != 100 and not doubted else None
    if word == "a" and after in {"hundred", "thousand"}:
        return (0, 1, 1000) if not part and last == 1000 else None
    return _small(word, after, third, last, tokens[at + 3 : at + 5])


def _small(word: str, after: str, third: str, last: int, rest: list[str]) -> tuple[int, int, int] | None:
    """A number below 100, of which Welsh has two ways to say most."""
    if word not in _SMALL:
        return None
    value, used, room = _SMALL[word], 1, 1
    if word in _CYMRAEG and after == "ar" and third == "ddeg" and rest == ["ar", "hugain"]:
        return value + 30, 5, 1
    if after == "ar" and third in {"ddeg", "bymtheg", "hugain"} and value <= 19:
        value, used = value + {"ddeg": 10, "bymtheg": 15, "hugain": 20}[third], 3
    elif after in _DEG and word in _CYMRAEG and value:
        value, used, room = value * 10, 2, 10
    elif word in {"pedwar", "bedwar"} and after == "ugain":
        value, used = 80, 2
    elif value in _TENS.values() and word in _TENS:
        room = 10
    return (value, used, room) if value < last else None
