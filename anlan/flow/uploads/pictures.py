"""Pictures are drawn anew: only the pixels of the upload are kept, so place, camera, comments and anything appended stay behind.

Limits are of memory: how many pixels a picture may have depends on the bytes that one takes when it is unpacked. A photograph
beyond them is read at half or a quarter of its size, which JPEG allows without unpacking the whole.
"""

from io import BytesIO
from typing import Any

from anlan.flow.uploads.refusal import BAD_PICTURE, LARGE_PICTURE, Refusal

MAX_DECODED_BYTES = 128 * 2**20  # 33 million pixels in colour, four bytes each, or 134 million of one byte
MAX_PIXELS = {"PNG": 60_000_000, "JPEG": 240_000_000}
MAX_SIDE = 30_000
SCALES = (1, 2, 4, 8)
QUALITY = 90
PACKING = 4  # of 9; a third of the time of the usual 6, a few percent larger
_BYTES = {"1": 1, "L": 1, "P": 4, "I;16": 2}  # P is drawn in colour when it has transparent places; the rest has four
_KEPT_MODES = {"PNG": ("1", "L", "P", "RGB", "I;16"), "JPEG": ("L", "RGB")}


def redraw(raw: bytes, *, kind: str) -> bytes:
    """Return the first frame of a PNG or JPEG as a new file, turned upright, on white ground, without any metadata.

    `kind` is "PNG" or "JPEG". Raises: Refusal when it has more pixels than allowed, is cut off, or is no such picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = max(MAX_PIXELS.values())
    try:
        with Image.open(BytesIO(raw), formats=(kind,)) as picture:
            _fit(picture, kind)
            picture.load()
            drawn = _plain(_on_white(ImageOps.exif_transpose(picture)), kind)
            drawn.info.clear()  # a comment, a text or a profile would be written again
            stream = BytesIO()
            drawn.save(stream, format=kind, **({"quality": QUALITY} if kind == "JPEG" else {"compress_level": PACKING}))
            return stream.getvalue()
    except Image.DecompressionBombError as error:
        raise Refusal(LARGE_PICTURE) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, TypeError) as error:
        raise Refusal(BAD_PICTURE) from error


def _fit(picture: Any, kind: str) -> None:
    """Let a large photograph be read smaller; refuse what does not fit. Asked before a pixel is unpacked."""
    wide, high = picture.size
    if wide * high > MAX_PIXELS[kind] or max(wide, high) > MAX_SIDE:
        raise Refusal(LARGE_PICTURE)
    each = _BYTES.get(picture.mode, 4)
    scale = next((one for one in SCALES if wide * high * each <= MAX_DECODED_BYTES * one * one), 0)
    if kind == "JPEG" and scale > 1:
        picture.draft(picture.mode, (wide // scale, high // scale))
    if picture.size[0] * picture.size[1] * each > MAX_DECODED_BYTES:
        raise Refusal(LARGE_PICTURE)


def _on_white(picture: Any) -> Any:
    """Lay a picture with transparent places on white paper: black writing and a red seal stay readable on any ground."""
    from PIL import Image

    if not picture.has_transparency_data:
        return picture
    clear = picture.convert("RGBA")
    paper = Image.new("RGB", clear.size, (255, 255, 255))
    paper.paste(clear, mask=clear.getchannel("A"))
    return paper


def _plain(picture: Any, kind: str) -> Any:
    """Return the picture in a mode that its kind of file keeps; of sixteen bits in others than grey, eight are kept."""
    if picture.mode in _KEPT_MODES[kind]:
        return picture
    if picture.mode in ("I", "I;16B", "I;16L"):
        return picture.convert("I").point(lambda level: level / 257 + 0.5).convert("L")
    return picture.convert("RGB")
