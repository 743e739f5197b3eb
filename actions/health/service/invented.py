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
           ("People under 16", "Suspected skin cancer")),
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
NURSE = "Talk with a nurse"
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
    path: tuple[str, ...] = ()  # the states it goes through before the citizen comes
    advice: str | None = None  # the clinic's words, with a state that has some
    priority: str = "ROUTINE"
    wants_earlier: bool = False
    carer: str | None = None  # the number of somebody who may act for them


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

# Clinics that no story of the five above chooses between: these stories take slots.
DEMO_STORIES: tuple[DemoReferral, ...] = (
    DemoReferral("111122223336", "MOTH 5518", 1961, "Maya", "FEMALE", "OPHTHALMOLOGY", "GLAUCOMA", "LS6 2CV",
                 "+447700900101", "The same Maya's second referral, for high pressure in the eye.",
                 "Ail atgyfeiriad yr un Maya, am bwysedd uchel yn y llygad."),
    DemoReferral("111122223341", "DOVE 6214", 1972, "Harriet", "FEMALE", "GENERAL_SURGERY", "HERNIAS",
                 "LS8 4CK", "+447700900106",
                 "A hernia, over 18 weeks without a visit: the law lets her choose another hospital.",
                 "Torgest, dros 18 wythnos heb ymweliad: mae'r gyfraith yn gadael iddi ddewis ysbyty arall.",
                 136),
    DemoReferral("111122223342", "PLUM 9027", 1958, "Viktor", "MALE", "CARDIOLOGY", "HEART_RHYTHM", "WF2 6CV",
                 "+447700900107", "Palpitations, over 40 weeks and nothing booked: the NHS writes first.",
                 "Crychguriadau, dros 40 wythnos a dim wedi'i drefnu: y GIG sy'n ysgrifennu gyntaf.", 295),
    DemoReferral("111122223343", "REED 1746", 1985, "Nasreen", "FEMALE", "DERMATOLOGY", "SKIN_CONDITIONS",
                 "BD8 9CM", "+447700900108", "Eczema; the clinic is still looking at the referral.",
                 "Ecsema; mae'r clinig yn dal i edrych ar yr atgyfeiriad.", 9, ("AWAITING_TRIAGE",)),
    DemoReferral("111122223344", "WREN 8351", 1966, "Owen", "MALE", "GASTROENTEROLOGY", "LOWER_GI", "HX1 2CK",
                 "+447700900109", "Bowel pain; the clinic answered with advice instead of a visit.",
                 "Poen yn y coluddyn; atebodd y clinig gyda chyngor yn lle ymweliad.", 12,
                 ("AWAITING_TRIAGE", "TRIAGE_RESPONSE"),
                 "Please have a blood test and keep a food diary for two weeks, then see your GP again."),
    DemoReferral("111122223345", "TARN 4490", 1993, "Leila", "FEMALE", "DERMATOLOGY", "SKIN_CONDITIONS",
                 "LS11 5CV", "+447700900110", "Psoriasis; she missed her appointment and can choose again.",
                 "Soriasis; collodd ei hapwyntiad a gall ddewis eto.", 70, ("BOOKED", "DID_NOT_ATTEND")),
    DemoReferral("111122223346", "FAWN 3682", 1951, "Bernard", "MALE", "RHEUMATOLOGY", NOTHING_FREE,
                 "BD16 3CM", "+447700900111", "Inflamed joints; the hospital is to be in touch with a time.",
                 "Cymalau llidus; yr ysbyty sydd i gysylltu gydag amser.", 30, ("DEFERRED_TO_PROVIDER",)),
    DemoReferral("111122223347", "CLAY 7718", 1969, "Grace", "FEMALE", "GENERAL_SURGERY", "HERNIAS",
                 "HD1 4CV", "+447700900112",
                 "A hernia; the hospital cancelled, and holds a new time for her.",
                 "Torgest; canslodd yr ysbyty, ac mae'n dal amser newydd iddi.", 60,
                 ("BOOKED", "APPT_CANCELLED_BY_PROVIDER")),
    DemoReferral("111122223348", "ROWAN 205", 1964, "Desmond", "MALE", "DERMATOLOGY", "SKIN_CONDITIONS",
                 "LS15 8CK", "+447700900113", "To be seen within two weeks, and it is longer than that.",
                 "I'w weld o fewn pythefnos, ac mae'n hirach na hynny.", 17, (), None, "TWO_WEEK_WAIT"),
    DemoReferral("111122223349", "SAGE 6630", 1977, "Ines", "FEMALE", "ORTHOPAEDICS", "HAND_AND_WRIST",
                 "LS28 6CM", "+447700900114", "Carpal tunnel; she has been to the hospital.",
                 "Twnnel carpal; mae hi wedi bod yn yr ysbyty.", 90, ("BOOKED", "ATTENDED")),
    DemoReferral("111122223350", "PINE 1183", 1949, "Clifford", "MALE", "OPHTHALMOLOGY", "GLAUCOMA",
                 "YO24 1CV", "+447700900115",
                 "High eye pressure; the clinic has the result of its assessment.",
                 "Pwysedd llygad uchel; mae gan y clinig ganlyniad ei asesiad.", 25,
                 ("AWAITING_TRIAGE", "ASSESSMENT_RESULT"),
                 "Your eye pressure is stable. Keep using your drops. We want to see you in six months."),
    DemoReferral("111122223351", "LARK 5946", 1981, "Yusuf", "MALE", "GASTROENTEROLOGY", "LOWER_GI",
                 "BD3 9CK", "+447700900116", "Bowel pain; the clinic will make an appointment itself.",
                 "Poen yn y coluddyn; bydd y clinig yn gwneud apwyntiad ei hun.", 15,
                 ("AWAITING_TRIAGE", "TRIAGED_PROVIDER_TO_ACTION")),
    DemoReferral("111122223352", "MINT 2075", 1989, "Chloe", "FEMALE", "GYNAECOLOGY", "MENSTRUAL_DISORDERS",
                 "WF10 2CV", "+447700900117", "Heavy periods; the hospital sent the referral back to her GP.",
                 "Mislif trwm; anfonodd yr ysbyty'r atgyfeiriad yn ôl at ei meddyg teulu.", 40,
                 ("REJECTED",)),
    DemoReferral("111122223353", "HAZEL 840", 1944, "Dev", "MALE", "CARDIOLOGY", "HEART_RHYTHM", "LS17 5CM",
                 "+447700900118",
                 "Palpitations, booked, and he would come sooner. His daughter may act for him.",
                 "Crychguriadau, wedi'i drefnu, a deuai'n gynt. Caiff ei ferch weithredu drosto.", 35,
                 ("BOOKED",), wants_earlier=True, carer="+447700900119"),
    DemoReferral("111122223354", "ELDER 396", 1975, "Priya", "FEMALE", "ORTHOPAEDICS", "HAND_AND_WRIST",
                 "LS17 5CM", "+447700900119", "Dev's daughter. Her own referral was cancelled: her hand is"
                 " better.",
                 "Merch Dev. Canslwyd ei hatgyfeiriad ei hun: mae ei llaw yn well.", 50,
                 ("CANCELLED_REFERRAL",)),
)  # fmt: skip
"""One referral in each state that a citizen may find theirs in, each with its own telephone."""
