"""One random tampering of one row by SQL, as somebody with the database's password would do it.

Each is a `Tampering`: what it is, what must be named, and the statements. Keys that carry no meaning (the row number of an evidence
row, its address in URLs) are left alone: nothing refers to them, so changing them changes nothing that anybody reads.
"""

import contextlib
import datetime as dt
import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db import connection, models

from anlan.flow.models import Batch, Evidence
from anlan.flow.spec import all_registers
from anlan.ledger.models import Entry, Position, Tile, TreeHead, Unsequenced
from anlan.org.credentials import AccountRequest, Factor, FormerPassword, OutsideIdentity
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.parties import Party
from anlan.org.subjects import REQUEST, subject_uid
from anlan.vault.fields import EncryptedColumn

KINDS = ("change", "delete", "insert", "reorder")
Model = type[models.Model]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampering:
    """`told` are words of which one must stand in what the check finds: receipt, number, position, tile or entry.

    `named` is the attribute that must stand in the same line.
    """

    kind: str
    table: str
    column: str
    told: tuple[str, ...]
    named: str = ""


Target = Callable[[str], Tampering | None]
IN_TURN = 28  # seven tables or kinds of tables of records and ledger, four ways


class Tamperer:
    """Takes dice and tampers with one row at a time."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.registers = [spec.model for spec in all_registers() if spec.model.objects.exists()]
        self.targets: tuple[Target, ...] = (
            self.of_register, self.of_entry, self.of_position, self.of_tile, self.of_head, self.of_queue, self.of_evidence,
        )  # fmt: skip
        self.weighted: tuple[Target, ...] = (
            *self.targets, self.of_register, self.of_entry, self.of_organisation, self.of_organisation, self.of_organisation,
        )  # fmt: skip

    def tamper(self, turn: int) -> Tampering:
        """Change, delete, insert or reorder something of records or ledger: each table each way once, then by chance, people too."""
        if turn < IN_TURN:
            target, kind = self.targets[turn // len(KINDS)], KINDS[turn % len(KINDS)]
            return self._until_done(lambda: target(kind))
        return self._until_done(lambda: self.dice.choice(self.weighted)(self.dice.choice(KINDS)))

    def tamper_with_the_organisation(self, turn: int) -> Tampering:
        """Change, delete, insert or reorder a row of the organisation: each table each way once, then by chance."""
        if turn < len(WAYS):
            return self._until_done(lambda: self.of_model(*WAYS[turn]))
        return self._until_done(lambda: self.of_organisation(self.dice.choice(KINDS)))

    def _until_done(self, attempt: Callable[[], Tampering | None]) -> Tampering:
        for _ in range(200):
            if (done := attempt()) is not None:
                return done
        raise AssertionError("Two hundred throws of the dice changed nothing.")

    def of_register(self, kind: str) -> Tampering | None:
        model = self.dice.choice(self.registers)
        row = self._any(model.objects)
        told = (str(row.uid), row.number)
        if kind == "change":
            return self._change(model, row, told, skip={"id"})
        if kind == "delete":
            self._delete(model, row.pk)
            return Tampering(kind=kind, table=model._meta.db_table, column="", told=told)
        if kind == "insert":
            new = {"uid": uuid.uuid4(), "number": f"{row.number}X"} | self._free(model)
            self._copy(model, row, new)
            return Tampering(kind=kind, table=model._meta.db_table, column="", told=(str(new["uid"]),))
        other = self._any(model.objects)
        if other.pk == row.pk:
            return None
        return self._swap(model, row, other, "uid", told)

    def of_entry(self, kind: str) -> Tampering | None:
        row = self._any(Entry.objects)
        told = self._of(row)
        if kind == "change" and self.dice.random() < 0.2:
            return self._empty(row, told)
        if kind == "change":
            return self._change(Entry, row, told, skip={"id"})
        if kind == "delete":
            self._delete(Entry, row.pk)
            return Tampering(kind=kind, table="ledger_entry", column="", told=told)
        if kind == "insert":
            last = Entry.objects.filter(record_uid=row.record_uid).order_by("-version").first()
            new = {"uid": uuid.uuid4(), "version": last.version + 1}
            pk = self._copy(Entry, row, new)
            return Tampering(kind=kind, table="ledger_entry", column="", told=(f"entry {pk}", str(row.record_uid)))
        other = self._any(Entry.objects)
        if other.pk == row.pk:
            return None
        return self._swap(Entry, row, other, self.dice.choice(("uid", "header", "content", "leaf", "salt")), told)

    def of_position(self, kind: str) -> Tampering | None:
        row, size = self._any(Position.objects), Position.objects.count()
        told = (f"position {row.index}", f"entry {row.entry_id}")
        if kind == "delete":
            self._delete(Position, row.pk)
        elif kind == "insert":
            waiting = Unsequenced.objects.first()
            self._sql('INSERT INTO ledger_position ("index", entry_id) VALUES (%s, %s)', size, waiting.pk)
            told = (f"position {size}", f"entry {waiting.pk}")
        elif kind == "change":
            self._sql('UPDATE ledger_position SET "index" = %s WHERE "index" = %s', size + 5, row.index)
        else:
            other = self._any(Position.objects)
            if other.pk == row.pk:
                return None
            told = (f"position {min(row.index, other.index)}",)
            return self._swap(Position, row, other, "entry_id", told)
        return Tampering(kind=kind, table="ledger_position", column="", told=told)

    def of_tile(self, kind: str) -> Tampering | None:
        row = self._any(Tile.objects)
        hashes = bytes(row.hashes)
        at = self.dice.randrange(len(hashes) // 32)
        told = (f"tile {row.level}/{row.index}", f"position {row.index * 256 + at}", "positions ", "tree head ")
        binary = connection.Database.Binary
        if kind == "change":
            bit = self.dice.randrange(256)
            flipped = bytearray(hashes)
            flipped[at * 32 + bit // 8] ^= 1 << bit % 8
            self._sql("UPDATE ledger_tile SET hashes = %s WHERE id = %s", binary(bytes(flipped)), row.pk)
        elif kind == "delete":
            self._delete(Tile, row.pk)
            told = (*told, f"position {row.index * 256}")
        elif kind == "insert":
            level, index = self.dice.choice(((0, 900), (3, 0), (1, 7)))
            told = (f"tile {level}/{index}",)
            self._sql(
                'INSERT INTO ledger_tile (level, "index", hashes) VALUES (%s, %s, %s)', level, index, binary(hashes)
            )
        else:
            if len(hashes) < 64:
                return None
            turned = hashes[32:64] + hashes[:32] + hashes[64:]
            self._sql("UPDATE ledger_tile SET hashes = %s WHERE id = %s", binary(turned), row.pk)
            told = (*told, f"position {row.index * 256}")
        return Tampering(kind=kind, table="ledger_tile", column="hashes", told=told)

    def of_head(self, kind: str) -> Tampering | None:
        """A head with its signed checkpoint. When it was made is a clock's word; an older one that is gone says nothing."""
        row, newest = self._any(TreeHead.objects), TreeHead.objects.latest("size")
        told: tuple[str, ...] = (
            f"tree head {row.size} ",
            f"tree head {row.size}:",
            f"{newest.size} entries",
            "tree heads ",
        )
        if kind == "change":
            return self._change(TreeHead, row, told, skip={"at"})
        if kind == "delete":
            self._delete(TreeHead, newest.pk)
            told = ("positions ", "position ")
        elif kind == "insert":
            free = next(size for size in range(row.size + 1, row.size + 9) if not TreeHead.objects.filter(size=size))
            values = {**self._as_stored(TreeHead, row), "size": free}
            names = ", ".join(connection.ops.quote_name(name) for name in values)
            places = ", ".join(["%s"] * len(values))
            self._sql(f"INSERT INTO ledger_treehead ({names}) VALUES ({places})", *values.values())
            told = (f"tree head {free}:", f"{free} entries", "tree heads ")
        else:
            name = self.dice.choice(("root", "checkpoint"))
            return self._swap(TreeHead, row, self._any(TreeHead.objects), name, told)
        return Tampering(kind=kind, table="ledger_treehead", column="", told=told)

    def of_queue(self, kind: str) -> Tampering | None:
        row, placed = self._any(Unsequenced.objects), self._any(Position.objects)
        told: tuple[str, ...] = (f"entry {row.pk}",)
        if kind == "delete":
            self._delete(Unsequenced, row.pk)
        elif kind == "insert":
            entry = self.dice.choice((placed.entry_id, 10**9))  # one that has its place, or one that nobody wrote
            self._sql("INSERT INTO ledger_unsequenced (entry_id) VALUES (%s)", entry)
            told = (f"entry {entry}",)
        else:  # the queue has one column: to change it and to reorder it are the same
            self._sql("UPDATE ledger_unsequenced SET entry_id = %s WHERE entry_id = %s", placed.entry_id, row.pk)
            told = (*told, f"entry {placed.entry_id}")
        return Tampering(kind=kind, table="ledger_unsequenced", column="entry_id", told=told)

    def of_evidence(self, kind: str) -> Tampering | None:
        row = self._any(Evidence.objects)
        told = (str(row.record_uid),)
        if kind == "change":
            return self._change(Evidence, row, told, skip={"id", "uid"})
        if kind == "delete":
            self._delete(Evidence, row.pk)
        elif kind == "insert":
            self._copy(Evidence, row, {"uid": uuid.uuid4()})
        else:
            others = Evidence.objects.exclude(record_uid=row.record_uid)
            other = self._any(others)
            return self._swap(Evidence, row, other, "record_uid", told)
        return Tampering(kind=kind, table="flow_evidence", column="", told=told)

    # ── people, posts, parties, units, profiles, credentials, imports ───────────────────────────────────────────────────

    def of_organisation(self, kind: str) -> Tampering | None:
        return self.of_model(self.dice.choice([model for model in ORGANISATION if model.objects.exists()]), kind)

    def of_model(self, model: Any, kind: str) -> Tampering | None:
        row = self._any(model.objects)
        told = whose(row)
        if kind == "change":
            done = self._change(model, row, told, skip=SKIPPED[model])
            return replace(done, named=attribute_of(model, done.column))
        if kind == "delete":
            self._delete(model, row.pk)
            return Tampering(kind=kind, table=model._meta.db_table, column="", told=told)
        if kind == "insert":
            if (model, kind) not in WAYS:
                return None
            new = {name: make(self.dice) for name, make in NEW[model].items()}
            pk = self._copy(model, row, new)
            return Tampering(kind=kind, table=model._meta.db_table, column="", told=whose(model.objects.get(pk=pk)))
        other = self._any(model.objects)
        apart = {model._meta.pk.attname, SWAPPED[model]}
        first, second = (
            {k: v for k, v in self._as_stored(model, one).items() if k not in apart} for one in (row, other)
        )
        if other.pk == row.pk or first == second:  # rows that differ in nothing else change nothing by it
            return None
        return self._swap(model, row, other, SWAPPED[model], told)

    # ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _any(self, rows: Any) -> Any:
        rows = rows.order_by("pk")
        return rows[self.dice.randrange(rows.count())]

    def _of(self, entry: Entry) -> tuple[str, ...]:
        place = Position.objects.filter(entry=entry).values_list("index", flat=True).first()
        at = () if place is None else (f"position {place}:",)
        return (f"entry {entry.pk}", str(entry.record_uid), *at)

    def _change(self, model: Model, row: Any, told: tuple[str, ...], *, skip: set[str]) -> Tampering:
        fields = [field for field in model._meta.concrete_fields if field.name not in skip]
        field = self.dice.choice(fields)
        value = self._other(field, self._as_stored(model, row)[field.attname], row)
        table, column = model._meta.db_table, connection.ops.quote_name(field.column)
        stored = _written(field, value)
        key = connection.ops.quote_name(model._meta.pk.column)
        self._sql(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", stored, row.pk)
        return Tampering(kind="change", table=table, column=field.column, told=(*told, *self._where(field, value)))

    def _empty(self, row: Entry, told: tuple[str, ...]) -> Tampering:
        """Take content and salt away, as an erasure does, without one."""
        self._sql("UPDATE ledger_entry SET content = NULL, salt = NULL WHERE id = %s", row.pk)
        return Tampering(kind="change", table="ledger_entry", column="content and salt", told=told)

    def _where(self, field: Any, value: Any) -> tuple[str, ...]:
        """A row whose receipt was changed is found under its new one as well."""
        if field.name == "uid":
            return (str(value), str(subject_uid("org.import", value.hex)), str(subject_uid(REQUEST, value.hex)))
        if field.model is TreeHead and field.name == "size":
            return (f"tree head {value}:", f"{value} entries")
        return (str(value),) if field.name in ("record_uid", "code", "username") else ()

    def _other(self, field: Any, value: Any, row: Any) -> Any:
        if field.choices and not isinstance(field, models.BooleanField):
            return next(key for key, _ in self.dice.sample(list(field.choices), len(field.choices)) if key != value)
        return _another(field, value, self.dice, row)

    def _delete(self, model: Model, pk: int) -> None:
        key = connection.ops.quote_name(model._meta.pk.column)
        self._sql(f"DELETE FROM {model._meta.db_table} WHERE {key} = %s", pk)

    def _copy(self, model: Model, row: Any, new: dict[str, Any]) -> int:
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        row_now = self._as_stored(model, row) | new
        values = [_written(field, row_now[field.attname]) for field in fields]
        names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        places = ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places}) RETURNING id", values)
            return int(cursor.fetchone()[0])

    def _as_stored(self, model: Model, row: Any) -> dict[str, Any]:
        """Return what the columns of a row hold, encrypted ones as they lie there."""
        return dict(model._base_manager.values().get(pk=row.pk))

    def _free(self, model: Model) -> dict[str, Any]:
        """Values that keep a copied row clear of the uniqueness that its register declares."""
        names = {name for rule in model._meta.constraints for name in getattr(rule, "fields", ())}
        free = {}
        for field in model._meta.concrete_fields:
            if field.name in names - {"institution", "number"} and not field.choices:
                free[field.attname] = _another(field, None, self.dice, None)
        return free

    def _swap(self, model: Model, one: Any, two: Any, name: str, told: tuple[str, ...]) -> Tampering | None:
        field = next(field for field in model._meta.concrete_fields if field.attname == name)
        first, second = getattr(one, name), getattr(two, name)
        if _plain(first) == _plain(second):
            return None
        spare = _another(field, first, self.dice, None) if name in ("uid", "subject") else first
        if field.unique and name == "entry_id":  # through a free entry, as one who knows the constraint would
            spare = Unsequenced.objects.values_list("pk", flat=True)[0]
        for row, value in ((one, spare), (two, first), (one, second)):
            stored = field.get_db_prep_save(value, connection)
            key = connection.ops.quote_name(model._meta.pk.column)
            self._sql(f"UPDATE {model._meta.db_table} SET {field.column} = %s WHERE {key} = %s", stored, row.pk)
        return Tampering(kind="reorder", table=model._meta.db_table, column=name, told=told)

    def _sql(self, statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            assert cursor.rowcount == 1, (statement, values)


ORGANISATION: tuple[Any, ...] = (
    Person, Post, Unit, Institution, Factor, FormerPassword, OutsideIdentity, Party, Batch, AccountRequest,
)  # fmt: skip
# An institution is one for each unit; the unit would have to be slipped in too.
WAYS = [(model, kind) for model in ORGANISATION for kind in KINDS if (model, kind) != (Institution, "insert")]
# Not told on purpose (`anlan.org.attributes.OUTSIDE`), or keys whose change the database's foreign keys refuse.
SKIPPED: dict[Any, set[str]] = {
    Person: {"id", "last_login"},
    Post: {"id"},
    Unit: {"id"},
    Institution: {"unit"},
    Factor: {"id", "counter", "used_at"},
    FormerPassword: {"id"},
    OutsideIdentity: {"id"},
    Party: {"id"},
    Batch: {"id", "report", "stored_as"},
    AccountRequest: {"id"},
}
SWAPPED: dict[Any, str] = {
    Person: "password", Post: "person_id", Unit: "name", Institution: "staff", Factor: "data", FormerPassword: "password",
    OutsideIdentity: "subject", Party: "record_uid", Batch: "file_sha256",
    AccountRequest: "person_id",
}  # fmt: skip
NEW: dict[Any, dict[str, Callable[[random.Random], Any]]] = {
    Person: {"username": lambda dice: f"mole{dice.randrange(10**6)}"},
    Post: {"starts_on": lambda dice: dt.date(2010, 1, 1) + dt.timedelta(days=dice.randrange(3000))},
    Unit: {
        "code": lambda dice: f"X{dice.randrange(10**6)}",
        "path": lambda dice: f"0001000100010{dice.randrange(100, 999)}",
    },
    Factor: {"kind": lambda _dice: "recovery"},
    FormerPassword: {},
    OutsideIdentity: {
        "provider": lambda dice: f"p{dice.randrange(99)}",
        "subject": lambda dice: f"s{dice.randrange(10**6)}",
    },
    Party: {},
    Batch: {"uid": lambda dice: uuid.UUID(int=dice.getrandbits(128))},
    AccountRequest: {"uid": lambda dice: uuid.UUID(int=dice.getrandbits(128))},
}
_ATTRIBUTES = {
    (Post, "person_id"): "person", (Post, "unit_id"): "unit", (Unit, "kind"): "unit_kind", (Institution, "code"): "institution_code",
    (Institution, "first_responsible_id"): "first_responsible", (Batch, "institution_id"): "institution", (Batch, "by_id"): "by",
    (Batch, "uid"): "", (Unit, "code"): "", (AccountRequest, "uid"): "", (AccountRequest, "person_id"): "person",
    (AccountRequest, "asked_by_id"): "asked_by", (AccountRequest, "decided_by_id"): "decided_by",
}  # fmt: skip
_PREFIXES = {Factor: "factor.", FormerPassword: "former.", OutsideIdentity: "outside.", Party: "parties"}


FILE_KINDS = ("value", "byte", "delete", "insert", "reorder")
_FOLDERS = ("law", "measures", "rubrics")


@contextlib.contextmanager
def tampered_content(folder: Path, kind: str, dice: random.Random) -> Iterator[tuple[str, ...]]:
    """Change one file of the content, or let two change places, for the block; give the names that must be said."""
    files = sorted(file for name in _FOLDERS for file in (folder / name).rglob("*") if file.suffix in (".yaml", ".py"))
    filled = [file for file in files if file.stat().st_size]
    if kind == "value":
        filled = [file for file in filled if file.parent.name == "parameters"]
    one, other = dice.sample(filled, 2)
    before = {file: file.read_bytes() for file in (one, other)}
    new = one.with_stem(f"{one.stem}{dice.randrange(10**6)}")
    names = (_called(one, folder),)
    if kind == "value":
        [*_, value] = _VALUES.finditer(before[one].decode())
        text = before[one].decode()
        one.write_text(f"{text[: value.start()]}value: {int(value[1]) + dice.randrange(1, 9)}{text[value.end() :]}")
    elif kind == "byte":
        at = dice.randrange(len(before[one]))
        one.write_bytes(before[one][:at] + bytes([before[one][at] ^ 1 << dice.randrange(8)]) + before[one][at + 1 :])
    elif kind == "delete":
        one.unlink()
    elif kind == "insert":
        new.write_bytes(before[one])
        names = (_called(new, folder),)
    else:
        one.write_bytes(before[other])
        other.write_bytes(before[one])
        names = (*names, _called(other, folder))
    try:
        yield names
    finally:
        new.unlink(missing_ok=True)
        for file, content in before.items():
            file.write_bytes(content)


_VALUES = re.compile(r"value: (\d+)")


def _called(file: Path, folder: Path) -> str:
    return f"file {file.relative_to(folder).as_posix()}"


def attribute_of(model: Any, column: str) -> str:
    """Return how the attribute is called in entries whose column was changed; empty where the row has another name now."""
    return _PREFIXES.get(model) or _ATTRIBUTES.get((model, column), column)


def whose(row: Any) -> tuple[str, ...]:
    """Return the receipts under which the row's entries stand."""
    if isinstance(row, Party):
        return (str(row.record_uid),)
    if isinstance(row, Unit | Institution):
        return (str(subject_uid("org.unit", Unit.objects.get(pk=row.pk).code)),)
    if isinstance(row, Batch):
        return (str(subject_uid("org.import", row.uid.hex)),)
    if isinstance(row, AccountRequest):
        return (str(subject_uid(REQUEST, row.uid.hex)),)
    if isinstance(row, Post):
        return (str(subject_uid("org.post", row.pk)),)
    return (str(subject_uid("org.person", row.pk if isinstance(row, Person) else row.person_id)),)


def _written(field: Any, value: Any) -> Any:
    """Return a value as SQL writes it; into an encrypted column whatever the hand that has no key puts there."""
    return value if isinstance(field, EncryptedColumn) else field.get_db_prep_save(value, connection)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _another(field: Any, value: Any, dice: random.Random, row: Any) -> Any:
    """Return a value of the field's type that is not this one."""
    if isinstance(field, models.ForeignKey):
        keys = field.related_model._base_manager.exclude(pk=value).values_list("pk", flat=True)
        return dice.choice(list(keys[:20])) if keys else (None if value else 1)
    for kind, other in _OTHERS:
        if isinstance(field, kind):
            return other(value, dice)
    if field.name == "header":
        return value.replace('"v":1', '"v":2') if dice.random() < 0.5 else value + " "
    return f"{str(value or '')[: (field.max_length or 200) - 1]}改"


def _flipped(value: Any, _dice: random.Random) -> bytes:
    raw = bytes(value or b"\x00" * 16)
    return bytes([raw[0] ^ 1]) + raw[1:]


def _slipped_in(value: Any, dice: random.Random) -> Any:
    """Return something more, or something of another kind altogether."""
    number = dice.randrange(2, 99)
    more = [*value, number] if isinstance(value, list) else {**(value or {}), "slipped in": number}
    return dice.choice((more, more, number, f"slipped in {number}", [[number]], {"": {"": number}}))


_BEGIN = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
_OTHERS: tuple[tuple[type, Callable[[Any, random.Random], Any]], ...] = (
    (models.BooleanField, lambda value, _dice: not value),
    (models.UUIDField, lambda _value, _dice: uuid.uuid4()),
    (models.DateTimeField, lambda value, dice: (value or _BEGIN) + dt.timedelta(microseconds=dice.randrange(1, 10**9))),
    (models.DateField, lambda value, dice: (value or _BEGIN.date()) - dt.timedelta(days=dice.randrange(1, 40))),
    (models.DecimalField, lambda value, _dice: (value or 0) + 1),
    (models.IntegerField, lambda value, dice: (value or 0) + dice.randrange(1, 9)),
    (models.JSONField, lambda value, dice: _slipped_in(value, dice)),
    (models.BinaryField, _flipped),
)
