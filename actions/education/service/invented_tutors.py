"""The tutors and the help in school of the demonstration. Every name, price, rating and place is invented."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

_FOR_LONG: Final = 400


@dataclass(frozen=True)
class DemoTutor:
    """A tutor, or help in school.

    Args:
        id: the department's.
        name: as citizens see it.
        subjects: what is taught.
        days: when.
        places: where.
        price: pence an hour.
        rating: tenths of a star; None where nobody gave one yet.
        rated: how many gave one.
        at: latitude and longitude.
        school: of help in school, its URN.
        phone: a mobile number, for who confirms by text.
        approved: days from the first day of the demonstration until the approval runs out.
    """

    id: str
    name: str
    subjects: str
    days: str
    places: str
    price: int
    rating: int | None
    rated: int
    at: tuple[float, float]
    school: str | None = None
    phone: str | None = None
    approved: int = _FOR_LONG

    @property
    def kind(self) -> str:
        """`school` or `tutor`."""
        return "tutor" if self.school is None else "school"

    @property
    def approved_for(self) -> timedelta:
        """How long the approval lasts."""
        return timedelta(days=self.approved)


_HAREHILLS, _CHAPELTOWN, _ROUNDHAY = (53.812, -1.508), (53.818, -1.530), (53.836, -1.498)
_HEADINGLEY, _ARMLEY, _BEESTON = (53.819, -1.577), (53.798, -1.588), (53.774, -1.560)
_MOORTOWN, _SEACROFT, _CENTRE = (53.845, -1.541), (53.822, -1.460), (53.799, -1.545)
_BRADFORD, _MANNINGHAM, _HEATON = (53.795, -1.753), (53.809, -1.772), (53.816, -1.792)
_SHIPLEY, _PUDSEY, _MORLEY = (53.833, -1.777), (53.796, -1.662), (53.748, -1.600)

DEMO_TUTORS: Final = (
    DemoTutor("T101", "Ms Field", "maths science", "tuesday thursday saturday", "home library", 3200, 48, 61,
              _HAREHILLS, phone="+447700900338"),
    DemoTutor("T102", "Mr Hughes", "maths", "monday wednesday", "home online", 2800, 46, 33, _ROUNDHAY),
    DemoTutor("T103", "Mrs Akhtar", "reading writing english", "tuesday friday saturday", "library home",
              3000, 49, 88, _CHAPELTOWN, phone="+447700900339"),
    DemoTutor("T104", "Ms Okafor", "maths reading", "saturday sunday", "library", 2600, 43, 19, _HAREHILLS),
    DemoTutor("T105", "Dr Lowe", "science maths", "wednesday thursday", "online home", 3800, 50, 42,
              _HEADINGLEY, approved=1),
    DemoTutor("T106", "Miss Birch", "reading writing", "monday tuesday thursday", "home", 2700, 45, 27,
              _MOORTOWN),
    DemoTutor("T107", "Mr Rashid", "english writing reading", "monday friday", "library online", 2900, 44, 35,
              _MANNINGHAM),
    DemoTutor("T108", "Ms Pryce", "reading writing maths", "tuesday wednesday", "home library", 3100, 47, 24,
              _ROUNDHAY),
    DemoTutor("T109", "Mrs Novak", "maths", "thursday saturday", "home", 3300, 48, 52, _BRADFORD),
    DemoTutor("T110", "Mr Sykes", "science", "tuesday saturday", "library home", 3000, 41, 12, _BRADFORD),
    DemoTutor("T111", "Ms Hartley", "english reading", "wednesday", "online", 2500, 46, 70, _CENTRE),
    DemoTutor("T112", "Miss Adeyemi", "maths science", "monday saturday", "library online", 2900, None, 0,
              _SEACROFT),
    DemoTutor("T113", "Mr Calder", "reading writing", "saturday", "library", 2400, 42, 15, _ARMLEY),
    DemoTutor("T114", "Mrs Shah", "maths reading writing", "monday tuesday wednesday", "home", 3400, 49, 97,
              _HEATON),
    DemoTutor("T115", "Ms Lister", "science english", "thursday friday", "library home", 3000, 45, 21,
              _SHIPLEY),
    DemoTutor("T116", "Mr Thackray", "maths", "tuesday", "home library", 2700, 40, 9, _PUDSEY),
    DemoTutor("T117", "Miss Kaur", "reading writing english", "monday wednesday saturday", "home online",
              2800, 48, 46, _BEESTON),
    DemoTutor("T118", "Mr Dunn", "maths science", "friday saturday", "library", 2600, 44, 18, _MORLEY),
    DemoTutor("T119", "Ms Ferreira", "english writing", "tuesday thursday", "online", 2500, 47, 39, _CENTRE),
    DemoTutor("T120", "Mrs Wood", "reading", "monday thursday", "home library", 2900, 46, 58, _SEACROFT),
    DemoTutor("T121", "Mr Iqbal", "maths english", "wednesday sunday", "home library", 3000, 45, 31,
              _MANNINGHAM),
    DemoTutor("T122", "Miss Grange", "science", "monday thursday", "home online", 3200, 47, 22, _ROUNDHAY),
    DemoTutor("T123", "Ms Bevan", "reading writing english", "monday thursday saturday",
              "home online library", 3000, 49, 44, _MOORTOWN),
    DemoTutor("T124", "Mr Platt", "maths reading", "tuesday saturday", "library", 2500, 43, 16, _ARMLEY),
    DemoTutor("T125", "Mrs Osei", "maths writing", "wednesday friday", "home", 2800, 46, 29, _CHAPELTOWN),
    DemoTutor("T126", "Dr Marsh", "science maths", "saturday", "online", 3600, 50, 64, _CENTRE),
    DemoTutor("S201", "Mrs Teal's one-to-one", "maths reading", "monday tuesday thursday", "school", 1800, 45,
              40, _HAREHILLS, "900001"),
    DemoTutor("S202", "Reading hour", "reading writing", "wednesday friday", "school", 1500, 44, 36,
              _HAREHILLS, "900001"),
    DemoTutor("S203", "Mr Amin's one-to-one", "maths english reading", "tuesday wednesday", "school", 1900,
              47, 28, _CHAPELTOWN, "900002"),
    DemoTutor("S204", "Reading partner", "reading", "monday thursday", "school", 1400, 46, 51, _CHAPELTOWN,
              "900002"),
    DemoTutor("S205", "Catch-up maths", "maths", "monday tuesday wednesday", "school", 1600, 43, 22,
              _BRADFORD, "900003"),
    DemoTutor("S206", "Catch-up writing", "writing reading", "tuesday thursday", "school", 1600, 45, 25,
              _BRADFORD, "900003"),
    DemoTutor("S207", "Ms Boyle's one-to-one", "maths science", "wednesday thursday", "school", 2000, 48, 33,
              _MANNINGHAM, "900004"),
    DemoTutor("S208", "Study room", "english science", "monday friday", "school", 1700, 41, 14, _MANNINGHAM,
              "900004"),
    DemoTutor("S209", "Mr Jowett's one-to-one", "english maths", "tuesday friday", "school", 1900, 46, 30,
              _HEATON, "900005"),
    DemoTutor("S210", "Science club", "science", "wednesday", "school", 1500, None, 0, _HEATON, "900005"),
    DemoTutor("S211", "Number time", "maths", "monday thursday", "school", 1500, 44, 17, _SEACROFT, "900006"),
    DemoTutor("S212", "Story hour", "reading", "tuesday friday", "school", 1400, 47, 23, _BEESTON, "900007"),
    DemoTutor("S213", "Mrs Cope's one-to-one", "writing english", "monday wednesday", "school", 1800, 45, 19,
              _SHIPLEY, "900008"),
    DemoTutor("S214", "Maths mornings", "maths science", "tuesday thursday", "school", 1700, 42, 11, _PUDSEY,
              "900009"),
)  # fmt: skip
