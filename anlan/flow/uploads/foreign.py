"""Pictures of kinds that are not kept: refused with a sentence that says what to do on the telephone or the computer."""

from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

FOREIGN = "flow.E084"
_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")


def check_foreign_picture(raw: bytes, *, name: str) -> None:
    """Raise BadEvidence when the content is a picture of another kind than those that are kept, whatever its name."""
    ending = name.lower().rpartition(".")[2]
    if raw[4:8] == b"ftyp" and raw[8:12] in _BRANDS:
        raise BadEvidence(FOREIGN, _telephone(name))
    if (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP") or (ending, raw[:3]) == ("gif", b"GIF"):
        raise BadEvidence(FOREIGN, _computer(name))
    if (ending == "bmp" and raw[:2] == b"BM") or raw[:4] in (b"II*\0", b"MM\0*"):
        raise BadEvidence(FOREIGN, _computer(name))


def _telephone(name: str) -> str:
    text = _(
        '"%(name)s" is a HEIC picture, which many computers cannot open. On the iPhone choose Settings, Camera, Formats, '
        '"Most Compatible" and take it again; or send a screenshot of it, or save it as JPEG.'
    )
    return text % {"name": name}


def _computer(name: str) -> str:
    text = _(
        '"%(name)s" is a picture of a kind that is not kept (WebP, GIF, BMP or TIFF). Open it, save it as JPEG or PNG, or take a '
        "screenshot of it, and send that."
    )
    return text % {"name": name}
