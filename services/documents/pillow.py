"""Making a picture safe with Pillow: runs in a limited worker process, on bytes that nobody has trusted yet."""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from services.documents import domain
from services.documents.domain import SafePicture
from shared.errors import DomainError

JPEG_QUALITY = 92
FORMATS = ("JPEG", "PNG")


def make_safe(content: bytes) -> SafePicture:
    """Header before decode, decode, turn upright by EXIF, drop everything but the pixels, encode again."""
    try:
        return _reencode(content)
    except DomainError as error:
        return SafePicture(refusal=error.code)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return SafePicture(refusal="upload.damaged")


def _reencode(content: bytes) -> SafePicture:
    domain.sniff(content[:16])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        domain.check_size(*picture.size)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    pixels = _on_white(upright)
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=JPEG_QUALITY)
    return SafePicture(out.getvalue(), pixels.width, pixels.height)


def _on_white(picture: Image.Image) -> Image.Image:
    """RGB; transparent parts become white, as they would on paper."""
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        layer = picture.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        picture = Image.alpha_composite(paper, layer)
    elif picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    clean = Image.new("RGB", picture.size)
    clean.paste(picture.convert("RGB"))
    return clean
