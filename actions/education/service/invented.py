"""The pupils of the demonstration and who speaks for them. All of them, and their schools, are invented.

A school has a URN that begins with 9, which no real one has. Telephone numbers are of Ofcom's for drama.
"""

from dataclasses import dataclass, field
from typing import Final, Literal


@dataclass(frozen=True)
class DemoParty:
    """One of the three who agree.

    Args:
        code: of their letter.
        phone: theirs; None where the department knows none.
        language: theirs.
    """

    code: str
    phone: str | None = None
    language: Literal["en", "cy"] = "en"


@dataclass(frozen=True)
class DemoPupil:
    """A pupil of the demonstration.

    Args:
        reference: nine digits, on the letters of all three.
        given_name: what the pupil is called.
        birth_year: the pupil's; all three prove themselves with it.
        school: its URN.
        postcode: where the pupil lives.
        disadvantage: as the school has it; None for none.
        behind: months behind others of the same age, by subject.
        other_parent: a second parent on record.
        parent: who speaks for the pupil.
        pupil: the pupil.
        office: who speaks for the school.
        story: for the demo's page.
        story_cy: the same in Welsh.
    """

    reference: str
    given_name: str
    birth_year: int
    school: str
    postcode: str
    disadvantage: str | None
    parent: DemoParty
    pupil: DemoParty
    office: DemoParty
    story: str
    story_cy: str
    behind: dict[str, int] = field(default_factory=dict)
    other_parent: DemoParty | None = None


DEMO_PUPILS: Final = (
    DemoPupil("300000001", "Ayesha", 2015, "900001", "LS8 2CV", "free_meals",
              DemoParty("OTTER 4821", "+447700900320"), DemoParty("ROBIN 7316", "+447700900328"),
              DemoParty("CHALK 2094", "+447700900334"),
              "Fourteen months behind in maths, and a credit nobody has asked for yet.",
              "Pedwar mis ar ddeg ar ei hôl hi mewn mathemateg, a chredyd nad oes neb wedi gofyn amdano eto.",
              {"maths": 14, "reading": 7, "writing": 2}),
    DemoPupil("300000002", "Jamal", 2012, "900002", "LS7 4CK", "free_meals",
              DemoParty("HERON 5530", "+447700900321"), DemoParty("MAPLE 8127", "+447700900329"),
              DemoParty("SLATE 3945", "+447700900335"),
              "The school has put tutoring forward: the parent and the pupil are asked to agree.",
              "Mae'r ysgol wedi cynnig tiwtora: gofynnir i'r rhiant a'r disgybl gytuno.",
              {"reading": 11, "english": 12}),
    DemoPupil("300000003", "Connor", 2014, "900003", "BD3 8CM", "free_meals",
              DemoParty("BADGE 6172", "+447700900322"), DemoParty("COMET 4408", "+447700900330"),
              DemoParty("EASEL 9251", "+447700900336"),
              "Help in school that all three agreed to; a session waits to be confirmed.",
              "Cymorth yn yr ysgol y cytunodd y tri arno; mae sesiwn yn aros i'w chadarnhau.",
              {"maths": 9, "writing": 10}),
    DemoPupil("300000004", "Gwen", 2014, "900001", "LS17 6CM", "free_meals",
              DemoParty("CRANE 3367", "+447700900323", "cy"), DemoParty("PEARL 5029", "+447700900331", "cy"),
              DemoParty("QUILL 7714", "+447700900334"),
              "A Welsh-speaking family; ten months behind in reading.",
              "Teulu sy'n siarad Cymraeg; deg mis ar ei hôl hi mewn darllen.",
              {"reading": 10, "maths": 6}),
    DemoPupil("300000005", "Lily", 2016, "900002", "LS6 4CV", None,
              DemoParty("FINCH 2248", "+447700900324"), DemoParty("ACORN 6630"),
              DemoParty("RULER 1187", "+447700900335"),
              "Behind in reading, but the school has no disadvantage on record. Two children, one telephone.",
              "Ar ei hôl hi mewn darllen, ond nid oes anfantais ar gofnod yr ysgol. Dau blentyn, un ffôn.",
              {"reading": 8}),
    DemoPupil("300000006", "Noah", 2013, "900002", "LS6 4CV", "free_meals",
              DemoParty("SWIFT 9043", "+447700900324"), DemoParty("CEDAR 5571"),
              DemoParty("GLOBE 3026", "+447700900335"),
              "Free school meals, but not behind: Lily's brother.",
              "Prydau ysgol am ddim, ond heb fod ar ei hôl hi: brawd Lily.",
              {"maths": 2, "reading": 0}),
    DemoPupil("300000007", "Zara", 2011, "900004", "BD8 7CM", "in_care",
              DemoParty("TIGER 7789", "+447700900325"), DemoParty("LEMON 2413", "+447700900332"),
              DemoParty("PRISM 8856", "+447700900337"),
              "In foster care. Her tutor's approval is running out.",
              "Mewn gofal maeth. Mae cymeradwyaeth ei thiwtor yn dod i ben.",
              {"science": 9, "maths": 13}),
    DemoPupil("300000008", "Tom", 2010, "900005", "BD9 6CK", "left_care",
              DemoParty("WHALE 4195", "+447700900326"), DemoParty("BIRCH 9902", "+447700900333"),
              DemoParty("ATLAS 6338", "+447700900337"),
              "All his sessions have been: how did it go?",
              "Mae ei holl sesiynau wedi bod: sut aeth hi?",
              {"english": 12, "maths": 8}),
    DemoPupil("300000009", "Mia", 2016, "900003", "BD3 7CV", "free_meals",
              DemoParty("ZEBRA 1654", "+447700900327"), DemoParty("OLIVE 8075"),
              DemoParty("PAPER 4460", "+447700900336"),
              "Too young for a telephone: she agrees with her own letter, on the web. Two parents on record.",
              "Rhy ifanc i gael ffôn: mae hi'n cytuno â'i llythyr ei hun, ar y we. Dau riant ar gofnod.",
              {"reading": 9}, DemoParty("TULIP 3058", "+447700900359")),
)  # fmt: skip
