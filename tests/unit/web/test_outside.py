"""Sign-in services outside, against a fake one in this process: whom it vouches for comes in; nobody is made, no right is given."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from anlan.org import administration
from anlan.org.credentials import OutsideIdentity
from anlan.org.door import careful, outside
from anlan.org.door.outside import OutsideRefused
from anlan.org.errors import Contradiction
from anlan.org.models import Person

jwt = pytest.importorskip("jwt")
pytestmark = [pytest.mark.django_db, pytest.mark.database]
SECRET = "s3cret of the client"


class Service(BaseHTTPRequestHandler):
    """Speaks OIDC below `/oidc` and CAS below `/cas`. What it says is set on its server: `claims`, `user`, `key`, `kid`, `algorithm`."""

    server: Any

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        base = f"http://127.0.0.1:{self.server.server_port}/oidc"
        if path.endswith("openid-configuration"):
            ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            self.say({"issuer": self.server.issuer or base} | {name: f"{base}/{end}" for name, end in ends.items()})
        elif path == "/oidc/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.server.published.public_key()))
            self.say({"keys": [key | {"kid": "one", "use": "sig", "alg": "RS256"}]})
        elif path == "/odd/redirect":
            self.send_response(302)
            self.send_header("Location", f"{base}/keys")
            self.end_headers()
        elif path == "/odd/long":
            self.say(b"x" * (2**20 + 1))
        elif path == "/odd/broken":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"{")
        elif path == "/odd/fault":
            self.say(b"{}", 500)
        elif path == "/cas/p3/serviceValidate":
            self.server.asked = query
            self.say(self.server.xml if query.get("ticket") == ["ST-1"] else FAILURE)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked = form
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest()).rstrip(b"=")
        pair = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        is_right = pair == f"anlan:{quote(SECRET, safe='')}" and challenge.decode() == self.server.challenge
        if form["code"] != ["code-1"] or not is_right:
            return self.say({"error": "invalid_grant"}, 400)
        headers = {"kid": "one"}
        token = jwt.encode(self.server.claims, self.server.signing, algorithm=self.server.algorithm, headers=headers)
        return self.say({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def say(self, body: Any, status: int = 200) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


FAILURE = b'<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationFailure code="INVALID_TICKET"/></cas:serviceResponse>'
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def success(user: str) -> bytes:
    return (
        '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess>'
        f"<cas:user>{user}</cas:user><cas:attributes><cas:staff>007</cas:staff></cas:attributes>"
        "</cas:authenticationSuccess></cas:serviceResponse>"
    ).encode()


@pytest.fixture
def service(settings, tmp_path: Path) -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Service)
    server.signing = server.published = KEY
    server.algorithm, server.issuer, server.challenge, server.claims, server.xml = "RS256", "", "", {}, success("li")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "secret").write_text(SECRET + "\n")
    base = f"http://127.0.0.1:{server.server_port}"
    entries = [
        {"code": "unit", "name": "医院统一认证", "kind": "oidc", "server": f"{base}/oidc", "client_id": "anlan"},
        {"code": "strong", "kind": "oidc", "server": f"{base}/oidc", "client_id": "anlan", "second_factor": "trusted"},
        {"code": "cas", "name": "校园 CAS", "kind": "cas", "server": f"{base}/cas/", "match": "username"},
    ]
    for entry in entries[:2]:
        entry["client_secret_file"] = str(tmp_path / "secret")
    (tmp_path / "sso.yaml").write_text(json.dumps(entries))
    settings.ANLAN_SSO = str(tmp_path / "sso.yaml")
    yield server
    server.shutdown()
    server.server_close()


def knock(service: Any, code: str = "unit", *, browser: Client | None = None, **claims: Any) -> tuple[Client, Any]:
    """Go to the service's door and come back with what it says."""
    browser = browser or Client()
    browser.cookies["django_language"] = "en"
    there = browser.post(f"/sign-in/by/{code}/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there["Location"]).query).items()}
    service.challenge = asked["code_challenge"]
    now, issuer = int(time.time()), f"http://127.0.0.1:{service.server_port}/oidc"
    service.claims = {
        "iss": issuer,
        "aud": "anlan",
        "sub": "u-1",
        "iat": now,
        "exp": now + 60,
        "nonce": asked["nonce"],
        **claims,
    }
    service.claims = {name: value for name, value in service.claims.items() if value is not None}
    return browser, asked


def come_back(browser: Client, asked: dict[str, str], code: str = "unit", **said: str) -> Any:
    return browser.get(f"/sign-in/by/{code}/back/", {"code": "code-1", "state": asked["state"], **said})


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


@pytest.fixture
def linked(li: Person, service: Any) -> Person:
    outside.link(li, "unit", "u-1")
    outside.link(li, "strong", "u-1")
    return li


def test_whom_the_service_knows_and_an_administrator_tied_comes_in(linked, service):
    browser, asked = knock(service)
    answer = come_back(browser, asked)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.session["_auth_user_id"] == str(linked.pk)
    assert browser.get("/at/A/2025/").status_code == 200
    assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid profile")
    assert asked["redirect_uri"] == "http://testserver/sign-in/by/unit/back/"


def test_whom_nobody_tied_stays_outside_and_nobody_is_made(li, service):
    before = Person.objects.count()
    browser, asked = knock(service, sub="u-2", preferred_username="li")
    answer = come_back(browser, asked)

    assert answer["Location"] == "/sign-in/"
    assert "no account here is tied to it" in browser.get("/sign-in/").content.decode()
    assert not is_in(browser)
    assert (Person.objects.count(), OutsideIdentity.objects.count()) == (before, 0)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"sub": None},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"azp": "another client"},
    ],
    ids=lambda claims: "-".join(claims) + "-" + str(*claims.values()),
)
def test_a_token_that_does_not_fit_lets_nobody_in(linked, service, claims):
    browser, asked = knock(service, **claims)
    assert come_back(browser, asked)["Location"] == "/sign-in/"
    assert not is_in(browser)


def test_a_token_signed_by_another_key_or_by_a_shared_secret_lets_nobody_in(linked, service):
    service.signing = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    browser, asked = knock(service)
    come_back(browser, asked)
    assert not is_in(browser)

    service.signing, service.algorithm = "the public key taken for a secret, long enough", "HS256"
    browser, asked = knock(service)
    come_back(browser, asked)
    assert not is_in(browser)


def test_an_answer_that_was_not_asked_for_here_lets_nobody_in(linked, service):
    browser, asked = knock(service)
    assert come_back(Client(), asked)["Location"] == "/sign-in/"
    assert come_back(browser, asked, state="another")["Location"] == "/sign-in/"
    assert not is_in(browser)
    come_back(browser, asked)
    assert not is_in(browser)  # the question was spent by the wrong answer


def test_a_service_that_names_itself_otherwise_is_not_asked_further(linked, service):
    service.issuer = "https://elsewhere.example"
    browser = Client()
    assert browser.post("/sign-in/by/unit/")["Location"] == "/sign-in/"


def test_our_second_factor_is_asked_unless_the_service_is_trusted_with_it(chen, service):
    outside.link(chen, "unit", "u-1")
    outside.link(chen, "strong", "u-1")
    browser, asked = knock(service)
    come_back(browser, asked)
    assert browser.get("/")["Location"] == "/me/second-factor/"

    browser, asked = knock(service, "strong")
    come_back(browser, asked, "strong")
    assert browser.get("/")["Location"].startswith("/at/")
    assert browser.session["factor"] == "outside"


def test_a_deactivated_person_stays_outside(linked, service, guan_actor):
    administration.deactivate(linked, by=guan_actor)
    browser, asked = knock(service)
    come_back(browser, asked)
    assert not is_in(browser)


# ── signing in again ──────────────────────────────────────────────────────────────────────────────────────────────────────


SET_UP = "/me/second-factor/"


def again_by(browser: Client, service: Any, code: str = "unit", **claims: Any) -> dict[str, str]:
    """Come in once more in a session that is open, and return what the service was asked."""
    _fresh, asked = knock(service, code, browser=browser, **claims)
    come_back(browser, asked, code)
    return asked


def test_who_has_no_password_here_is_asked_anew_by_the_service_before_factors_are_changed(linked, service):
    """A service knows its users in an open browser: without being told, it lets in whoever sits down there."""
    linked.set_unusable_password()
    linked.save()
    browser, asked = knock(service)
    come_back(browser, asked)
    assert {"prompt", "max_age"} & set(asked) == set()
    assert browser.get(SET_UP)["Location"].startswith("/sign-in/again/")  # nobody says that anybody was asked

    now = int(time.time())
    asked = again_by(browser, service, auth_time=now - 4000)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert "without asking you once more" in browser.get("/sign-in/again/").content.decode()
    assert browser.get(SET_UP)["Location"].startswith("/sign-in/again/")
    again_by(browser, service, auth_time=now)
    assert browser.get(SET_UP).status_code == 200


def test_a_service_that_says_nothing_of_when_is_believed_that_it_asked(linked, service):
    linked.set_unusable_password()
    linked.save()
    browser, asked = knock(service)
    come_back(browser, asked)
    again_by(browser, service)
    assert browser.get(SET_UP).status_code == 200


def test_whoever_owes_a_factor_comes_as_far_as_to_set_it_up(chen, service):
    outside.link(chen, "unit", "u-1")
    chen.set_unusable_password()
    chen.save()
    browser, asked = knock(service)
    come_back(browser, asked)
    assert browser.get("/")["Location"] == SET_UP
    assert browser.get(SET_UP)["Location"].startswith("/sign-in/again/")
    again_by(browser, service, auth_time=int(time.time()))
    assert browser.get(SET_UP).status_code == 200
    assert browser.get(f"{SET_UP}telephone/").status_code == 200


def test_cas_is_asked_to_renew_at_the_door_and_at_the_ticket(li, service):
    li.set_unusable_password()
    li.save()
    browser = with_ticket()
    assert "renew" not in service.asked
    assert browser.get(SET_UP)["Location"].startswith("/sign-in/again/")
    with_ticket(browser=browser)
    assert service.asked["renew"] == ["true"]
    assert browser.get(SET_UP).status_code == 200


# ── CAS ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_ticket(ticket: str = "ST-1", *, browser: Client | None = None) -> Client:
    browser = browser or Client()
    there = browser.post("/sign-in/by/cas/")["Location"]
    back = parse_qs(urlsplit(there).query)["service"][0]
    browser.get(
        f"{urlsplit(back).path}?{urlsplit(back).query}",
        {"ticket": ticket, "state": parse_qs(urlsplit(back).query)["state"][0]},
    )
    return browser


def test_cas_lets_in_the_person_of_that_user_name(li, service):
    browser = with_ticket()
    assert browser.session["_auth_user_id"] == str(li.pk)
    assert service.asked["service"][0].startswith("http://testserver/sign-in/by/cas/back/?state=")


@pytest.mark.parametrize(
    "xml", [FAILURE, b"", b"<x", b"<!DOCTYPE x [<!ENTITY a 'li'>]><x>&a;</x>", success(""), success("nobody-here")]
)
def test_cas_lets_nobody_else_in(li, service, xml):
    service.xml = xml
    assert not is_in(with_ticket())
    assert not is_in(with_ticket("ST-2"))


# ── the file ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_file_there_is_no_service_and_no_address(client, db):
    assert outside.providers() == {}
    assert client.post("/sign-in/by/unit/").status_code == 404
    assert "sign-in/by/" not in client.get("/sign-in/").content.decode()


def test_the_door_offers_each_service_by_its_name(client, service):
    page = client.get("/sign-in/").content.decode()
    assert "医院统一认证" in page
    assert "校园 CAS" in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {code: a, kind: saml, server: https://a}", "`kind` is oidc or cas"),
        ("- {code: a, kind: oidc, server: https://a}", "lacks client_id, client_secret_file"),
        ("- {code: a, kind: cas, server: https://a, match: anybody}", "`match` is link or username"),
        ("- {code: a, kind: cas, server: https://a, create: yes}", "unknown: create"),
        ("- [", "cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_fault_and_passwords_go_on_working(
    settings, tmp_path, client, text, said
):
    (tmp_path / "sso.yaml").write_text(text)
    settings.ANLAN_SSO = str(tmp_path / "sso.yaml")
    with pytest.raises(OutsideRefused, match=said):
        outside.providers()
    assert client.get("/sign-in/").status_code == 200
    assert client.post("/sign-in/by/a/").status_code == 404


@pytest.mark.parametrize(
    "address", ["http://id.example/x", "file://localhost/etc/passwd", "ftp://127.0.0.1/x", "gopher://x"]
)
def test_a_service_is_asked_over_https_only(address):
    with pytest.raises(OutsideRefused, match="https only"):
        careful.fetch(address)


@pytest.mark.parametrize("way", ["redirect", "long", "broken", "fault", "list"])
def test_an_answer_that_leads_elsewhere_is_too_long_or_breaks_off_is_none(service, way):
    with pytest.raises(OutsideRefused, match="does not answer as it should"):
        careful.fetch_json(f"http://127.0.0.1:{service.server_port}/odd/{way}")


def test_cas_takes_the_user_from_its_place_alone(li, service):
    """python-cas looks for a user at any depth: here one stands among the attributes, before the one that counts."""
    service.xml = (
        b'<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess><cas:attributes>'
        b"<cas:user>li</cas:user></cas:attributes><cas:user>somebody</cas:user>"
        b"</cas:authenticationSuccess></cas:serviceResponse>"
    )
    assert not is_in(with_ticket())


@pytest.mark.parametrize("said", [b"li</cas:user><cas:user>somebody", b"li<cas:b/>somebody"])
def test_cas_names_one_user_and_nothing_in_the_name(li, service, said):
    service.xml = success("li").replace(b"<cas:user>li", b"<cas:user>" + said)
    assert not is_in(with_ticket())


def test_an_administrator_ties_and_unties_and_the_ledger_says_so(li, zhao, service, guan_actor):
    administration.link_outside(li, provider="unit", subject="u-9", by=guan_actor)
    with pytest.raises(Contradiction, match="tied to another person"):
        administration.link_outside(zhao, provider="unit", subject="u-9", by=guan_actor)
    with pytest.raises(Contradiction, match="one of: unit, strong, cas"):
        administration.link_outside(li, provider="saml", subject="u-9", by=guan_actor)
    administration.link_outside(li, provider="unit", subject="", by=guan_actor)
    assert not OutsideIdentity.objects.exists()
