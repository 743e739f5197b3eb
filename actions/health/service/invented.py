"""Who offers what in the demonstration. Every provider, rating and wait here is invented.

The postcodes end in letters that no real postcode has there (C, I, K, M, O, V), and the telephone
numbers are of the range Ofcom keeps for drama (0113 496 0000 to 0999), so that neither is anybody's.
"""

from dataclasses import dataclass

NOTE = "invented for the demonstration"

# code of an organisation, name, town, postcode, kind, CQC rating, would recommend (of 100), parking,
# step-free
type ProviderRow = tuple[str, str, str, str, str, str, int, str, bool]

BEST, GOOD, WEAK, BAD = "Outstanding", "Good", "Requires improvement", "Inadequate"

PROVIDERS: tuple[ProviderRow, ...] = (
    ("XD001", "Aire Valley General Hospital", "Leeds", "LS9 7CV", "public", GOOD, 88, "paid", True),
    ("XD002", "Kirkgate Royal Infirmary", "Leeds", "LS1 3CK", "public", GOOD, 84, "paid", True),
    ("XD003", "Meanwood Park Hospital", "Leeds", "LS6 4CV", "public", WEAK, 79, "paid", True),
    ("XD004", "Roundhay Surgical Centre", "Leeds", "LS8 2CM", "private", BEST, 95, "free", True),
    ("XD005", "Headrow Clinic", "Leeds", "LS2 8CK", "private", GOOD, 90, "none", True),
    ("XD006", "St Wilfrid's Hospital", "Leeds", "LS7 3CV", "voluntary", GOOD, 93, "free", True),
    ("XD007", "Moortown Eye and Ear Hospital", "Leeds", "LS17 6CM", "public", BEST, 94, "free", True),
    ("XD008", "Chapel Allerton House", "Leeds", "LS7 4CK", "voluntary", GOOD, 91, "free", False),
    ("XD009", "Armley Mills Treatment Centre", "Leeds", "LS12 2CV", "private", GOOD, 89, "free", True),
    ("XD010", "Bramley Fall Community Hospital", "Leeds", "LS13 3CM", "public", GOOD, 86, "free", True),
    ("XD011", "Seacroft Green Hospital", "Leeds", "LS14 6CV", "public", GOOD, 82, "paid", True),
    ("XD012", "Temple Newsam Clinic", "Leeds", "LS15 0CK", "private", WEAK, 80, "free", True),
    ("XD013", "Adel Woods Hospital", "Leeds", "LS16 8CV", "private", BEST, 96, "free", True),
    ("XD014", "Hunslet Riverside Hospital", "Leeds", "LS10 1CM", "public", BAD, 68, "paid", True),
    ("XD015", "Middleton Woods Health Centre", "Leeds", "LS10 4CK", "voluntary", GOOD, 87, "free", True),
    ("XD016", "Horsforth Hall Hospital", "Horsforth", "LS18 5CV", "public", GOOD, 90, "free", True),
    ("XD017", "Yeadon Tarn Clinic", "Yeadon", "LS19 7CM", "private", GOOD, 88, "free", False),
    ("XD018", "Otley Bridge Hospital", "Otley", "LS21 3CK", "public", GOOD, 92, "free", True),
    ("XD019", "Wetherby Wharfe Hospital", "Wetherby", "LS22 6CV", "public", GOOD, 91, "free", True),
    ("XD020", "Garforth Moor Surgical Unit", "Garforth", "LS25 1CM", "private", GOOD, 87, "free", True),
    ("XD021", "Rothwell Trust Hospital", "Rothwell", "LS26 0CK", "voluntary", BEST, 95, "free", True),
    ("XD022", "Morley Town Hospital", "Morley", "LS27 9CV", "public", GOOD, 85, "paid", True),
    ("XD023", "Pudsey Park Clinic", "Pudsey", "LS28 7CM", "private", GOOD, 90, "free", True),
    ("XD024", "Ilkley Moor Hospital", "Ilkley", "LS29 8CK", "voluntary", BEST, 97, "free", True),
    ("XD025", "Bradford Beck Infirmary", "Bradford", "BD1 4CV", "public", WEAK, 77, "paid", True),
    ("XD026", "Manningham Park Hospital", "Bradford", "BD8 7CM", "public", GOOD, 83, "paid", True),
    ("XD027", "Heaton Royds Hospital", "Bradford", "BD9 6CK", "public", GOOD, 86, "paid", True),
    ("XD028", "Eccleshill Surgical Centre", "Bradford", "BD10 0CV", "private", GOOD, 89, "free", True),
    ("XD029", "Wibsey Slack Clinic", "Bradford", "BD6 1CM", "private", WEAK, 78, "free", False),
    ("XD030", "Bingley Five Rise Hospital", "Bingley", "BD16 2CK", "public", GOOD, 90, "free", True),
    ("XD031", "Shipley Glen Hospital", "Shipley", "BD18 3CV", "voluntary", GOOD, 92, "free", True),
    ("XD032", "Keighley Worth Valley Hospital", "Keighley", "BD21 3CM", "public", GOOD, 85, "paid", True),
    ("XD033", "Skipton Dales Hospital", "Skipton", "BD23 2CK", "public", BEST, 96, "free", True),
    ("XD034", "Cleckheaton Spen Clinic", "Cleckheaton", "BD19 3CV", "private", GOOD, 88, "free", True),
    ("XD035", "Wakefield Chantry Hospital", "Wakefield", "WF1 2CM", "public", GOOD, 84, "paid", True),
    ("XD036", "Castleford Roman Road Hospital", "Castleford", "WF10 4CK", "public", WEAK, 76, "free", True),
    ("XD037", "Dewsbury Minster Hospital", "Dewsbury", "WF13 1CV", "public", GOOD, 82, "paid", True),
    ("XD038", "Halifax Piece Hospital", "Halifax", "HX1 5CM", "public", GOOD, 87, "paid", True),
    ("XD039", "Huddersfield Castle Hospital", "Huddersfield", "HD1 3CK", "private", GOOD, 91, "free", True),
    ("XD040", "Harrogate Spa Hospital", "Harrogate", "HG2 7CV", "public", BEST, 95, "paid", True),
    ("XD041", "York Foss Hospital", "York", "YO31 8CM", "public", GOOD, 89, "paid", True),
    ("XD042", "Selby Abbey Clinic", "Selby", "YO8 4CK", "voluntary", GOOD, 90, "free", True),
)  # fmt: skip


@dataclass(frozen=True)
class Clinic:
    """A kind of clinic, and what all its services here have in common."""

    specialty: str
    clinic_type: str
    specialty_title: str
    title: str
    conditions: tuple[str, ...]
    exclusions: tuple[str, ...]
    investigations: tuple[str, ...] = ()
    gender: str = "MALE_AND_FEMALE"


# Some services of a clinic leave out the last of its exclusions.
CLINICS: tuple[Clinic, ...] = (
    Clinic("ORTHOPAEDICS", "KNEE", "Orthopaedics", "Knee", ("Knee pain", "Knee arthritis", "Torn cartilage"),
           ("People under 18", "Body mass index (BMI) over 40"), ("X-ray of the knee",)),
    Clinic("ORTHOPAEDICS", "HIP", "Orthopaedics", "Hip", ("Hip pain", "Hip arthritis"),
           ("People under 18", "Body mass index (BMI) over 40"), ("X-ray of the hip",)),
    Clinic("ORTHOPAEDICS", "HAND_AND_WRIST", "Orthopaedics", "Hand and wrist",
           ("Carpal tunnel", "Trigger finger", "Dupuytren's"), ("People under 16",)),
    Clinic("OPHTHALMOLOGY", "CATARACT", "Eye care", "Cataract", ("Cataract",),
           ("People under 18", "People who need a general anaesthetic"),
           ("Sight test in the last 6 months",)),
    Clinic("OPHTHALMOLOGY", "GLAUCOMA", "Eye care", "Glaucoma", ("Glaucoma", "High eye pressure"),
           ("People under 18",), ("Eye pressure test",)),
    Clinic("GENERAL_SURGERY", "HERNIAS", "General surgery", "Hernia", ("Groin hernia", "Navel hernia"),
           ("People under 18", "A hernia that was repaired before", "Body mass index (BMI) over 35")),
    Clinic("ENT", "EAR", "Ear, nose and throat", "Ear", ("Hearing loss", "Ear infections that come back"),
           ("People under 16",), ("Hearing test",)),
    Clinic("DERMATOLOGY", "SKIN_CONDITIONS", "Skin", "Skin conditions", ("Eczema", "Psoriasis", "Acne"),
           ("Suspected skin cancer", "People under 16")),
    Clinic("CARDIOLOGY", "HEART_RHYTHM", "Heart", "Heart rhythm", ("Palpitations", "Atrial fibrillation"),
           ("People under 18", "A pacemaker"), ("ECG",)),
    Clinic("GYNAECOLOGY", "MENSTRUAL_DISORDERS", "Gynaecology", "Heavy or painful periods",
           ("Heavy periods", "Endometriosis"), ("Pregnancy", "People under 16"),
           ("Pelvic ultrasound",), "FEMALE"),
    Clinic("GASTROENTEROLOGY", "LOWER_GI", "Stomach and bowel", "Bowel", ("Bowel pain", "Coeliac disease"),
           ("Suspected bowel cancer", "People under 18"), ("Blood tests",)),
    Clinic("RHEUMATOLOGY", "JOINT_INFLAMMATION", "Rheumatology", "Inflamed joints",
           ("Rheumatoid arthritis", "Psoriatic arthritis"), ("People under 18",), ("Blood tests",)),
)  # fmt: skip

# Nobody has a free appointment for this one, so that the demonstration has something to defer.
NOTHING_FREE = "JOINT_INFLAMMATION"
# All of these but one provider's are rung.
MOSTLY_RUNG, DIRECT_EAR = "EAR", "XD007"


@dataclass(frozen=True)
class DemoReferral:
    """A citizen of the demonstration, and how they prove who they are."""

    ubrn: str
    access_code: str
    birth_year: int
    given_name: str
    gender: str
    specialty: str
    clinic_type: str
    postcode: str | None
    phone: str
    story: str
    story_cy: str
    referred_days: int = 20


DEMO_REFERRALS: tuple[DemoReferral, ...] = (
    DemoReferral("111122223331", "KITE 4821", 1961, "Maya", "FEMALE", "ORTHOPAEDICS", "KNEE", "LS6 2CV",
                 "+447700900101", "A sore knee, and many hospitals to choose from.",
                 "Pen-glin poenus, a llawer o ysbytai i ddewis ohonynt."),
    DemoReferral("111122223332", "LAMP 7305", 1948, "George", "MALE", "OPHTHALMOLOGY", "CATARACT", "BD9 4CK",
                 "+447700900102", "A cataract, near Bradford.",
                 "Cataract, ger Bradford."),
    DemoReferral("111122223333", "FERN 2649", 1979, "Aisha", "FEMALE", "RHEUMATOLOGY", NOTHING_FREE, None,
                 "+447700900103", "Inflamed joints, and nobody has a free appointment. No postcode known.",
                 "Cymalau llidus, a neb ag apwyntiad rhydd. Nid yw'r cod post yn hysbys.", 140),
    DemoReferral("111122223334", "WOOD 9153", 1990, "Tom", "MALE", "ENT", MOSTLY_RUNG, "LS28 8CM",
                 "+447700900104", "Hearing loss, and most hospitals ask you to ring them.",
                 "Colli clyw, ac mae'r rhan fwyaf o ysbytai yn gofyn i chi eu ffonio."),
    DemoReferral("111122223335", "BELL 3867", 1955, "Carol", "FEMALE", "ORTHOPAEDICS", "HIP", "WF1 3CV",
                 "+447700900105", "A sore hip, already booked.",
                 "Clun boenus, eisoes wedi'i threfnu."),
)  # fmt: skip
BOOKED = "111122223335"
