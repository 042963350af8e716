"""File names as they come from a browser: without folders, without signs that turn what is read, with one honest ending."""

import unicodedata
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from anlan.flow.errors import BadEvidence

MOST_LETTERS = 200
# What a computer runs or opens as a page. As a part of the name before the ending it is there to deceive.
DECEIVING = frozenset(
    """
    exe com scr pif bat cmd msi dll cpl lnk reg vbs vbe js jse mjs wsf wsh hta ps1 sh jar py pl php phtml asp aspx jsp
    htm html xhtml shtml svg xml swf docm xlsm xlsb dotm xltm pptm iso img zip rar 7z gz tar apk url scf chm
    """.split()  # noqa: SIM905  a list of words reads better in lines
)


def clean_name(name: str) -> str:
    """Return the name without folders, in composed form, at most 200 characters.

    Raises: BadEvidence for signs that change the direction of reading or are invisible, and for a deceiving double ending.
    """
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name.strip(" .")
    turning = [sign for sign in last if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
    if turning:
        words = {"sign": f"U+{ord(turning[0]):04X}"}
        raise BadEvidence(
            "flow.E033", _("The file's name holds the hidden sign %(sign)s. Rename the file and send it again.") % words
        )
    inner = [part.strip().lower() for part in unicodedata.normalize("NFKC", last).split(".")[1:-1]]
    deceiving = [part for part in inner if part in DECEIVING]
    if deceiving:
        words = {"name": last, "ending": deceiving[0]}
        raise BadEvidence(
            "flow.E034", _('"%(name)s" has the double ending ".%(ending)s". Rename the file and send it again.') % words
        )
    return last[-MOST_LETTERS:]
