"""Kinds of answer that a flow may ask for: how each is read from what a citizen wrote."""

from bot.answers.clock import read_time
from bot.answers.cost import read_cost
from bot.answers.day import read_birth_date, read_date
from bot.answers.kind import Answer, Kind, Question
from bot.answers.moment import read_date_time
from bot.answers.money import read_money
from bot.answers.number import read_code, read_digits, read_number, read_reference, read_year
from bot.answers.option import read_option
from bot.answers.phone import read_phone
from bot.answers.photo import read_photo
from bot.answers.place import read_place, read_postcode
from bot.answers.words import read_text, read_yes_no, read_yes_no_unsure

KINDS: dict[str, Kind] = {
    "option": read_option,
    "yes_no": read_yes_no,
    "yes_no_unsure": read_yes_no_unsure,
    "postcode": read_postcode,
    "place": read_place,
    "date": read_date,
    "time": read_time,
    "date_time": read_date_time,
    "birth_date": read_birth_date,
    "year": read_year,
    "money": read_money,
    "cost": read_cost,
    "number": read_number,
    "phone": read_phone,
    "reference": read_reference,
    "code": read_code,
    "digits": read_digits,
    "text": read_text,
    "photo": read_photo,
}
"""By the name written after `as:` in flows.yml."""

__all__ = ["KINDS", "Answer", "Kind", "Question"]
