"""Verify a receipt or an archive package of Anlan 安澜 without Anlan.  不依赖安澜系统，核验安澜的回执或档案包。

    python3 anlan_verify.py FILE --key KEY [--witness KEY]… [--checkpoint KEPT [--offer OFFER]]

One file, Python 3.8 or newer, standard library only, no network, writes nothing. KEY is a line `name+id+base64` or a file with it:
get it from the operator on another way than FILE. KEPT is a checkpoint that you kept; OFFER proves that the log has grown
from it (`anlan witness offer`). Exit code 0: proven · 1: something waits or is left out, or the call was wrong · 2: it differs.

For each entry: SHA-256(salt ‖ content) stands in the header · H(0x00 ‖ header) is the leaf · leaf and path lead to the root (RFC
9162, 2.1.3) · the root stands in a checkpoint that the log signed (C2SP). 每个条目：内容→头部→叶→路径→根→日志签名的检查点，逐级核验。
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO

RECEIPT, PACKAGE, PROVEN, WAITS, DIFFERS = "anlan-receipt/1", "anlan-archive/1", 0, 1, 2
MARKS = (("符", "ok"), ("待", "waits"), ("异", "DIFFERS"))
TEXT = """
form | 格式不对：{what} | has not the form that it should have: {what}
key-pinned | 以给定的公钥核验：{key} | verified with the key that was given: {key}
key-inside | 公钥是文件自带的，可一并伪造；请给 --key：{key} | the key is the file's own and may be forged with it; give --key: {key}
key-other | 文件所载公钥不是给定的公钥：{key} | names another key than the one that was given: {key}
signed | {name} 的签名有效：{what} | the signature of {name} holds: {what}
signature | {name} 的签名无效或缺失：{what} | the signature of {name} is wrong or missing: {what}
cosigned | 见证方 {name} 已联署，Unix 时间 {at} | witness {name} cosigned at Unix time {at}
cosignature | 见证方 {name} 的联署无效或缺失 | the cosignature of witness {name} is wrong or missing
cosigners | 另有 {n} 个签名未核验，未给出其公钥 | {n} more signatures were not checked: no --witness key was given
origin | 属于另一日志或另一种树：{name}，{hash} | is of another log or kind of tree: {name}, {hash}
kept-grown | 与您保存的检查点（{old} 条）前后相续 | continues the checkpoint of {old} entries that you kept
kept-other | 与您保存的检查点矛盾：日志被改写或分叉 | contradicts the checkpoint that you kept: the log was rewritten or split
kept-alone | 您保存的检查点有 {old} 条，此处 {new} 条，须以 --offer 证明相续 | you kept {old} entries, here are {new}: prove it with --offer
leaf | 头部的哈希与叶不符：头部或叶被改 | the header does not hash to the leaf: header or leaf was changed
promise | 收件承诺不属于此回执：{what} | the promise is not of this receipt: {what}
promised | 日志于 {at} 承诺收录 | the log promised at {at} to hold it
unplaced | 尚未进入树，请稍后再取 | has no position in the tree yet; fetch it again later
path | 由第 {position} 号位置到不了根：条目、位置或路径被改 | position {position} does not lead to the root: entry, place or path changed
included | 在 {size} 条的树中位于第 {position} 号 | stands at position {position} in the tree of {size} entries
batch-root | 叶的清单与批次的根不符 | the leaves do not lead to the root of the batch
batch-in | {n} 条全部在 {size} 条的树中 | all {n} entries stand in the tree of {size} entries
container | 压缩包结构在第 {at} 字节处不符 | the container differs at byte {at}
file-gone | 清单所列文件缺失 | is listed in manifest.json and missing
file-extra | 清单未列此文件 | is not listed in manifest.json
file | 文件的哈希或大小与清单不符 | has not the hash or size that manifest.json says
content | 内容或盐被改：哈希与头部不符 | content or salt was changed: they do not hash to what the header says
withheld | {n} 条未附内容，仅证明头部 | {n} contents are left out; only their headers are proven
erased | {n} 条内容已依法删除，头部仍可证明 | {n} contents were lawfully erased; their headers are proven
unapproved | 删除没有依据，或未经申请人以外的两人批准 | the erasure names no ground, or not two approvals by others than who asked
unvouched | 内容缺失，且其后没有删除条目（erase）为证：内容被取走 | its content is gone and no later entry `erase` of the record says why
waiting | {n} 条尚未进入树 | {n} entries have no position in the tree yet
order | 位置顺序不对或重复：条目被移动、插入或重复 | positions do not ascend: an entry was moved, added or repeated
foreign | 条目属于 {name}，不属于此处 | the entry is of {name} and does not belong here
versions | 版本应为 1 至 {n}，实有：{found} | versions 1 to {n} should be here, these are: {found}
evidence-gone | 佐证文件缺失：{sha256} | its evidence file is missing: {sha256}
evidence-foreign | 没有条目提到这份佐证文件 | no entry in the package names this evidence file
evidence | 佐证文件被调换或改动：哈希与文件名不符 | the evidence was swapped or changed: it does not hash to its name
package | 已核验记录 {r}、条目 {n}、佐证 {k} | {r} records, {n} entries, {k} evidence files were verified
0 | 核验通过：与日志签名的一致。 | PROVEN: it is what the log signed.
1 | 尚不完整：见“待”各行。 | NOT COMPLETE: see the lines that wait.
2 | 不符：见“异”各行。 | IT DIFFERS: see the lines that say so.
"""
WORDS = {line.split(" | ")[0]: line.split(" | ")[1:] for line in TEXT.strip().split("\n")}


class Bad(ValueError):
    """Something has not the form that it should have."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    """Return the SM3 of bytes in plain Python, slowly; where OpenSSL knows it, that is taken."""
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = data + b"\x80" + b"\x00" * ((55 - len(data)) % 64) + struct.pack(">Q", 8 * len(data))
    for at in range(0, len(padded), 64):
        w = list(struct.unpack(">16I", padded[at : at + 64]))
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ _turn(w[j - 3], 15)
            w.append(x ^ _turn(x, 15) ^ _turn(x, 23) ^ _turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            early = j < 16
            first = _turn((_turn(a, 12) + e + _turn(0x79CC4519 if early else 0x7A879D8A, j)) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if early else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if early else (e & f) | (~e & 0xFFFFFFFF & g)
            two = (gg + h + first + w[j]) & 0xFFFFFFFF
            a, b, c, d = (ff + d + (first ^ _turn(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF, a, _turn(b, 9), c
            e, f, g, h = two ^ _turn(two, 9) ^ _turn(two, 17), e, _turn(f, 19), g
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return struct.pack(">8I", *state)


def _turn(value: int, by: int) -> int:
    return ((value << by % 32) | (value >> (32 - by % 32))) & 0xFFFFFFFF


HAS_SM3 = "sm3" in hashlib.algorithms_available
HASHES: dict[str, Any] = {"sha256": sha256, "sm3": (lambda data: hashlib.new("sm3", data).digest()) if HAS_SM3 else sm3}


def are_hashes(*values: object) -> bool:
    """Tell whether all are hashes of a tree; nothing else ever equals a root."""
    return all(type(value) is bytes and len(value) == 32 for value in values)


def climb(h: Any, fn: int, sn: int, start: bytes, path: list[bytes]) -> Any:
    """Return the roots of the older and the newer tree to which a path leads (RFC 9162, 2.1.3.2, 2.1.4.2); None: nowhere."""
    fr = sr = start
    for p in path:
        if sn == 0 or not are_hashes(p):
            return None
        if fn & 1 or fn == sn:
            fr, sr = h(b"\x01" + p + fr), h(b"\x01" + p + sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = h(b"\x01" + sr + p)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) if sn == 0 else None


def inclusion_holds(h: Any, leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Tell whether the path leads from the leaf at `index` to the root of `size` leaves."""
    led = climb(h, index, size - 1, leaf, path) if 0 <= index < size and are_hashes(leaf, root) else None
    return led is not None and led[1] == root


def consistency_holds(h: Any, old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    """Tell whether the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 < old < new or not are_hashes(old_root, new_root):
        return old == new > 0 and are_hashes(old_root) and old_root == new_root and not path
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    path = [old_root, *path] if old & (old - 1) == 0 else path
    return are_hashes(*path[:1]) and bool(path) and climb(h, fn, sn, path[0], path[1:]) == (old_root, new_root)


def root_from(h: Any, leaves: dict[int, bytes], size: int, path: list[bytes]) -> bytes:
    """Return the root of `size` leaves (RFC 9162, 2.1.1); `path`: the subtrees without a known leaf, from the left. Raises: Bad."""
    rest = list(path)

    def over(start: int, end: int, mine: list[int]) -> Any:
        if mine and end - start > 1:
            middle = start + (1 << ((end - start - 1).bit_length() - 1))
            cut = next((i for i, position in enumerate(mine) if position >= middle), len(mine))
            left, right = over(start, middle, mine[:cut]), over(middle, end, mine[cut:])
            return left and right and h(b"\x01" + left + right)
        found = leaves[start] if mine else rest.pop(0) if rest else None
        return found if are_hashes(found) else None

    root: Any = over(0, size, sorted(leaves)) if leaves and min(leaves) >= 0 and max(leaves) < size else None
    if rest or not root:
        raise Bad("positions and path do not fit together")
    return root  # type: ignore[no-any-return]


P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, SQRT_MINUS_1 = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)


def _add(p: Any, q: Any) -> Any:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, p: Any) -> Any:
    result: Any = (0, 1, 1, 0)
    while number:
        result = _add(result, p) if number & 1 else result
        p, number = _add(p, p), number >> 1
    return result


def _decompress(raw: bytes) -> Any:
    """Return the point that 32 bytes stand for. Raises: Bad."""
    y, sign = int.from_bytes(raw, "little") & ((1 << 255) - 1), raw[31] >> 7
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x * SQRT_MINUS_1 % P if (x * x - x2) % P else x
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        raise Bad("no point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = _decompress(b"\x58" + b"\x66" * 31)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature of 64 bytes is of this message under a key of 32 (Ed25519, RFC 8032): s·B = R + k·A."""
    try:
        a, r = _decompress(public), _decompress(signature[:32])
    except (Bad, IndexError):
        return False
    s = int.from_bytes(signature[32:64], "little")  # what is longer is refused below, not reckoned with for hours
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    p, q = _times(s, BASE), _add(r, _times(k, a))
    is_same = (p[0] * q[2] - q[0] * p[2]) % P == 0 == (p[1] * q[2] - q[1] * p[2]) % P
    return len(signature) == 64 and s < ORDER and is_same


def unbase64(text: object, count: int = 0) -> bytes:
    """Return what base64 says, of `count` bytes unless it is 0. Raises: Bad, also for another spelling of the same bytes."""
    try:
        value = base64.b64decode(typed(str, text), validate=True)
    except ValueError as error:
        raise Bad("a text that should be base64 is not") from error
    if base64.b64encode(value).decode() != text or (count and len(value) != count):
        raise Bad("base64 in an unusual spelling, or of another number of bytes")
    return value


def unhex(text: object, count: int = 32) -> bytes:
    """Return the bytes of lower-case hex. Raises: Bad."""
    if not isinstance(text, str) or not re.fullmatch(f"[0-9a-f]{{{2 * count}}}", text):
        raise Bad(f"a text that should be {count} bytes in lower-case hex is not")
    return bytes.fromhex(text)


class Key:
    """A verifier key `name+id+base64(kind ‖ public key)`; kind 1 signs notes, kind 4 cosigns checkpoints."""

    def __init__(self, line: object) -> None:
        self.line = typed(str, line).strip()
        self.name, said, encoded = [*self.line.split("+", 2), "", ""][:3]
        raw = unbase64(encoded, 33)
        self.public, self.id = raw[1:], sha256(self.name.encode() + b"\n" + raw)[:4]
        if raw[0] not in (1, 4) or not self.name or self.id != unhex(said, 4):
            raise Bad("this is no Ed25519 verifier key, or its id is of another one")


def split_note(note: object) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return text and signatures (name, key id, bytes) of a signed note. Raises: Bad."""
    text, gap, tail = typed(str, note).rpartition("\n\n")
    if not gap or not tail.endswith("\n") or re.search("[\0-\x09\x0b-\x1f]", typed(str, note)):
        raise Bad("this is no signed note")
    signatures = []
    for line in tail[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or not parts[1]:
            raise Bad("a signature line is not in order")
        signatures.append((parts[1], unbase64(parts[2])[:4], unbase64(parts[2])[4:]))
    return text + "\n", signatures


def read_checkpoint(text: str) -> tuple[str, int, bytes, str]:
    """Return origin, size, root and the tree's hash (sha256 unless an extension line says otherwise). Raises: Bad."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]) or "" in lines[3:-1]:
        raise Bad("this is no checkpoint")
    named = [line[10:] for line in lines[3:] if line.startswith("tree-hash ")] or ["sha256"]
    return lines[0], typed(int, int(lines[1])), unbase64(lines[2], 32), " and ".join(named)


def load(data: bytes) -> Any:
    """Read JSON in UTF-8 without repeated names. Raises: Bad."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise Bad("a name stands twice in one object")
        return dict(pairs)

    try:  # int refuses the constants: NaN and Infinity are no numbers
        return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=int)
    except (ValueError, RecursionError) as error:
        raise Bad(str(error)) from error


def fields(value: object, *names: str) -> dict[str, Any]:
    """Return an object that has exactly these names. Raises: Bad."""
    if not isinstance(value, dict) or set(value) != set(names):
        raise Bad(f"an object with exactly {', '.join(sorted(names))} is needed")
    return value


def typed(kind: type, value: object) -> Any:
    """Return a list, a text or a whole number, as `kind` says: True is no number. Raises: Bad."""
    halves = kind is str and isinstance(value, str) and re.search("[\ud800-\udfff]", value)
    if type(value) is not kind or halves or (kind is int and not 0 <= value < 2**63):  # type: ignore[operator]
        raise Bad(f"{value!r:.40} is no {kind.__name__}")
    return value


class Verification:
    """What the caller trusts (the log's key, witnesses, a kept checkpoint) and what was found: (level, where, id, Chinese, English)."""

    def __init__(self, key: str = "", witnesses: tuple[str, ...] = (), kept: str = "", offer: str = "") -> None:
        self.key, self.witnesses = Key(key) if key else None, [Key(line) for line in witnesses]
        self.kept, self.offer = kept, offer
        self.findings: list[tuple[int, str, str, str, str]] = []

    def add(self, level: int, where: str, id: str, **words: object) -> None:
        """Note one finding."""
        self.findings.append((level, where, id, *(text.format(**words) for text in WORDS[id])))  # type: ignore[arg-type]

    def tell(self, holds: bool, where: str, good: str, bad: str, **words: object) -> bool:
        """Note what holds or differs, and return which."""
        self.add(PROVEN if holds else DIFFERS, where, good if holds else bad, **words)
        return holds

    @property
    def outcome(self) -> int:
        """The worst level found; without a finding nothing is proven."""
        return max((finding[0] for finding in self.findings), default=WAITS)

    def lines(self) -> list[str]:
        """Return the findings and the verdict as text."""
        found = [f"[{'/'.join(MARKS[level])}] {where}: {zh} | {en}" for level, where, _, zh, en in self.findings]
        return [*found, " ".join(WORDS[str(self.outcome)])]

    def key_of(self, where: str, log: object) -> Key:
        """Return the key to verify with: the one given, else the one inside. Raises: Bad when the one inside cannot be read."""
        named = fields(log, "name", "key")
        inside = Key(named["key"])
        if (inside.name, inside.line) != (named["name"], named["key"]):
            raise Bad("the key named inside is not of the log named inside")
        level = WAITS if self.key is None else PROVEN if self.key.line == inside.line else DIFFERS
        self.add(level, where, ("key-pinned", "key-inside", "key-other")[level], key=inside.line)
        return self.key or inside

    def signed_text(self, where: str, note: object, key: Key, what: str) -> str:
        """Return the text of a note that the key signed; empty after saying that it did not."""
        text, signatures = split_note(note)
        mine = [value for name, id, value in signatures if (name, id) == (key.name, key.id)]
        holds = len(mine) == 1 and ed25519_holds(key.public, text.encode(), mine[0])  # a key signs once
        return text if self.tell(holds, where, "signed", "signature", name=key.name, what=what) else ""

    def open_checkpoint(self, where: str, note: object, key: Key, hashed: str) -> tuple[int, bytes]:
        """Return size and root of a checkpoint, after its signatures and the kept one; (0, nothing) if the log did not sign it."""
        text, signatures = split_note(note)
        origin, size, root, named = read_checkpoint(text)
        if not self.signed_text(where, note, key, f"检查点 checkpoint, {size}, {root.hex()}"):
            return 0, b""
        if (origin, named) != (key.name, hashed):
            self.add(DIFFERS, where, "origin", name=origin, hash=named)
        others = [one for one in signatures if one[:2] != (key.name, key.id)]
        for witness in self.witnesses:
            mine = [raw for name, id, raw in others if (name, id) == (witness.name, witness.id)]
            times = [struct.unpack(">Q", raw[:8])[0] for raw in mine if len(raw) == 72]
            said = [(f"cosignature/v1\ntime {time}\n{text}".encode(), raw[8:]) for time, raw in zip(times, mine)]
            holds = len(times) == len(mine) > 0 and all(ed25519_holds(witness.public, *one) for one in said)
            self.tell(holds, where, "cosigned", "cosignature", name=witness.name, at=times)
            others = [one for one in others if one[:2] != (witness.name, witness.id)]
        if others:
            self.add(PROVEN, where, "cosigners", n=len(others))
        if self.kept:
            self.compare_kept(where, key, HASHES[hashed], size, root)
        return size, root

    def compare_kept(self, where: str, key: Key, h: Any, size: int, root: bytes) -> None:
        """Compare with the kept checkpoint. An offer is `old N`, a line of base64 per hash, an empty line, the newer checkpoint."""
        self.signed_text("--checkpoint", self.kept, key, "所存检查点 kept checkpoint")
        old, old_root = read_checkpoint(split_note(self.kept)[0])[1:3]
        if old != size and not self.offer:
            self.add(WAITS, where, "kept-alone", old=old, new=size)
            return
        holds = old_root == root
        if old != size:
            head, _, note = self.offer.partition("\n\n")
            first, path = head.split("\n")[0], [unbase64(line, 32) for line in head.split("\n")[1:]]
            (low, low_root), (high, high_root) = sorted([(old, old_root), (size, root)])
            holds = first == f"old {low}" and read_checkpoint(split_note(note)[0])[1:3] == (high, high_root)
            holds = holds and consistency_holds(h, low, high, low_root, high_root, path)
        self.tell(holds, where, "kept-grown", "kept-other", old=old)

    def receipt(self, receipt: Any, where: str = "receipt") -> None:
        """Verify a receipt: its header or batch, the log's promise, and the proof once it is there. Raises: Bad."""
        kind = receipt.get("kind") if isinstance(receipt, dict) else None
        own = ("header", "leaf") if kind == "entry" else ("batch",)
        said = fields(receipt, "format", "kind", "log", "number", "promise", "proof", "tree_hash", *own)
        if said["format"] != RECEIPT or kind not in ("entry", "batch") or said["tree_hash"] not in HASHES:
            raise Bad("unknown format, kind or tree_hash")
        h, key = HASHES[said["tree_hash"]], self.key_of(where, said["log"])
        if kind == "batch":
            batch = json.dumps(said["batch"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            subject = sha256(batch.encode("utf-8", "surrogatepass"))
        else:
            subject = unhex(said["leaf"])
            if h(b"\x00" + typed(str, said["header"]).encode()) != subject:
                self.add(DIFFERS, where, "leaf")
        promise = self.signed_text(where, said["promise"], key, "收件承诺 promise").split("\n")
        expected = [RECEIPT, key.name, kind, base64.b64encode(subject).decode(), typed(str, said["number"]) or "-"]
        holds = len(promise) == 7 and promise[:5] == expected and said["number"] != "-"
        self.tell(holds, where, "promised", "promise", at=promise[-2:][0], what=promise[2:5])
        if said["proof"] is None:
            self.add(WAITS, where, "unplaced")
        elif kind == "batch":
            self._batch(where, said["proof"], said["batch"], key, said["tree_hash"])
        else:
            proof = fields(said["proof"], "checkpoint", "path", "position")
            position, path = typed(int, proof["position"]), [unhex(one) for one in typed(list, proof["path"])]
            size, root = self.open_checkpoint(where, proof["checkpoint"], key, said["tree_hash"])
            holds = inclusion_holds(h, subject, position, size, path, root)
            self.tell(holds, where, "included", "path", position=position, size=size)

    def _batch(self, where: str, proof: Any, batch: Any, key: Key, hashed: str) -> None:
        batch = fields(batch, "entries", "file_sha256", "first", "id", "last", "root", "rows")
        proof, h = fields(proof, "checkpoint", "leaves", "path", "positions"), HASHES[hashed]
        leaves, path = ([unhex(one) for one in typed(list, proof[name])] for name in ("leaves", "path"))
        places = [typed(int, one) for one in typed(list, proof["positions"])]
        if not len(places) == len(leaves) == typed(int, batch["entries"]) or sorted(set(places)) != places:
            raise Bad("leaves and positions do not fit together")
        if root_from(h, dict(enumerate(leaves)), len(leaves), []) != unhex(batch["root"]):
            self.add(DIFFERS, where, "batch-root")
        size, root = self.open_checkpoint(where, proof["checkpoint"], key, hashed)
        holds = root_from(h, dict(zip(places, leaves)), size, path) == root
        self.tell(holds, where, "batch-in", "path", n=len(leaves), size=size, position=places[0])


class Package(Verification):
    """A package (a stored zip) while it is verified: what is `told` of each record (version, where, step, state), evidence `named`."""

    def verify(self, stream: BinaryIO) -> None:
        """Verify everything, from the container to the evidence. Raises: Bad when it cannot be read at all."""
        self.stream, self.files = stream, self.read_container(stream)
        self.told: dict[str, list[tuple[int, str, str, str]]] = {}
        self.named: dict[str, str] = {}
        self.numbers, self.counts = {**self.named}, {"whole": 0, "withheld": 0, "erased": 0, "waiting": 0}
        raw, where = self.read("manifest.json"), "manifest.json"
        manifest = fields(load(raw), "contents", "files", "format", "log", "reader", "scope", "tree_hash", "withheld")
        if manifest["format"] != PACKAGE or manifest["tree_hash"] not in HASHES:
            raise Bad("unknown format or tree_hash")
        key = self.key_of(where, manifest["log"])
        text = self.signed_text(where, self.read("manifest.sig").decode("utf-8", "replace"), key, "清单 manifest")
        if text and text != f"{PACKAGE}\n{key.name}\n{base64.b64encode(sha256(raw)).decode()}\n":
            self.add(DIFFERS, where, "file")
        inside = {name: {"bytes": size, "sha256": digest} for name, (_, size, digest) in self.files.items()}
        listed = {**manifest["files"], where: inside.get(where), "manifest.sig": inside.get("manifest.sig")}
        for name in sorted(set(listed) | set(inside)):
            what = "file-gone" if name not in inside else "file" if name in listed else "file-extra"
            if inside.get(name) != listed.get(name):
                self.add(DIFFERS, name, what)
        note, where = self.read("checkpoint.txt").decode("utf-8", "replace"), "checkpoint.txt"
        size, root = self.open_checkpoint(where, note, key, manifest["tree_hash"])
        for name in sorted(one for one in self.files if one.startswith("entries/")):
            self.entries(name, HASHES[manifest["tree_hash"]], size, root, manifest["scope"]["institution"])
        self.compare_records()
        self.compare_evidence(manifest["scope"]["evidence"])

    def read_container(self, stream: BinaryIO) -> dict[str, tuple[int, int, str]]:
        """Return the files: name → (offset, size, SHA-256 in hex). Names every byte that Anlan would write otherwise."""
        files: dict[str, tuple[int, int, str]] = {}
        central, start, head = b"", 0, stream.read(30)
        while head[:4] == b"PK\3\4" and len(head) == 30:
            size, length = struct.unpack("<L4xH", head[18:28])
            name, crc, digest, left = stream.read(length), 0, hashlib.sha256(), size
            while left and (part := stream.read(min(left, 1 << 20))):
                crc, left = zlib.crc32(part, crc), left - len(part)
                digest.update(part)
            form = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 33, crc, size, size, length, 0)
            path = name.decode("ascii", "replace")
            if head + name != b"PK\3\4" + form + name or left or path in files:
                self.add(DIFFERS, path, "container", at=start)
            files[path] = (start + 30 + length, size, digest.hexdigest())
            central += b"PK\1\2\x14\3" + form + struct.pack("<HHHLL", 0, 0, 0, 0o644 << 16, start) + name
            start, head = stream.tell(), stream.read(30)
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(files), len(files), len(central), start, 0)
        if head + stream.read() != central + end:
            self.add(DIFFERS, "package", "container", at=start)
        return files

    def read(self, name: str) -> bytes:
        """Return the bytes of one file. Raises: Bad."""
        if name not in self.files:
            raise Bad(f"{name} is missing")
        self.stream.seek(self.files[name][0])
        return self.stream.read(self.files[name][1])

    def entries(self, file: str, h: Any, size: int, root: bytes, institution: str) -> None:
        """Verify each line of a register's file; positions ascend, and what waits stands at the end."""
        last = -1.0
        for number, line in enumerate(self.read(file).split(b"\n")[:-1], start=1):
            where = f"{file}:{number}"
            try:
                entry = fields(load(line), "content", "header", "leaf", "path", "position", "salt", "state")
                header = load(typed(str, entry["header"]).encode())
                where += f" {header['record']} v{header['version']} {header['step']}"
                self.entry(where, entry, header, h, size, root)
                place = float("inf") if entry["position"] is None else entry["position"]
                if place < last or place == last < float("inf"):
                    self.add(DIFFERS, where, "order")
                last = place
                if (f"entries/{header['register']}.jsonl", header["institution"]) != (file, institution):
                    self.add(DIFFERS, where, "foreign", name=f"{header['institution']} {header['register']}")
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                self.add(DIFFERS, where, "form", what=error)

    def entry(self, where: str, entry: Any, header: Any, h: Any, size: int, root: bytes) -> None:
        """Verify one entry from the inside out: content, leaf, path. Raises: Bad."""
        told = (typed(int, header["version"]), where, header["step"], entry["state"])
        self.told.setdefault(header["record"], []).append(told)
        self.counts[entry["state"]] += 1
        if entry["state"] == "whole":
            self.content(where, typed(str, entry["content"]).encode(), unhex(entry["salt"], 16), header)
        elif entry["content"] is not None or entry["salt"] is not None:
            raise Bad(f"{entry['state']} and yet with content")
        leaf, path = unhex(entry["leaf"]), [unhex(one) for one in typed(list, entry["path"])]
        if h(b"\x00" + entry["header"].encode()) != leaf:
            self.add(DIFFERS, where, "leaf")
        if entry["position"] is None:
            self.counts["waiting"] += 1
        elif not inclusion_holds(h, leaf, typed(int, entry["position"]), size, path, root):
            self.add(DIFFERS, where, "path", position=entry["position"])

    def content(self, where: str, content: bytes, salt: bytes, header: Any) -> None:
        """Verify what one entry says, and note the number and the evidence that it tells. Raises: Bad."""
        if sha256(salt + content).hex() != header["content"]:
            self.add(DIFFERS, where, "content")
        said = load(content)
        if header["step"] == "erase":
            others = {typed(int, one) for one in typed(list, said.get("approved_by"))} - {said.get("requested_by")}
            if len(others) < 2 or not said.get("ground"):
                self.add(DIFFERS, where, "unapproved")
        if header["version"] == 1 and "number" in said:
            self.numbers[header["record"]] = f"records.json {header['register']} {said['number']}"
        self.named.update(dict.fromkeys(said.get("evidence", []), where))

    def compare_records(self) -> None:
        """Compare with records.json: each record with all its versions, 1 to the last, once; none emptied without an erasure."""
        rows = [fields(one, "number", "record", "register", "versions") for one in load(self.read("records.json"))]
        listed = {row["record"]: (f"records.json {row['register']} {row['number']}", row["versions"]) for row in rows}
        if len(listed) != len(rows):
            raise Bad("a record stands twice in records.json")
        for uid in sorted({*listed, *self.told}):
            where, count = listed.get(uid, (f"records.json {uid}", 0))
            if self.numbers.get(uid, where) != where:
                self.add(DIFFERS, where, "foreign", name=self.numbers[uid])
            told = sorted(self.told.get(uid, []))
            if [one[0] for one in told] != list(range(1, typed(int, count) + 1)):
                self.add(DIFFERS, where, "versions", n=count, found=[one[0] for one in told])
            last = max([version for version, _, step, _ in told if step == "erase"] or [0])
            for place in [place for version, place, _, state in told if state == "erased" and version >= last]:
                self.add(DIFFERS, place, "unvouched")

    def compare_evidence(self, is_included: bool) -> None:
        """Compare evidence files with their names and with the entries that name them; then say what was counted."""
        inside = {name[9:]: digest for name, (_, _, digest) in self.files.items() if name.startswith("evidence/")}
        for name, digest in sorted(inside.items()):
            if name != digest or name not in self.named:
                self.add(DIFFERS, f"evidence/{name}", "evidence" if name != digest else "evidence-foreign")
        for digest in sorted(set(self.named) - set(inside)) if is_included else ():
            self.add(DIFFERS, self.named[digest], "evidence-gone", sha256=digest)
        for id in filter(self.counts.get, ("withheld", "waiting", "erased")):
            self.add(PROVEN if id == "erased" else WAITS, "package", id, n=self.counts[id])
        self.add(PROVEN, "package", "package", r=len(self.told), n=sum(map(len, self.told.values())), k=len(inside))


def verify_file(path: Path, *trust: Any) -> Verification:
    """Verify a receipt or a package; `trust` is key, witnesses, kept checkpoint and offer as text. Raises: Bad for a bad key."""
    found = Package(*trust)
    with path.open("rb") as stream:
        try:
            if stream.peek(1)[:1] == b"P":
                found.verify(stream)
            else:
                found.receipt(load(stream.read()))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            found.add(DIFFERS, path.name, "form", what=error)
    return found


def main() -> int:
    """Verify the file that the command line names, print what was found and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--witness", action="append", default=[])
    for name in ("--key", "--checkpoint", "--offer"):
        parser.add_argument(name, default="")
    try:
        args = parser.parse_args()
        key, kept, offer, *witnesses = (
            Path(one).read_text(encoding="utf-8") if one and "+" not in one else one
            for one in (args.key, args.checkpoint, args.offer, *args.witness)
        )
        found = verify_file(args.file, key, tuple(witnesses), kept, offer)
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
    except SystemExit as end:
        return WAITS if end.code else PROVEN
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    print("\n".join(found.lines()))  # noqa: T201
    return found.outcome


if __name__ == "__main__":
    sys.exit(main())
