"""Writes the demo city: tree, people, and the story through `perform_many`, by the same rules as any real write."""

import datetime as dt
import secrets
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from anlan.flow.evidence import store
from anlan.flow.hindsight import look_at_all
from anlan.flow.parties import NamedParty
from anlan.flow.perform import History, Move, perform, perform_many
from anlan.flow.prepare import needed_evidence
from anlan.flow.register import Register
from anlan.flow.spec import RegisterSpec, find_register, spec_of
from anlan.ledger.entry import Origin
from anlan.org.attributes import KINDS
from anlan.org.baseline import tell_what_stands
from anlan.org.door import factors
from anlan.org.events import change_of_person
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.parties import Capacity
from anlan.org.posts import actor_for
from anlan.org.scope import Actor, as_system
from config.demo.city import CITY, DISTRICTS, HOSPITALS, Hospital
from config.demo.item import Item, Ref, Teller
from config.demo.story import CHAPTERS

DEMO = Origin(kind="demo")
NO_PASSWORD = make_password(None)
SINCE = dt.date(2023, 1, 1)
Say = Callable[[str], None]
Account = tuple[str, str, str]

MEDIATOR_AT = "E04"
# user name, person, unit, role, explanation
PEOPLE = (
    ("li", "李办", "E04", "office", "东江区人民医院 平安办（办公室）"),
    ("hu", "护士小胡", "E04-D1", "recorder", "东江区人民医院 急诊科（科室录入）"),
    ("wang", "王院长", "E04", "director", "东江区人民医院 院长"),
    ("qian", "钱组员", "E04", "assessor", "东江区人民医院 考核组"),
    ("zhao", "赵办", "W01", "office", "西湾区人民医院 平安办（办公室）"),
    ("chen", "陈科", "DEMO-E", "reviewer", "东江区卫生健康局（复核）"),
    ("zhou", "周处", "DEMO-C", "reviewer", "演示市卫生健康委员会（复核、比较）"),
    ("sun", "孙审计", "DEMO-C", "auditor", "演示市卫生健康委员会（审计）"),
    ("gao", "高护", "E04", "privacy_protector", "东江区人民医院 个人信息保护负责人"),
    ("tian", "田调解", MEDIATOR_AT, "mediator", "东江区人民医院 人民调解员（院外，只看参与的案件）"),
    ("admin", "管理员", "DEMO-C", "administrator", "系统管理员（不看记录）"),
    ("an", "安管", "DEMO-C", "security_officer", "安全管理员（看权限变动和登录，不看记录）"),
    ("shen", "申管", "DEMO-C", "audit_officer", "审计管理员（看访问日志，不看记录）"),
)
DEPARTMENTS = ("急诊科", "内科", "外科", "药剂科", "保卫科", "总务科")


def load_demo(say: Say) -> tuple[Account, ...]:
    """Write the demo city into an empty database and return its accounts with their one-time passwords.

    Raises: RuntimeError when the tree is not empty. Everything goes in one transaction.
    """
    if Unit.objects.exists():
        raise RuntimeError(
            "The database is not empty; the demo city goes only into a new one. Choose another ANLAN_HOME."
        )
    say("Loading the demo city: 24 institutions, two years of registers, all synthetic")
    with as_system("demo city") as by, transaction.atomic():
        institutions = _tree()
        accounts = _people()
        tell_what_stands(KINDS, step="add", origin=DEMO, by=by)
        count = _Writer(institutions).write(say)
        look_at_all()
    say(f"The demo city holds {count:,} records")
    _keep(accounts)
    return accounts


def reset_passwords() -> tuple[Account, ...]:
    """Give every demo account a new one-time password and no second factor. Accounts of real people are left alone."""
    accounts = []
    for person in Person.objects.filter(is_synthetic=True).exclude(username__startswith="demo-").order_by("pk"):
        with as_system("demo passwords") as by, change_of_person(person, "issue_password", by=by, origin=DEMO):
            factors.remove_all(person)
            accounts.append((person.username, _one_time_password(person), _who(person)))
    _keep(tuple(accounts))
    return tuple(accounts)


def _who(person: Person) -> str:
    return next((who for username, _, _, _, who in PEOPLE if username == person.username), person.name)


def _one_time_password(person: Person) -> str:
    password = secrets.token_urlsafe(9)
    person.set_password(password)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password", "password_changed_at"])
    return password


def _keep(accounts: tuple[Account, ...]) -> None:
    file = settings.HOME.path / "accounts.txt"
    file.write_text("".join(f"{name}\t{password}\t{who}\n" for name, password, who in accounts), encoding="utf-8")
    file.chmod(0o600)


def _tree() -> dict[str, Institution]:
    code, name, name_en = CITY
    city = Unit.objects.add_root(
        {"kind": "commission", "level": "city", "code": code, "name": name, "name_en": name_en}
    )
    districts = {}
    for code, name, name_en in DISTRICTS:
        fields = {"kind": "commission", "level": "district", "code": code, "name": name, "name_en": name_en}
        districts[code] = Unit.objects.add_child(Unit.objects.get(pk=city.pk), fields)
    return {
        hospital.code: _institution(hospital, Unit.objects.get(pk=districts[hospital.district].pk))
        for hospital in HOSPITALS
    }


def _institution(hospital: Hospital, district: Unit) -> Institution:
    fields = {"kind": "institution", "code": hospital.code, "name": hospital.name, "name_en": hospital.name_en}
    unit = Unit.objects.add_child(district, fields)
    for number, name in enumerate(DEPARTMENTS, start=1):
        department = {"kind": "department", "code": f"{hospital.code}-D{number}", "name": name}
        Unit.objects.add_child(Unit.objects.get(pk=unit.pk), department)
    head = Person.objects.create(
        username=f"demo-{hospital.code}-head".lower(), name="演示院长", is_synthetic=True, password=NO_PASSWORD
    )
    return Institution.objects.create(
        unit=unit,
        code=hospital.code,
        class_level=hospital.level,
        is_large_specialist=bool(hospital.large_specialist_reason),
        large_specialist_reason=hospital.large_specialist_reason,
        kind=hospital.kind,
        beds=hospital.beds,
        staff=hospital.staff,
        first_responsible=head,
        is_synthetic=True,
    )


def _people() -> tuple[Account, ...]:
    accounts = []
    for username, name, unit, role, who in PEOPLE:
        person = Person(username=username, name=name, is_synthetic=True)
        person.set_unusable_password()
        person.save()
        accounts.append((username, _one_time_password(person), who))
        Post.objects.create(person=person, unit=Unit.objects.get(code=unit), role=role, starts_on=SINCE)
    for hospital in HOSPITALS:
        for role, name in (("office", "演示平安办"), ("director", "演示院长")):
            username = f"demo-{hospital.code}-{role}".lower()
            person = Person.objects.create(username=username, name=name, is_synthetic=True, password=NO_PASSWORD)
            Post.objects.create(person=person, unit=Unit.objects.get(code=hospital.code), role=role, starts_on=SINCE)
    return tuple(accounts)


class _Writer:
    """Turns items into histories and writes them, one register after the other."""

    def __init__(self, institutions: dict[str, Institution]) -> None:
        self._institutions = institutions
        today = timezone.localdate()
        self._actors = {
            code: tuple(
                actor_for(Person.objects.get(username=f"demo-{code}-{role}".lower()), today=today)
                for role in ("office", "director")
            )
            for code in institutions
        }
        self._reviewer = actor_for(Person.objects.get(username="zhou"), today=today)
        self._named: dict[tuple[str, str], Register] = {}
        self._paper = store("演示证据.png", [_picture()])

    def write(self, say: Say) -> int:
        """Write the whole story; return how many records there are."""
        by_register: dict[str, list[tuple[Hospital, Item]]] = {}
        for hospital in HOSPITALS:
            for chapter in CHAPTERS:
                for item in chapter(hospital):
                    by_register.setdefault(item.register, []).append((hospital, item))
        total = sum(map(len, by_register.values()))
        steps = _Percent(total, say)
        for register, items in by_register.items():
            spec = find_register(register)
            histories = [self._history(spec, hospital, item) for hospital, item in items]
            perform_many(histories, origin=DEMO, progress=steps.within)
            for (hospital, item), history in zip(items, histories, strict=True):
                if item.name:
                    self._named[hospital.code, item.name] = history.record
            self._afterwards(register, items, histories)
            steps.done(len(items))
        self._let_the_mediator_in()
        return total

    def _history(self, spec: RegisterSpec, hospital: Hospital, item: Item) -> History:
        record = spec.model(institution=self._institutions[hospital.code])
        values = {name: self._resolve(hospital, value) for name, value in item.values.items() if value is not None}
        values |= {name: _told(hospital, item, values[name]) for name in spec.free_texts if values.get(name)}
        moves = tuple(self._moves(spec, hospital, item, values, record))
        return History(record=record, moves=moves)

    def _resolve(self, hospital: Hospital, value: Any) -> Any:
        return self._named[hospital.code, value.name] if isinstance(value, Ref) else value

    def _moves(
        self, spec: RegisterSpec, hospital: Hospital, item: Item, values: dict[str, Any], record: Register
    ) -> Iterator[Move]:
        used: set[str] = set()
        for name in (spec.first, *item.steps):
            step = spec.steps[name]
            data = {
                key: value
                for key, value in values.items()
                if key in spec.settable(step) and (key not in used or name != spec.first)
            }
            used |= set(data)
            takes_points = bool(values.get("deducted")) and isinstance(step.evidence, str)
            files = (self._paper,) * (int(takes_points) if isinstance(step.evidence, str) else step.evidence)
            at = self._moment(hospital, item, name)
            yield Move(step=name, by=self._actor(hospital, step.by), at=at, data=data, evidence=files)
        left = set(values) - used
        if left:
            raise RuntimeError(
                f"The demo story gives {spec.code} the columns {sorted(left)}, which none of its steps sets."
            )

    def _actor(self, hospital: Hospital, names: Iterable[str]) -> Actor:
        for actor in (*self._actors[hospital.code], self._reviewer):
            if actor.can(*names):
                return actor
        raise RuntimeError(f"Nobody of the demo city may take a step for {', '.join(names)}.")

    def _moment(self, hospital: Hospital, item: Item, step: str) -> dt.datetime:
        """When it was written down. One hospital wrote all of 2025 in the last days of December."""
        day = item.days.get(step) or item.recorded_on or item.values["occurred_on"]
        by_the_hospital = item.register != "judgement"  # what the city's reviewers write, they wrote in time
        if "written_in_december" in hospital.faults and by_the_hospital and day.year == 2025:
            day = dt.date(2025, 12, 27 + zlib.crc32(item.register.encode()) % 4)
        hour = 8 + zlib.crc32(f"{hospital.code}{item.register}{day}".encode()) % 9
        return dt.datetime(day.year, day.month, day.day, hour, 15, tzinfo=timezone.get_default_timezone())

    def _afterwards(self, register: str, items: list[tuple[Hospital, Item]], histories: list[History]) -> None:
        """Go on with what other records opened: notices of screenings, hazards that a check found."""
        if register == "patient_screening":
            for (hospital, item), history in zip(items, histories, strict=True):
                self._send_notices(hospital, history.record, item.days["sent_on"])
        if register == "key_place_check":
            for hospital in {hospital.code: hospital for hospital, _ in items}.values():
                self._mend_findings(hospital)

    def _let_the_mediator_in(self) -> None:
        """Name the mediator's desk a party to the newest dispute that people's mediation ended."""
        hospital = next(hospital for hospital in HOSPITALS if hospital.code == MEDIATOR_AT)
        place = self._institutions[hospital.code]
        dispute = (
            find_register("dispute").model.objects.filter(institution=place, mediation="people").latest("closed_on")
        )
        desk = NamedParty(capacity=Capacity.EXTERNAL.value, unit=place.unit, role="mediator")
        self._step(
            hospital, dispute, "involve", on=dispute.closed_on, parties=[desk], reason="请人民调解员核对调解台账。"
        )

    def _send_notices(self, hospital: Hospital, screening: Register, sent_on: dt.date) -> None:
        for notice in find_register("police_notice").model.objects.filter(screening=screening):
            self._step(hospital, notice, "send", on=sent_on, sent_on=sent_on, received_by="综治中心、派出所")

    def _mend_findings(self, hospital: Hospital) -> None:
        """A careful hospital mends what its checks found within ten days; a careless one leaves some open."""
        teller = Teller(hospital, "mended-findings")
        found = find_register("hazard").model.objects.filter(
            institution=self._institutions[hospital.code], state="found"
        )
        for hazard in found.order_by("pk"):
            recorded = timezone.localtime(hazard.recorded_at).date()
            mended = recorded + dt.timedelta(days=teller.between(2, 10))
            self._step(hospital, hazard, "assign", on=recorded, owner_post="总务科")
            if teller.careful(slack=3):
                self._step(hospital, hazard, "rectify", on=mended, measures="演示数据：已修复。", rectified_on=mended)
                self._step(hospital, hazard, "verify", on=mended, verified_on=mended)

    def _step(self, hospital: Hospital, record: Register, name: str, *, on: dt.date, **data: Any) -> None:
        step = spec_of(record).steps[name]
        at = dt.datetime(on.year, on.month, on.day, 16, 30, tzinfo=timezone.get_default_timezone())
        files = (self._paper,) * needed_evidence(record, step)
        perform(record, name, by=self._actor(hospital, step.by), at=at, origin=DEMO, evidence=files, **data)


def _told(hospital: Hospital, item: Item, text: str) -> str:
    """Who writes as things happen writes of the day; who writes a year in December repeats one sentence."""
    day = item.values["occurred_on"]
    return text if "written_in_december" in hospital.faults else f"{day.month}月{day.day}日：{text}"


class _Percent:
    """Says how far the writing is, at every tenth."""

    def __init__(self, total: int, say: Say) -> None:
        self._total, self._say, self._before, self._said = total, say, 0, 0

    def within(self, done: int, _of: int) -> None:
        """Note the records written of the register at hand."""
        percent = (self._before + done) * 100 // self._total
        if percent >= self._said + 10:
            self._said = percent // 10 * 10
            self._say(f"  {self._said:3d} %")

    def done(self, count: int) -> None:
        """Note that a register is written."""
        self._before += count


def _picture() -> bytes:
    """Return a small grey PNG: the synthetic evidence of the demo."""
    side = 64
    rows = b"".join(b"\x00" + bytes([205]) * side for _ in range(side))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
