"""Random mutations of bytes and of JSON values: flips, deletions, swaps, other types and spellings, splices of two genuine documents."""

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

ODD = (
    None, True, False, 0, 1, -1, 1.0, 2**63, 10**40, float("nan"), "", "-", "0", "０", " ", "\ud800", [], {}, [None], "00" * 32,
    "AA==", "sha256", "sm3",
)  # fmt: skip


def mutate_bytes(dice: random.Random, raw: bytes, other: bytes) -> bytes:
    """Return the bytes with one thing changed; `other` is another genuine document, to splice with."""
    at, end = sorted((dice.randrange(len(raw)), dice.randrange(len(raw))))
    changes: Sequence[Callable[[], bytes]] = (
        lambda: raw[:at] + bytes([raw[at] ^ 1 << dice.randrange(8)]) + raw[at + 1 :],
        lambda: raw[:at] + raw[at + 1 :],
        lambda: raw[:at] + bytes([dice.randrange(256)]) + raw[at:],
        lambda: raw[:at] + raw[end:],
        lambda: raw[:end] + raw[at:end] + raw[end:],
        lambda: raw[:at],
        lambda: raw[:at] + other[at:],
        lambda: raw[:at] + other[at:end] + raw[end:],
    )
    return dice.choice(changes)()


def mutate_json(dice: random.Random, value: Any, other: Any) -> Any:
    """Return a copy of a JSON value with one thing in it changed; `other` lends values for splices."""
    whole = copy.deepcopy(value)
    holder, key = dice.choice(list(places(whole)))
    lent = dice.choice(list(places(other)))
    change = dice.randrange(6)
    if change == 0:
        del holder[key]
    elif change == 1:
        holder[key] = copy.deepcopy(lent[0][lent[1]])
    elif change == 2:
        holder[key] = copy.deepcopy(dice.choice(ODD))
    elif change == 3:
        elsewhere, there = dice.choice(list(places(whole)))
        holder[key], elsewhere[there] = copy.deepcopy(elsewhere[there]), copy.deepcopy(holder[key])
    elif change == 4 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[key] = _near(dice, holder[key])
    return whole


def places(value: Any) -> Any:
    """Yield (holder, key) of everything inside a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def _near(dice: random.Random, value: Any) -> Any:
    """Return something that looks like the value and is another one."""
    if isinstance(value, bool) or value is None:
        return dice.choice((True, False, None, 0, 1))
    if isinstance(value, int):
        return dice.choice((value + 1, value - 1, -value, float(value), str(value), value + 2**64))
    if isinstance(value, str):
        return _near_text(dice, value)
    if isinstance(value, list):
        return dice.choice(
            (value[::-1], value[1:], value[:-1], value + value, {str(at): one for at, one in enumerate(value)})
        )
    return dice.choice(({}, list(value), {**value, "more": 1}))


def _near_text(dice: random.Random, value: str) -> str:
    at = dice.randrange(len(value) + 1)
    spliced = value[:at] + dice.choice("0aA= \n—+") + value[at + 1 :]
    changed = (
        spliced, value[:at], value.upper(), value + " ", value + "\n", value.rstrip("="), value.replace("0", "０", 1), value[at:],
        value[:at] + value[at - 1 : at] + value[at:], value.replace("\n", "\n\n", 1), " " + value,
    )  # fmt: skip
    return dice.choice(changed)


def dumped(value: Any) -> bytes:
    """Return JSON as somebody would write it who changed it."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
