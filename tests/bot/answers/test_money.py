"""Money, in pence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bot.answers.reading import read

ROWS = [
    ("£12.50", 1250), ("12.50", 1250), ("£12.5", 1250), ("£ 12.50", 1250), ("12.50 please", 1250),
    ("12", 1200),
    ("40", 4000), ("£40", 4000), ("40 quid", 4000), ("40quid", 4000), ("forty quid", 4000),
    ("twelve quid", 1200),
    ("twelve pounds fifty", 1250), ("twelve pounds and fifty pence", 1250), ("twelve fifty", 1250),
    ("£12 50", 1250),
    ("10 pounds and 5 pence", 1005), ("twelve and a half quid", 1250), ("a tenner", 1000),
    ("2 tenners", 2000),
    ("a fiver", 500), ("a pound", 100), ("one pound", 100), ("a hundred quid", 10000), ("a grand", 100000),
    ("2k", 200000), ("£1.5k", 150000), ("£1,200", 120000), ("1,200", 120000), ("£1,234.56", 123456),
    ("two hundred and fifty pounds", 25000), ("fifteen hundred pounds", 150000), ("2 hundred pounds", 20000),
    ("fifty p", 50), ("50p", 50), ("50 pence", 50), ("£0.50", 50), ("£20.00p", 2000),
    ("i want to pay 40", 4000),
    ("about £15", 1500), ("£10 a week", 1000), ("not £12, £15", 1500), ("10.05 pounds", 1005), ("£0", 0),
    ("a couple of quid", 200), ("ten pound twenty", 1020), ("five hundred", 50000),
    ("ugain punt", 2000), ("deg punt pum deg ceiniog", 1050), ("pum punt", 500), ("dwy bunt", 200),
    ("can punt", 10000),
    ("hanner can punt", 5000), ("deg punt a hanner", 1050), ("pum deg ceiniog", 50), ("decpunt", 1000),
    ("mil o bunnoedd", 100000), ("saith deg pump o bunnoedd", 7500), ("£5 os gwelwch yn dda", 500),
    ("naw deg naw ceiniog", 99), ("deuddeg punt", 1200),
    ("all of it", "all"), ("all", "all"), ("everything", "all"), ("the lot", "all"), ("spend it all", "all"),
    ("the whole lot please", "all"), ("y cyfan", "all"), ("popeth", "all"), ("y cwbl", "all"),
    ("half", "half"), ("half of it", "half"), ("half the money", "half"), ("hanner", "half"), ("50%", "half"),
]  # fmt: skip
NONE = """|hello|12.505|£1.234|1.200|12,50|£1,20|-5|£-5|-£5|minus 5|$5|5 euros|€5|£12 or £15|£40-£50
for 2 children|.50
99999999999|12/3|half of £50|yes|LS6 2AB|the 3 of us want it|not £12|not all of it|pum deg neu chwe deg
1.2.3|£"""


@pytest.mark.parametrize(("text", "value"), ROWS)
def test_money(text: str, value: int | str) -> None:
    assert read("money", text) == value


@pytest.mark.parametrize("text", NONE.replace("\n", "|").split("|"))
def test_what_is_no_amount_or_two(text: str) -> None:
    assert read("money", text) is None


@given(st.integers(0, 10**8))
def test_an_amount_reads_back_however_it_is_written(pence: int) -> None:
    pounds = f"{pence // 100}.{pence % 100:02}"
    for text in (
        f"£{pounds}",
        pounds,
        f"{pounds} pounds",
        f"£{pence // 100:,}.{pence % 100:02}",
        f"i'd like £{pounds} please",
    ):
        assert read("money", text) == pence, text
    if pence % 100 >= 10:
        assert read("money", f"{pence // 100} quid {pence % 100}p") == pence
