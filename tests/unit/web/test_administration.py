"""The administrator's pages as a browser sees them: the tree, people, posts, a password shown once, and no records anywhere."""

import html
import re

import pytest
from django.utils import timezone

from anlan.ledger.models import Entry
from anlan.org.door import pace
from anlan.org.door.pace import Knock
from anlan.org.models import Institution, Person, Post, Unit
from anlan.org.roles import all_roles
from tests.world import employ

pytestmark = [pytest.mark.django_db, pytest.mark.database]
YEAR = timezone.localdate().year
PASSWORD = re.compile(r"\b\w{4}-\w{4}-\w{4}-\w{4}\b")


def at(code: str, rest: str = "") -> str:
    return f"/at/{code}/{YEAR}/administration/{rest}"


@pytest.fixture
def browser(client_as, guan):
    client = client_as(guan)
    client.cookies["django_language"] = "en"
    return client


def text(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return html.unescape(answer.content.decode())


def test_the_administrator_comes_home_to_the_administration_and_reads_that_no_records_are_seen(browser):
    answer = browser.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == at("P1")
    page = answer.content.decode()
    assert "You see no records and no scores." in page
    assert "/registers/" not in page
    assert "/score/" not in page
    assert browser.get(f"/at/P1/{YEAR}/").status_code == 404


def test_only_administrators_find_system_administration_in_the_rail(client_as, li, chen, browser):
    assert "System administration" in text(browser, at("P1"))
    for person, code in ((li, "A"), (chen, "P11")):
        client = client_as(person)
        client.cookies["django_language"] = "en"
        assert "System administration" not in text(client, f"/at/{code}/{YEAR}/")
        assert client.get(at(code)).status_code == 404


def test_the_pages_open_in_chinese(client_as, guan):
    assert "系统管理" in client_as(guan).get(at("P1")).content.decode()


def test_an_institution_is_added_and_edited_on_screen(browser, world):
    fields = {
        "name": "河镇人民医院",
        "name_en": "",
        "code": "RV01",
        "class_level": "2",
        "kind": "general",
        "beds": "300",
        "staff": "420",
    }
    assert browser.post(at("P11", "unit/new/institution/"), fields)["Location"] == at("RV01", "unit/")
    changed = {**fields, "beds": "320", "large_specialist_reason": "省级区域中心"}
    assert browser.post(at("RV01", "unit/edit/"), changed)["Location"] == at("RV01", "unit/")

    hospital = Institution.objects.get(code="RV01")
    assert (hospital.beds, hospital.is_large_specialist) == (320, True)
    page = text(browser, at("RV01", "unit/"))
    assert "Profile changed" in page
    assert "管宁" in page
    assert "河镇人民医院" in text(browser, at("P1", "units/"))


def test_a_refused_code_stands_beside_its_field(browser, world):
    answer = browser.post(at("A", "unit/new/department/"), {"name": "内科二", "code": "A-IM"})
    assert answer.status_code == 422
    assert "The code “A-IM” is taken" in answer.content.decode()
    assert 'id="id_code_error"' in answer.content.decode()


@pytest.mark.parametrize(
    ("code", "kind"), [("P11", "department"), ("A-ER", "department"), ("A", "institution"), ("A", "grid")]
)
def test_a_unit_cannot_be_added_where_it_does_not_belong(browser, world, code, kind):
    assert browser.get(at(code, f"unit/new/{kind}/")).status_code == 404


def test_a_person_gets_a_post_and_a_password_that_is_shown_once(browser, world):
    fields = {
        "name": "辛月",
        "username": "xin",
        "phone": "",
        "role": "recorder",
        "unit": world.emergency_a.pk,
        "starts_on": "2026-01-01",
    }
    answer = browser.post(at("A", "new-person/"), fields)

    password = PASSWORD.search(answer.content.decode())[0]
    assert "no-store" in answer["Cache-Control"]
    person = Person.objects.get(username="xin")
    assert person.check_password(password)
    assert Post.objects.get(person=person).role == "recorder"
    for page in (at("A", "people/xin/"), at("A", "people/"), at("A", "new-person/")):
        assert password not in text(browser, page)
    assert not PASSWORD.search("".join(Entry.objects.values_list("content", flat=True)))


def test_a_post_at_the_wrong_kind_of_unit_makes_no_person_either(browser, world):
    fields = {
        "name": "辛月",
        "username": "xin",
        "role": "recorder",
        "unit": world.hospital_a.unit.pk,
        "starts_on": "2026-01-01",
    }
    answer = browser.post(at("A", "new-person/"), fields)
    assert answer.status_code == 422
    assert "is held at “Department”" in answer.content.decode()
    assert not Person.objects.filter(username="xin").exists()


def test_posts_are_given_and_ended_on_the_persons_page(browser, world, li):
    give = {"role": "office", "unit": world.hospital_b.unit.pk, "starts_on": "2026-02-01"}
    assert browser.post(at("P1", "people/li/posts/new/"), give)["Location"] == at("P1", "people/li/")
    post = Post.objects.get(person=li, unit=world.hospital_b.unit)
    assert browser.post(at("P1", f"people/li/posts/{post.pk}/end/"), {"ends_on": "2026-03-01"}).status_code == 302
    post.refresh_from_db()
    assert str(post.ends_on) == "2026-03-01"
    assert "Ended" in text(browser, at("P1", "people/li/"))


def test_a_person_with_two_posts_stands_in_the_list_once_and_one_without_any_is_found(browser, world, li, bai):
    Post.objects.create(person=li, unit=world.hospital_b.unit, role="office", starts_on="2026-02-01")
    page = text(browser, at("P1", "people/"))
    assert page.count(">李敏<") == 1
    assert page.count("Institution office · ") == 2
    assert "白雪" in page
    assert "白雪" not in text(browser, at("A", "people/"))


def test_people_are_searched_and_narrowed(browser, li, wang, qian, zhao):
    page = text(browser, at("P1", "people/?q=李"))
    assert "李敏" in page
    assert "王建国" not in page
    below = text(browser, at("A", "people/"))
    assert "钱芳" in below
    assert "赵磊" not in below
    Person.objects.filter(username="wang").update(is_active=False)
    shut = text(browser, at("P1", "people/?show=inactive"))
    assert "王建国" in shut
    assert "李敏" not in shut


def test_a_lock_is_seen_and_lifted(browser, li):
    wrong = Knock(username="li", address="10.0.0.7")
    assert [pace.failed(wrong, now=timezone.now()) for _ in range(5)][-1]
    assert "Locked" in text(browser, at("P1", "people/?show=locked"))
    assert "李敏" in text(browser, at("P1", "people/?show=locked"))
    browser.post(at("P1", "people/li/do/unlock/"))
    assert not pace.is_locked(wrong, now=timezone.now())
    assert "Nobody fits" in text(browser, at("P1", "people/?show=locked"))


def test_a_deactivated_person_is_signed_out_at_once(browser, client_as, li):
    theirs = client_as(li)
    assert theirs.get(f"/at/A/{YEAR}/").status_code == 200
    browser.post(at("A", "people/li/do/deactivate/"))
    assert "/sign-in/" in theirs.get(f"/at/A/{YEAR}/")["Location"]
    browser.post(at("A", "people/li/do/reactivate/"))
    assert Person.objects.get(username="li").is_active


def test_the_own_page_offers_nothing_and_takes_nothing(browser, guan, world):
    page = text(browser, at("P1", "people/guan/"))
    assert "This is you." in page
    assert "posts/new" not in page
    give = {"role": "administrator", "unit": world.district_1.pk, "starts_on": "2026-02-01"}
    answer = browser.post(at("P1", "people/guan/posts/new/"), give)
    assert answer.status_code == 422
    assert "Nobody gives themselves a post" in answer.content.decode()
    browser.post(at("P1", "people/guan/do/deactivate/"))
    assert Person.objects.get(username="guan").is_active


def test_a_district_administrator_cannot_reach_past_the_district(client_as, world, feng, li):
    client = client_as(employ("he", "何静", "administrator", world.district_1))
    for url in (at("P1"), at("P12"), at("C", "unit/"), at("P11", "people/feng/"), at("P11", "people/guan/")):
        assert client.get(url).status_code == 404
    give = {"role": "office", "unit": world.hospital_c.unit.pk, "starts_on": "2026-02-01"}
    assert client.post(at("P11", "people/li/posts/new/"), give).status_code == 422
    assert Post.objects.filter(person=li).count() == 1


def test_the_roles_page_lists_every_role_with_its_description(browser, world):
    page = text(browser, at("P1", "roles/"))
    for role in all_roles():
        assert str(role.name) in page
        assert str(role.description) in page


def test_a_department_is_closed_and_reopened(browser, world):
    browser.post(at("A-ER", "unit/do/close/"))
    assert not Unit.objects.get(code="A-ER").is_active
    assert "Reopen the unit" in text(browser, at("A-ER", "unit/"))
    browser.post(at("A-ER", "unit/do/reopen/"))
    assert Unit.objects.get(code="A-ER").is_active
