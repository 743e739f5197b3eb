"""What is understood of a citizen's words without asking, and what is left to be asked."""

from datetime import date

import pytest

from actions.care.hearing import Helping, helping, month, topic
from actions.care.paying import Payment, is_role, named_in, payment, several
from actions.care.planning import Change, change

WEEKLY = {"pence": 2_000, "period": "week"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("BALANCE", "balance"),
        ("how much is left in my care budget", "balance"),
        ("balans", "balance"),
        ("how much of my budget is held", "balance"),
        ("am i going to run out of care money", "balance"),
        ("what's the balance of my direct payment", "balance"),
        ("I've had a direct payment, how much", "balance"),
        ("what is my budget based on", "basis"),
        ("how did you work out my care budget", "basis"),
        ("why is my budget less this year", "basis"),
        ("what's my own contribution", "basis"),
        ("beth yw gwerth fy nghyllideb unigol", "basis"),
        ("sut wnaethoch chi gyfrifo fy nghyllideb", "basis"),
        ("statement", "statement"),
        ("send my statement with big letters", "statement"),
        ("datganiad o fy nghyllideb gofal mewn print bras plis", "statement"),
        ("who manages my budget, me or the council", "holding"),
        ("can I have it as a direct payment", "holding"),
        ("let my sister manage my budget", "holding"),
        ("ga i daliad uniongyrchol yn lle hynny", "holding"),
        ("let my daughter pay from my budget", "helpers"),
        ("change helpers", "helpers"),
        ("stop Susan paying from my budget", "helpers"),
        ("who else is allowed to pay out of my budget", "helpers"),
        ("pwy arall gaiff dalu o fy nghyllideb", "helpers"),
        ("I've been told I have a budget for training, what is it?", "basis"),
        ("why is it that much", "basis"),
        ("half direct and half council", "holding"),
        ("hanner yn daliad uniongyrchol, hanner gyda'r cyngor", "holding"),
        ("well gen i gael yr arian fy hun", "holding"),
        ("how much of it is mine and how much is the council's", "holding"),
        ("i want the money myself", "holding"),
        ("helpwyr", "helpers"),
        ("will the council claw back my care money", "surplus"),
        ("surplus letter", "surplus"),
        ("why are you taking my money", "surplus"),
        ("pam eich bod chi'n cymryd arian oddi arna i", "surplus"),
        ("llythyr am arian dros ben", "surplus"),
        ("book my budget review", "review"),
        ("trefnu adolygiad o fy nghyllideb", "review"),
    ],
)
def test_what_of_the_budget_is_asked(text: str, meant: str) -> None:
    assert topic(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I want to plan my care budget", Change("go_on")),
        ("carry on with my plan", Change("go_on")),
        ("is a laptop allowed in my plan", Change("go_on")),
        ("dwi isio cynllunio fy nghyllideb", Change("go_on")),
        ("has my plan been agreed yet", Change("state")),
        ("why did they turn down the trip", Change("state")),
        ("ydi fy nghynllun wedi'i gytuno eto", Change("state")),
        ("read me back my plan", Change("read")),
        ("what can I spend my budget on", Change("allowed")),
        ("send my plan to be agreed", Change("send")),
        ("put £20 a week for a taxi to chapel in my plan", Change("add", 0, "A taxi to chapel", "", WEEKLY)),
        (
            "rhoi £20 yr wythnos am dacsi i'r capel yn y cynllun",
            Change("add", 0, "Dacsi i'r capel", "", WEEKLY),
        ),
        (
            "I'd like a season ticket instead of day care",
            Change("add", 0, "A season ticket instead of day care"),
        ),
        ("take the day centre out of my plan", Change("remove", 0, "day centre")),
        ("change line 3 of my plan to £20 a week", Change("change", 3, cost=WEEKLY)),
        ("change 2 to a taxi to the club", Change("change", 2, "A taxi to the club")),
        ("tynnu'r", Change("go_on")),
    ],
)
def test_what_begins_a_plan(text: str, meant: Change) -> None:
    assert change(text, first=True) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a season ticket instead of day care", Change("add", 0, "A season ticket instead of day care")),
        ("swimming so that I keep moving", Change("add", 0, "Swimming", "so that I keep moving")),
        ("bws i'r dref er mwyn gweld ffrindiau", Change("add", 0, "Bws i'r dref", "er mwyn gweld ffrindiau")),
        (
            "a taxi to chapel, £20 a week, so that I see my friends",
            Change("add", 0, "A taxi to chapel", "so that I see my friends", WEEKLY),
        ),
        ("60 a month for my helper", Change("add", 0, "My helper", "", {"pence": 6_000, "period": "month"})),
        ("Dad's 3 wheeler", Change("add", 0, "Dad's 3 wheeler")),
        ("2 cats", Change("add", 0, "2 cats")),
        (
            "a course at the college its £20 a week",
            Change("add", 0, "A course at the college", "", WEEKLY),
        ),
        ("remove 2", Change("remove", 2, "2")),
        ("take out the second", Change("remove", 2, "second")),
        ("delete the taxi", Change("remove", 0, "taxi")),
        ("tynnu 3", Change("remove", 3, "3")),
        ("dileu'r tacsi", Change("add", 0, "Dileu'r tacsi")),
        ("change 2 to £20 a week", Change("change", 2, cost=WEEKLY)),
        ("2 is £20 a week", Change("change", 2, cost=WEEKLY)),
        ("newid 2 i £20 yr wythnos", Change("change", 2, cost=WEEKLY)),
        ("change 2 to a taxi to the club", Change("change", 2, "A taxi to the club")),
        ("change 3", Change("change", 3)),
        ("ok change 2 to £20 a week", Change("change", 2, cost=WEEKLY)),
        ("hang on, change 2 to £20 a week", Change("change", 2, cost=WEEKLY)),
        ("no, make it £20 a week", Change("change", -1, cost=WEEKLY)),
        ("sorry, £20 a week", Change("change", -1, cost=WEEKLY)),
        ("na, £20 yr wythnos", Change("change", -1, cost=WEEKLY)),
        ("it's £20 a week", Change("change", -1, cost=WEEKLY)),
        ("x" * 500, Change("add", 0, "X" + "x" * 199)),
        ("???", Change("add")),
        ("read it back", Change("read")),
        ("get my nails done once a month", Change("add", 0, "Get my nails done once a month")),
    ],
)
def test_what_becomes_of_lines(text: str, meant: Change) -> None:
    assert change(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("pay Brenda 45 for the cleaning", Payment("pay", "Brenda", 4_500, "the cleaning")),
        (
            "Please pay Mrs Okafor £72 for last week's care out of my budget",
            Payment("pay", "Mrs Okafor", 7_200, "last week's care"),
        ),
        ("twenty pounds to Sue for the shopping", Payment("pay", "Sue", 2_000, "the shopping")),
        ("give Tony forty for the decorating", Payment("pay", "Tony", None, "the decorating")),
        ("talu Denise £60 am ddydd Mawrth", Payment("pay", "Denise", 6_000, "ddydd Mawrth")),
        ("rho ugain punt i Siân fy ngofalwraig", Payment("pay", "Siân", 2_000)),
        ("pay my PA", Payment()),
        ("pay kelly 10 hours", Payment("pay", "Kelly")),
        ("pay argos 40 for a kettle", Payment("pay", "Argos", 4_000, "a kettle")),
        ("please pay my mate dave £50 for the digging", Payment("pay", "Dave", 5_000, "the digging")),
        ("pay her 40", Payment("pay", "", 4_000)),
        ("talu mair 30 am y cwmni", Payment("pay", "Mair", 3_000, "y cwmni")),
        ("i don't want to pay brenda now", Payment("take_back")),
        ("no wait take it back", Payment("take_back")),
        ("na, tynnwch o'n ôl", Payment("take_back")),
        ("i've got a photo of my receipt", Payment("receipt")),
        ("has Brenda been paid", Payment("status")),
        ("when will rosie get her money", Payment("status")),
        ("my cleaner says she hasn't been paid", Payment("status")),
        ("ydi Pam wedi cael ei harian eto", Payment("status")),
        ("when can you pay Brenda 45", Payment("pay", "Brenda", 4_500)),
        ("carers invoice no 204 to pay", Payment()),
        ("my mum's PA needs paying, 8hrs at 12.20", Payment()),
        ("pay her 13 an hr now", Payment()),
        ("pay two lots, 30 to the cleaner and 50 to pam", Payment()),
        ("pay Grace 12.345", Payment("pay", "Grace")),
        ("pay Grace -5", Payment("pay", "Grace")),
        ("paid £9.50 for a cab", Payment("pay", "", 950, "a cab", paid=True)),
        ("same as last week for the PA please", Payment("pay", "", None, "the PA", same=True)),
        ("don't send that payment to the agency yet", Payment("take_back")),
        ("stop this week's payment to the carer", Payment("take_back")),
        ("peidiwch ag anfon y taliad eto", Payment("take_back")),
        ("I made a mistake, I paid Sue too much", Payment("wrong")),
        ("wedi talu gormod i Sue", Payment("wrong")),
        ("here is the receipt for the laptop", Payment("receipt")),
        ("anfon derbynebau", Payment("receipt")),
        ("RECEIPT", Payment("receipt")),
    ],
)
def test_what_of_a_payment_is_said(text: str, meant: Payment) -> None:
    assert payment(text) == meant


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("statement", date(2026, 3, 1)),
        ("last month's statement", date(2026, 2, 1)),
        ("datganiad mis diwethaf", date(2026, 2, 1)),
        ("statement for november, social care", date(2025, 11, 1)),
        ("datganiad mis Mawrth", date(2026, 3, 1)),
        ("may I have a statement", date(2026, 3, 1)),
    ],
)
def test_which_month_is_wanted(text: str, wanted: date) -> None:
    assert month(text, date(2026, 3, 14)) == wanted


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "let my brother Asif pay, his number is 07700 900640",
            Helping("let", "Asif", "+447700900640"),
        ),
        ("let someone pay for me", Helping("let")),
        ("gadael i fy mrawd Dafydd dalu", Helping("let", "Dafydd")),
        ("stop Susan paying", Helping("end")),
        ("don't let my nephew pay any more", Helping("end")),
        ("stopio Carol rhag talu", Helping("end")),
        ("HELPERS", Helping()),
    ],
)
def test_what_becomes_of_who_may_pay(text: str, meant: Helping) -> None:
    assert helping(text) == meant


NAMES = {1: "Brenda Cole", 2: "Brenda Shaw", 3: "Oakfield Day Centre", 4: "City Cabs"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pay Brenda Cole 45", [1]),
        ("Brenda Cole's wages", [1]),
        ("brenda shaw", [2]),
        ("pay Brenda 45", [1, 2]),
        ("the day centre", [3]),
        ("cabs", [4]),
        ("pay the cleaner", []),
        ("", []),
        ("the", []),
    ],
)
def test_who_is_named(text: str, found: list[int]) -> None:
    assert named_in(text, NAMES) == found


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("pay 24 to Brenda Cole and 30 to City Cabs", True),
        ("talu 24 i Brenda Cole a 30 i City Cabs", True),
        ("pay City Cabs 30 for Tuesday and Friday", False),
        ("pay City Cabs 30 and 6 for waiting", False),
        ("pay City Cabs 30 for Monday and Friday 27", False),
        ("pay city cabs 30 and my gym 25", True),
        ("pay Brenda Cole and City Cabs", False),
    ],
)
def test_whether_several_are_paid_at_once(text: str, more: bool) -> None:
    assert several(text, NAMES) is more


@pytest.mark.parametrize(
    ("who", "role"), [("the cleaner", False), ("Cleaner", True), ("New carer", True), ("Dave", False)]
)
def test_who_is_named_by_what_they_do(who: str, role: bool) -> None:
    assert is_role(who) is role
