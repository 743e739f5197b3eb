"""Where a postcode is, roughly: the districts in and around Leeds and Bradford, for distances in miles."""

import math
import re
from dataclasses import dataclass

from actions.health.service.outcomes import Refusal

# The middle of each district, in degrees north and east, to about a third of a mile. Public facts
# (the districts' towns), rounded: enough to compare hospitals, not to find a house.
DISTRICTS: dict[str, tuple[float, float]] = {
    "LS1": (53.798, -1.548), "LS2": (53.804, -1.545), "LS3": (53.804, -1.562), "LS4": (53.810, -1.580),
    "LS5": (53.817, -1.600), "LS6": (53.819, -1.569), "LS7": (53.819, -1.535), "LS8": (53.823, -1.505),
    "LS9": (53.798, -1.510), "LS10": (53.768, -1.530), "LS11": (53.777, -1.556), "LS12": (53.791, -1.595),
    "LS13": (53.811, -1.635), "LS14": (53.817, -1.460), "LS15": (53.798, -1.440), "LS16": (53.847, -1.592),
    "LS17": (53.856, -1.530), "LS18": (53.839, -1.640), "LS19": (53.863, -1.685), "LS20": (53.876, -1.711),
    "LS21": (53.908, -1.690), "LS22": (53.930, -1.385), "LS23": (53.906, -1.350), "LS24": (53.883, -1.263),
    "LS25": (53.785, -1.305), "LS26": (53.749, -1.450), "LS27": (53.742, -1.600), "LS28": (53.798, -1.670),
    "LS29": (53.924, -1.800),
    "BD1": (53.794, -1.752), "BD2": (53.811, -1.735), "BD3": (53.799, -1.728), "BD4": (53.777, -1.715),
    "BD5": (53.782, -1.762), "BD6": (53.768, -1.790), "BD7": (53.786, -1.785), "BD8": (53.801, -1.785),
    "BD9": (53.811, -1.800), "BD10": (53.828, -1.712), "BD11": (53.753, -1.665), "BD12": (53.753, -1.765),
    "BD13": (53.781, -1.860), "BD14": (53.785, -1.825), "BD15": (53.810, -1.845), "BD16": (53.848, -1.835),
    "BD17": (53.840, -1.775), "BD18": (53.834, -1.785), "BD19": (53.725, -1.715), "BD20": (53.915, -1.965),
    "BD21": (53.866, -1.905), "BD22": (53.840, -1.950), "BD23": (53.985, -2.030), "BD24": (54.080, -2.275),
    "WF1": (53.685, -1.495), "WF2": (53.668, -1.515), "WF3": (53.727, -1.530), "WF4": (53.637, -1.500),
    "WF5": (53.680, -1.580), "WF6": (53.702, -1.415), "WF7": (53.670, -1.350), "WF8": (53.690, -1.305),
    "WF9": (53.600, -1.320), "WF10": (53.725, -1.345), "WF11": (53.710, -1.260), "WF12": (53.685, -1.625),
    "WF13": (53.692, -1.640), "WF14": (53.675, -1.695), "WF15": (53.705, -1.690), "WF16": (53.712, -1.675),
    "WF17": (53.722, -1.640),
    "HX1": (53.722, -1.865), "HX2": (53.740, -1.910), "HX3": (53.735, -1.835), "HX4": (53.685, -1.885),
    "HX5": (53.685, -1.840), "HX6": (53.705, -1.915), "HX7": (53.740, -2.010),
    "HD1": (53.645, -1.785), "HD2": (53.670, -1.765), "HD3": (53.650, -1.835), "HD4": (53.630, -1.805),
    "HD5": (53.650, -1.745), "HD6": (53.700, -1.780), "HD7": (53.620, -1.890), "HD8": (53.600, -1.660),
    "HD9": (53.570, -1.780),
    "YO1": (53.959, -1.081), "YO7": (54.230, -1.340), "YO8": (53.780, -1.070), "YO10": (53.950, -1.055),
    "YO19": (53.925, -1.030), "YO23": (53.920, -1.110), "YO24": (53.945, -1.120), "YO26": (53.970, -1.180),
    "YO30": (53.985, -1.110), "YO31": (53.975, -1.070), "YO32": (54.010, -1.060), "YO51": (54.095, -1.395),
    "HG1": (54.000, -1.540), "HG2": (53.983, -1.530), "HG3": (54.020, -1.610), "HG4": (54.135, -1.525),
    "HG5": (54.010, -1.465),
}  # fmt: skip

_FORM = re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?) ?([0-9])[A-Z]{2}")


@dataclass(frozen=True)
class Place:
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


def postcode_form(postcode: str) -> str:
    """A full postcode as it is written: capitals, and one space.

    Raises:
        Refusal: it is not a postcode.
    """
    found = _FORM.fullmatch(" ".join(postcode.upper().split()))
    if found is None:
        raise Refusal(422, "POSTCODE_UNKNOWN", "The postcode is not written as a full postcode.")
    return f"{found[1]} {found[0][-3:]}"


def locate(postcode: str) -> Place:
    """The middle of a postcode's sector (`LS6 2` of `LS6 2AB`), placed around that of its district.

    Raises:
        Refusal: it is not a postcode, or of a district that is not in the table.
    """
    district, inward = postcode_form(postcode).split(" ")
    middle = DISTRICTS.get(district)
    if middle is None:
        raise Refusal(422, "POSTCODE_UNKNOWN", "The postcode's district is not one this service knows.")
    # Sectors lie around the district's middle; which way is made up from the digit, always the same.
    angle = math.radians(36 * int(inward[0]))
    return Place(middle[0] + 0.004 * math.cos(angle), middle[1] + 0.007 * math.sin(angle))
