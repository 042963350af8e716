"""Passwords that somebody would try first: the product's name, the own name, the commonest ones, keyboard runs, in any spelling.

A password is looked at as it is and with its disguises taken off: capitals, full-width letters, signs in place of letters (leet),
separators, and digits or signs in front and behind. Whole sentences of common words are none of these: they are good passwords.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from django.contrib.auth.password_validation import CommonPasswordValidator

# What stands on every list of guessed passwords here and is missing in Django's list of twenty thousand English ones.
_HERE = frozenset(
    """
    woaini1314 woaini520 5201314 1314520 a5201314 wang1234 zhang123 li123456 qq123456 abc123456 aa123456 a123456789
    admin123456 admin@123456 hospital123 yiyuan123456 pingan123456 p@ssw0rd1234 woaini woaizhongguo zhongguo beijing
    """.split()  # noqa: SIM905  a list of words reads better in lines
)
_OF_THE_HOUSE = (
    "anlan",
    "安澜",
    "pinganyiyuan",
    "平安医院",
    "pingan",
    "hospital",
    "yiyuan",
    "password",
    "mima",
    "admin",
)
_FEW = 5  # with fewer different signs beside such words, nothing is left to guess
_LEET = (str.maketrans("@401!|3$5789", "aaoiiiesstbg"), str.maketrans("@401!|3$5789", "aaolliesstbg"))
_SHIFTED = str.maketrans('!@#$%^&*()_+{}|:"<>?~', "1234567890-=[]\\;',./`")
_ROWS = ("`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./")
_STAGGER = (0.0, 1.5, 1.75, 2.25)  # where a row begins, in keys
_PAD = ("789", "456", "123")


def is_guessed(password: str, own: Iterable[str]) -> bool:
    """Tell whether the password is one of the first that somebody would try. `own` are the names of the person."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if is_a_run(plain) or is_on_the_keyboard(plain) or (is_a_run(plain[::2]) and is_a_run(plain[1::2])):
        return True
    spellings = {plain, *(plain.translate(one) for one in _LEET)}
    return any(_is_common(one) or _is_little_beside_names(one, own) for one in spellings)


def is_a_run(password: str) -> bool:
    """Tell whether nearly every sign follows the one before: 123456789012, abcdefgh, 88888888, and backwards."""
    steps = [ord(after) - ord(before) for before, after in pairwise(password)]
    return bool(steps) and sum(step in (-1, 0, 1) for step in steps) >= 0.8 * len(steps)


def is_on_the_keyboard(password: str) -> bool:
    """Tell whether most keys lie beside the one before, along a row, down a column or on the number pad, with Shift or without."""
    keys = password.translate(_SHIFTED)
    pairs = list(pairwise(keys))
    return len(pairs) >= 3 and sum(pair in _neighbours() for pair in pairs) >= 0.7 * len(pairs)


def _is_common(password: str) -> bool:
    """Tell whether the password, or its core without digits and signs around, is on a list; said twice counts as once."""
    bare = _without_separators(password)
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", bare)
    found = {password, bare, core, re.sub(r"[\W_]+$", "", bare)}
    found |= {once[1] for one in found if (once := re.fullmatch(r"(.{3,}?)\1+", one))}
    return any(one in _common() for one in found if len(one) > 3)


def _is_little_beside_names(password: str, own: Iterable[str]) -> bool:
    """Tell whether hardly anything, or nothing but digits, a run or a common password, is left without the names of house and person."""
    bare = whole = _without_separators(password)
    for word in (*_OF_THE_HOUSE, *own):
        name = _without_separators(word.casefold())
        if len(name) > 1:
            bare = bare.replace(name, "").replace(name[::-1], "")
    has_letters = any(letter.isalpha() for letter in bare)
    is_easy = not has_letters or is_a_run(bare) or is_on_the_keyboard(bare) or bare in _common()
    return len(set(bare)) < _FEW or (bare != whole and is_easy)


def _without_separators(text: str) -> str:
    return re.sub(r"[\s\-_.,:;/\\+*#'\"]+", "", text)


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords) | _HERE


@cache
def _neighbours() -> frozenset[tuple[str, str]]:
    """Return the pairs of keys that touch: beside each other, and from one row to the next."""
    places = {key: (row, _STAGGER[row] + place) for row, keys in enumerate(_ROWS) for place, key in enumerate(keys)}
    pad = {key: (row, float(place)) for row, keys in enumerate(_PAD) for place, key in enumerate(keys)}
    touching = {
        (one, other)
        for board in (places, pad)
        for one, (row, at) in board.items()
        for other, (other_row, other_at) in board.items()
        if abs(row - other_row) <= 1 and abs(at - other_at) <= 1
    }
    return frozenset(touching)
