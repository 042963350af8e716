"""What the look into a file found. No Django here: the look runs in a process of its own, and `apart` makes the sentences."""


class Refusal(Exception):
    """The file is not kept. `code` is the stable id of what was found, `part` where or what it was, in the file's own words."""

    def __init__(self, code: str, part: str = "") -> None:
        super().__init__(code, part)
        self.code, self.part = code, part


# What was found, by stable id. `apart.SENTENCES` has a sentence for each.
OTHER_KIND = "flow.E032"
BAD_PICTURE = "flow.E035"
LARGE_PICTURE = "flow.E036"
BAD_PDF = "flow.E037"
TWO_KINDS_PDF = "flow.E038"
LOCKED = "flow.E039"
ACTIVE_PDF = "flow.E040"
HIDING_PDF = "flow.E041"
BAD_OFFICE = "flow.E042"
TWO_KINDS_OFFICE = "flow.E043"
UNSAFE_PATH = "flow.E044"
MACROS = "flow.E045"
BOMB = "flow.E046"
LOADS = "flow.E047"
CARRIES = "flow.E048"
TOO_COSTLY = "flow.E085"
