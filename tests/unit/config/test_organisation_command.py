"""`anlan organisation` and `anlan account`: a tree from one file, the same twice, all or nothing, every fault with its line."""

import json
import re
from pathlib import Path

import pytest
import xlsxwriter
from django.utils import timezone

from anlan.ledger.models import Entry
from anlan.org.account_requests import approve
from anlan.org.credentials import AccountRequest
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.posts import actor_for
from config.command import main
from tests.world import employ

pytestmark = [pytest.mark.django_db, pytest.mark.database]
MANUAL = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
CITY = """\
commissions:
  - code: RV
    name: 河镇卫生健康局
    level: district
    people:
      - {username: root1, name: 管理员, role: administrator, from: 2026-01-01}
    institutions:
      - code: "0101"
        name: 河镇人民医院
        class: 二级
        kind: general
        beds: 300
        staff: 420
        first_responsible: head1
        people:
          - {username: office1, name: 平安办, role: office, from: 2026-01-01}
          - {username: head1, name: 王院长, account: no}
        departments:
          - code: RV01-ER
            name: 急诊科
            people:
              - {username: nurse1, name: 小胡, role: recorder}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "city.yaml"
    path.write_text(CITY, encoding="utf-8")
    return path


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def done(capsys, file: Path, *options: str) -> dict[str, object]:
    code, out, _err = run(capsys, "organisation", file, "--json", *options)
    assert code == 0
    return json.loads(out)


def test_a_file_makes_the_tree_the_people_and_their_posts(capsys, file):
    said = done(capsys, file)

    assert said["counts"] == {"units added": 3, "people added": 4, "posts given": 3}
    assert [unit.code for unit in Unit.objects.order_by("path")] == ["RV", "0101", "RV01-ER"]
    hospital = Institution.objects.get(code="0101")
    assert (hospital.class_level, hospital.beds, hospital.first_responsible.username) == (2, 300, "head1")
    accounts = {account["username"]: account["password"] for account in said["accounts"]}
    assert sorted(accounts) == ["nurse1", "office1", "root1"]
    assert Person.objects.get(username="office1").check_password(accounts["office1"])
    assert not Person.objects.get(username="head1").has_usable_password()
    origin = json.loads(Entry.objects.filter(register="org.unit").order_by("pk")[0].header)
    assert origin["origin"] == "import"
    assert len(origin["source"]["file_sha256"]) == 64


def test_a_second_run_changes_nothing(capsys, file):
    done(capsys, file)
    before = Entry.objects.count()

    said = done(capsys, file)
    assert said["counts"] == {"units unchanged": 3, "posts unchanged": 3}
    assert said["accounts"] == []
    assert Entry.objects.count() == before


def test_a_changed_file_changes_only_what_it_says(capsys, file):
    done(capsys, file)
    file.write_text(CITY.replace("beds: 300", "beds: 320").replace("        staff: 420\n", ""), encoding="utf-8")

    said = done(capsys, file)
    assert said["counts"] == {"units changed": 1, "units unchanged": 2, "posts unchanged": 3}
    hospital = Institution.objects.get(code="0101")
    assert (hospital.beds, hospital.staff, hospital.first_responsible.username) == (320, 420, "head1")


def test_a_dry_run_writes_nothing_and_makes_no_password(capsys, file):
    said = done(capsys, file, "--dry-run")
    assert said == {
        "dry_run": True,
        "counts": {"people added": 4, "posts given": 3, "units added": 3},
        "accounts": [],
        "waiting": [],
    }
    assert not Unit.objects.exists()
    assert not Person.objects.exists()
    # what preparing any installation tells, before a command begins
    assert sorted(Entry.objects.values_list("register", "step")) == [
        ("org.baseline", "make"),
        ("org.content", "baseline"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("class: 二级", "clas: 2", "line 10, commissions[0].institutions[0]", 'Did you mean "class"?'),
        ("class: 二级", "class: 4", "line 8, commissions[0].institutions[0].class", '"4" is no class'),
        ("beds: 300", "beds: many", "line 8, commissions[0].institutions[0].beds", '"many" is no whole number'),
        ("level: district", "level: county", "line 2, commissions[0].level", '"county" is no level'),
        ("role: recorder", "role: office", "departments[0].people[0]", "is held at"),
        ("RV01-ER", "RV", "departments[0]", "moving a unit is not supported"),
        ("from: 2026-01-01}", "from: 2026-02-30}", "commissions[0].people[0].from", "is no date"),
        ("first_responsible: head1", "first_responsible: nobody1", "first_responsible", "no person with the user name"),
        ("username: nurse1, name: 小胡", "username: office1, name: 小胡", "people[0]", "both"),
        ("    institutions:", "    institutions: none\n    x:", "line 7", "A list belongs here"),
    ],
)
def test_a_fault_is_named_with_its_place_and_nothing_is_written(capsys, file, old, new, place, words):
    file.write_text(CITY.replace(old, new, 1), encoding="utf-8")

    code, _out, err = run(capsys, "organisation", file)
    assert code == 1
    assert any(place in line and words in line for line in err.splitlines()), err
    assert not Unit.objects.exists()


def test_every_fault_of_a_file_is_told_at_once(capsys, file):
    file.write_text(CITY.replace("class: 二级", "class: 9").replace("role: recorder", "role: nurse"), encoding="utf-8")
    code, out, _err = run(capsys, "organisation", file, "--json")
    assert code == 1
    assert [one["place"].rpartition(".")[2] for one in json.loads(out)["problems"]][:2] == ["class", "role"]


@pytest.mark.parametrize("text", ["a: [", "- a\n", ""])
def test_a_file_that_is_no_organisation_is_refused(capsys, tmp_path, text):
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    code, _out, err = run(capsys, "organisation", path)
    assert code == 1
    assert "nothing was written" in err


def test_an_administrator_may_carry_out_a_file_below_their_own_unit_only(capsys, tmp_path, world, guan):
    path = tmp_path / "more.yaml"
    text = "institutions:\n  - {below: %s, code: N1, name: 新医院, class: 1, kind: township}\n"
    path.write_text(text % "P", encoding="utf-8")
    assert run(capsys, "organisation", path, "--as", "guan")[0] == 1
    path.write_text(text % "P11", encoding="utf-8")
    assert run(capsys, "organisation", path, "--as", "guan")[0] == 0
    assert Entry.objects.order_by("-pk")[0].actor_id == guan.pk


def test_a_workbook_says_the_same_with_chinese_headings(capsys, tmp_path):
    path = tmp_path / "city.xlsx"
    book = xlsxwriter.Workbook(str(path))
    units, people = book.add_worksheet("单位"), book.add_worksheet("人员")
    rows = [
        ("上级代码", "代码", "名称", "单位类型", "级别", "医院等级", "机构类别", "床位", "职工", "大型专科理由"),
        ("", "RV", "河镇卫生健康局", "主管部门", "区县级", "", "", "", "", ""),
        ("RV", "RV01", "河镇口腔医院", "机构", "", "二级", "专科医院", 60, 190, "省级区域中心"),
        ("RV01", "RV01-ER", "急诊科", "科室", "", "", "", "", "", ""),
    ]
    for number, row in enumerate(rows):
        units.write_row(number, 0, row)
    people.write_row(0, 0, ("单位代码", "用户名", "姓名", "角色", "起"))
    people.write_row(1, 0, ("RV01-ER", "nurse1", "小胡", "科室录入员", "2026年1月5日"))
    book.close()

    assert done(capsys, path)["counts"] == {"units added": 3, "people added": 1, "posts given": 1}
    hospital = Institution.objects.get(code="RV01")
    assert (hospital.kind, hospital.is_large_specialist, hospital.large_specialist_reason) == (
        "specialist",
        True,
        "省级区域中心",
    )
    assert str(Post.objects.get().starts_on) == "2026-01-05"
    assert done(capsys, path)["counts"] == {"units unchanged": 3, "posts unchanged": 1}


def test_the_example_of_the_manual_can_be_carried_out(capsys, tmp_path):
    example = MANUAL.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "manual.yaml"
    path.write_text(example, encoding="utf-8")
    assert done(capsys, path)["counts"]["units added"] >= 4


# ── accounts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_one_time_password_is_printed_once_and_noted_without_it(capsys, li):
    code, out, _err = run(capsys, "account", "li", "--one-time-password", "--json")
    password = json.loads(out)["password"]
    li.refresh_from_db()
    assert code == 0
    assert li.check_password(password)
    entry = Entry.objects.get()
    told = json.loads(entry.content)
    assert entry.step == "issue_password"
    assert sorted(told) == ["must_change_password", "password", "password_changed_at"]  # the password as a keyed digest
    assert re.fullmatch("[0-9a-f]{64}", told["password"])
    assert password not in entry.content
    assert li.password not in entry.content


def test_an_account_is_deactivated_reactivated_and_unlocked(capsys, li):
    assert run(capsys, "account", "li", "--deactivate")[:2] == (0, "li: deactivated.\n")
    li.refresh_from_db()
    assert actor_for(li, today=Post.objects.get().starts_on).grants == ()
    assert run(capsys, "account", "li", "--one-time-password")[0] == 1
    assert run(capsys, "account", "li", "--reactivate")[:2] == (0, "li: reactivated.\n")
    assert run(capsys, "account", "li", "--unlock")[:2] == (0, "li: unlocked.\n")


def test_an_unknown_account_is_answered_with_the_nearest(capsys, zhou):
    code, _out, err = run(capsys, "account", "zhuo", "--unlock")
    assert code == 1
    assert 'There is no person with the user name "zhuo". Did you mean "zhou"?' in err


def test_once_an_officer_has_come_in_the_command_line_asks_for_officers_and_the_file_again_asks_once(capsys, file):
    done(capsys, file)
    root = Person.objects.get(username="root1")
    root.set_password("a sentence that is long")
    root.must_change_password = False
    root.save()
    more = "      - {username: safe1, name: 安全员, role: security_officer, from: 2026-01-01}\n    institutions:"
    file.write_text(CITY.replace("    institutions:", more), encoding="utf-8")

    said = done(capsys, file)
    assert said["counts"]["posts waiting for a second person"] == 1
    assert said["accounts"] == []
    (waiting,) = said["waiting"]
    assert (waiting["username"], waiting["role"], len(waiting["first_half"])) == ("safe1", "security_officer", 9)
    assert not Post.objects.filter(person__username="safe1").exists()
    again = done(capsys, file)
    assert (again["counts"]["posts waiting for a second person"], again["waiting"]) == (1, [])
    approved = approve(AccountRequest.objects.get(state="waiting"), by=actor_for(root, today=timezone.localdate()))
    safe = Person.objects.get(username="safe1")
    assert safe.check_password(f"{waiting['first_half']}-{approved.password}")


def test_the_command_line_asks_for_a_second_person_for_an_officers_account_and_says_so(capsys, file):
    done(capsys, file)
    root = Person.objects.get(username="root1")
    root.set_password("a sentence that is long")
    root.must_change_password = False
    root.save()
    employ("audit1", "审计员", "audit_officer", Unit.objects.get(code="RV"))

    code, out, _err = run(capsys, "account", "audit1", "--one-time-password")
    assert code == 0
    assert "takes two people" in out
    assert "is the first half of the one-time password" in out
    assert not Person.objects.get(username="audit1").has_usable_password()
    assert "  " in run(capsys, "account", "office1", "--one-time-password")[1]
