"""The README of a package and the table of its registers, in both languages."""

from typing import Any

from django.utils.translation import override

from anlan.flow.spec import RegisterSpec

README = """\
安澜档案包（anlan-archive/1）
=============================
本包含一家机构的台账记录：每条记录的全部条目、每个条目在日志中的证明、日志签名的检查点，以及（如选择）佐证文件。

核验：在任何装有 Python 3.8 以上的电脑上，无需联网：
    python3 anlan_verify.py 本包.zip --key 公钥
公钥请向运行单位另行索取，不要只用包内的 log.pub。结果码：0 通过，1 有等待或未附内容，2 不符。

manifest.json   范围、读者、数量、每个文件的大小和哈希；manifest.sig 是日志对它的签名
checkpoint.txt  检查点：日志名、条目数、根、签名（C2SP）
log.pub         日志的公钥
entries/        每个台账一个文件，每行一个条目：头部、内容、盐、叶、位置、路径；依法删除的记录只剩头部和删除条目（erase）
records.json    每条记录的编号和版本数
registers.json  台账、栏目、步骤、状态的中英文名称
evidence/       佐证文件，以 SHA-256 命名；evidence.json 是其原名
anlan_verify.py 核验程序，一个可以通读的文件

内容哈希 = SHA-256(盐 ‖ 内容)，写在头部；叶 = H(0x00 ‖ 头部)；叶沿路径到达检查点的根（RFC 9162）。

Anlan archive package (anlan-archive/1)
=======================================
This package holds records of one institution: every entry of each, its proof that the log holds it, the checkpoint that the log signed,
and, if chosen, the evidence files.

To verify it on any computer with Python 3.8 or newer, without a network:
    python3 anlan_verify.py PACKAGE.zip --key KEY
Ask the operator for the key on another way; do not rely on log.pub in here alone. Exit code 0: proven, 1: something waits or is left
out, 2: something differs.

manifest.json   scope, reader, counts, size and hash of every file; manifest.sig is the log's signature of it
checkpoint.txt  the checkpoint: name, number of entries, root, signatures (C2SP)
log.pub         the log's public key
entries/        a file per register, a line per entry: header, content, salt, leaf, position, path; of a record that was lawfully
                erased the headers are left, and the entry `erase` that says so
records.json    the number of each record and how many versions it has
registers.json  names of registers, columns, steps and states in both languages
evidence/       evidence files named by their SHA-256; evidence.json has their own names
anlan_verify.py the verifier, one file that can be read through

The content's hash is SHA-256(salt ‖ content) and stands in the header; leaf = H(0x00 ‖ header); leaf and path lead to the root of the
checkpoint (RFC 9162).
"""


def register_table(spec: RegisterSpec) -> dict[str, Any]:
    """Return what a reader needs to understand the contents: names in both languages, and how delicate each column is."""
    fields = [field for field in spec.model._meta.concrete_fields if field.name != "id"]
    return {
        "code": spec.code,
        "name": both(spec.name),
        "privacy": spec.sensitivity.value,
        "columns": [
            {
                "column": field.attname,
                "label": both(spec.label(field.name)),
                "privacy": spec.field_sensitivity[field.name].value,
                "choices": {str(value): both(label) for value, label in field.flatchoices},
            }
            for field in fields
        ],
        "steps": {name: both(step.label) for name, step in spec.steps.items()},
        "states": {name: both(label) for name, label in spec.states.items()},
    }


def both(label: Any) -> dict[str, str]:
    """Return a translatable text in Chinese and English."""
    words = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            words[key] = str(label)
    return words
