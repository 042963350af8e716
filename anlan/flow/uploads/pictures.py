"""Pictures are drawn anew: only the pixels of the upload are kept, so place, camera, comments and anything appended stay behind."""

from io import BytesIO

from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

MAX_PIXELS = 60_000_000  # a telephone of today takes 50 million; one decoded picture needs four bytes for each
MAX_SIDE = 20_000
QUALITY = 90
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
_KEPT_MODES = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "JPEG": ("L", "RGB")}


def redraw(raw: bytes, *, content_type: str, name: str) -> bytes:
    """Return the first frame of a PNG or JPEG as a new file, turned upright, without any metadata.

    Raises: BadEvidence when it has more pixels than allowed, is cut off, or is no such picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    kind = FORMATS[content_type]
    try:
        with Image.open(BytesIO(raw), formats=(kind,)) as picture:
            _check_size(picture.size, name)
            upright = ImageOps.exif_transpose(picture)
            if upright.mode not in _KEPT_MODES[kind]:
                upright = upright.convert("RGB")
            bare = Image.new(upright.mode, upright.size)
            if upright.mode == "P" and (palette := upright.getpalette()) is not None:
                bare.putpalette(palette)
            bare.paste(upright)
            drawn = BytesIO()
            bare.save(drawn, format=kind, **({"quality": QUALITY} if kind == "JPEG" else {}))
            return drawn.getvalue()
    except Image.DecompressionBombError as error:  # the library's own limit, before ours is asked
        raise _too_large(name) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        words = {"name": name}
        raise BadEvidence(
            "flow.E035", _('"%(name)s" is damaged or cut off. Take or save the picture again and send that.') % words
        ) from error


def _check_size(size: tuple[int, int], name: str) -> None:
    if size[0] * size[1] > MAX_PIXELS or max(size) > MAX_SIDE:
        raise _too_large(name)


def _too_large(name: str) -> BadEvidence:
    text = _('The picture "%(name)s" has more than %(most)d million pixels. Make it smaller and send that.')
    return BadEvidence("flow.E036", text % {"name": name, "most": MAX_PIXELS // 1_000_000})
