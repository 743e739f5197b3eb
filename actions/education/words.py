"""What subjects, days and places are called, by language."""

from collections.abc import Mapping
from typing import Final

type Words = Mapping[str, str]

SUBJECTS: Final[Mapping[str, Words]] = {
    "maths": {"en": "maths", "cy": "mathemateg"},
    "reading": {"en": "reading", "cy": "darllen"},
    "writing": {"en": "writing", "cy": "ysgrifennu"},
    "science": {"en": "science", "cy": "gwyddoniaeth"},
    "english": {"en": "English", "cy": "Saesneg"},
}

DAYS: Final[Mapping[str, Words]] = {
    "monday": {"en": "Monday", "cy": "dydd Llun"},
    "tuesday": {"en": "Tuesday", "cy": "dydd Mawrth"},
    "wednesday": {"en": "Wednesday", "cy": "dydd Mercher"},
    "thursday": {"en": "Thursday", "cy": "dydd Iau"},
    "friday": {"en": "Friday", "cy": "dydd Gwener"},
    "saturday": {"en": "Saturday", "cy": "dydd Sadwrn"},
    "sunday": {"en": "Sunday", "cy": "dydd Sul"},
}

BRIEF_DAYS: Final[Mapping[str, Words]] = {
    "monday": {"en": "Mon", "cy": "Llun"},
    "tuesday": {"en": "Tue", "cy": "Maw"},
    "wednesday": {"en": "Wed", "cy": "Mer"},
    "thursday": {"en": "Thu", "cy": "Iau"},
    "friday": {"en": "Fri", "cy": "Gwe"},
    "saturday": {"en": "Sat", "cy": "Sad"},
    "sunday": {"en": "Sun", "cy": "Sul"},
}
"""As they stand in a list."""

PLACES: Final[Mapping[str, Words]] = {
    "school": {"en": "at school", "cy": "yn yr ysgol"},
    "home": {"en": "at home", "cy": "gartref"},
    "library": {"en": "at the library", "cy": "yn y llyfrgell"},
    "online": {"en": "online", "cy": "ar-lein"},
}

DISADVANTAGES: Final[Mapping[str, Words]] = {
    "free_meals": {"en": "has free school meals", "cy": "yn cael prydau ysgol am ddim"},
    "in_care": {"en": "is in care", "cy": "mewn gofal"},
    "left_care": {"en": "has left care", "cy": "wedi gadael gofal"},
}
"""As the school has them; each goes on from a name."""
