"""Pictures made safe: read as what they are, turned the right way up, made smaller, drawn anew as JPEG."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

from PIL import Image, ImageOps

type Trouble = Literal["too_big", "not_a_picture", "gone"]

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000
"""Of the picture as it is sent: a telephone's camera has fewer, a decompression bomb has more."""
LONGEST_SIDE: Final = 2_048
QUALITY: Final = 85
TYPE: Final = "image/jpeg"
_SCALED: Final = frozenset({"RGB", "RGBA", "L", "LA", "CMYK", "YCbCr"})
"""Modes that can be made smaller as they are."""


class PictureError(Exception):
    """What was sent can't be kept as a picture; `trouble` is what the citizen is told."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble


@dataclass(frozen=True)
class Drawn:
    """A picture drawn anew: JPEG, without whatever the camera wrote into it; sides in pixels."""

    data: bytes
    width: int
    height: int


def redraw(data: bytes) -> Drawn:
    """Draws a picture anew; it takes up to seconds, so a thread's work.

    Args:
        data: the file as it came, whatever it is called.

    Raises:
        PictureError: it is no picture, or too big a one.
    """
    if len(data) > MOST_BYTES:
        raise PictureError("too_big")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            drawn = _draw(image) if image.width * image.height <= MOST_PIXELS else None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError("too_big") from None
    except Exception:  # a broken file raises whatever its reader trips over
        raise PictureError("not_a_picture") from None
    if drawn is None:
        raise PictureError("too_big")
    return drawn


def _draw(image: Image.Image) -> Drawn:
    size = (LONGEST_SIDE, LONGEST_SIDE)
    image.draft("RGB", size)  # a JPEG is read at about the size that is wanted
    image.load()
    seen: Image.Image = image
    if image.mode not in _SCALED or "transparency" in image.info:
        seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
    seen.thumbnail(size)
    seen = ImageOps.exif_transpose(seen)
    # A new sheet has none of the old one's comments, places and profiles.
    sheet = Image.new("RGB", seen.size, "white")
    if seen.has_transparency_data:
        seen = seen.convert("RGBA")
        sheet.paste(seen, mask=seen.getchannel("A"))
    else:
        sheet.paste(seen.convert("RGB"))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Drawn(out.getvalue(), *sheet.size)


# A picture between Pillow's own limit and ours is told of by its size alone.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
