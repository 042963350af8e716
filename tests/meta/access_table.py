"""The access policy as data: what each role may do at each address with what is its own, below it, beside it, or elsewhere.

`own` is the unit of the role's post, `child` a unit below it, `sibling` a unit beside it, `other` a unit elsewhere.
A new address or API operation without an entry here fails `test_access_matrix.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# People who stand alike before every address. Every declared role stands in exactly one family; the matrix tries each.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "office": ("office", "office_director"),
    "lead": ("lead_department",),
    "complaints": ("complaint_office", "petition_staff"),
    "duty": ("security_department", "total_duty_officer", "quality_centre", "opinion_staff", "survey_staff", "proposal_handler"),
    "director": ("director",),
    "leaders": ("leader_in_charge", "leader"),
    "assessor": ("assessor",),
    "protector": ("privacy_protector",),
    "recorder": (
        "recorder", "department_head", "grid_head", "medical_affairs", "nursing", "infection_control", "medical_technology",
        "pharmacy", "finance", "logistics", "equipment", "information", "publicity", "external_liaison", "personnel",
        "supervision_office", "mental_health_group", "hiv_group", "guard", "joint_defence", "volunteer", "key_post_holder",
    ),
    "staff": ("staff",),
    "reviewer": ("reviewer",),
    "auditor": ("auditor",),
    "overseer": ("supervisor", "bureau"),
    "chief": ("commission_director",),
    "inspector": ("discipline_inspector",),
    "administrator": ("administrator",),
    "watcher": ("security_officer", "audit_officer"),
    "outside": (
        "police", "police_room", "court", "procuratorate", "justice_bureau", "mediator", "insurer", "insurance_association",
        "governance_centre", "fire_brigade", "civil_affairs", "market_regulator", "traffic_police", "petition_body",
        "reconsideration_body", "discipline_office", "media", "cdc", "detention_place", "community", "consultative_member",
        "consultative_committee", "government_office", "surveyor", "patient",
    ),
    "nobody": ("nobody",),
}  # fmt: skip
ROLES = tuple(role for roles in FAMILIES.values() for role in roles)
FAMILY_OF = {role: family for family, roles in FAMILIES.items() for role in roles}
RELATIONS = ("own", "child", "sibling", "other", "party")
Reach = Mapping[str, frozenset[str]]

# Which institution (and department) stands for a relation; null where the family has none.
# A, B lie in district 1 and C in district 2 of one city, D in another city. Everybody is a party to the record of CASE.
CASE = ("C", "C-OP")
_A: Mapping[str, tuple[str, str] | None] = {
    "own": ("A", ""), "child": ("A", "A-ER"), "sibling": ("B", ""), "other": ("C", ""), "party": CASE,
}  # fmt: skip
_DEPARTMENT: Mapping[str, tuple[str, str] | None] = {
    "own": ("A", "A-ER"), "child": None, "sibling": ("A", "A-IM"), "other": ("B", "B-ER"), "party": CASE,
}  # fmt: skip
_DISTRICT: Mapping[str, tuple[str, str] | None] = {
    "own": ("A", ""), "child": ("A", "A-ER"), "sibling": ("C", ""), "other": ("D", ""), "party": CASE,
}  # fmt: skip
_CITY: Mapping[str, tuple[str, str] | None] = {
    "own": ("A", ""), "child": ("A", "A-ER"), "sibling": ("D", ""), "other": None, "party": CASE,
}  # fmt: skip
_NONE: Mapping[str, tuple[str, str] | None] = {
    "own": None, "child": None, "sibling": None, "other": ("A", ""), "party": CASE,
}  # fmt: skip
TARGETS: Mapping[str, Mapping[str, tuple[str, str] | None]] = {
    "office": _A, "lead": _A, "complaints": _A, "duty": _A, "director": _A, "leaders": _A, "assessor": _A, "protector": _A, "recorder": _DEPARTMENT,
    "staff": _DEPARTMENT, "reviewer": _DISTRICT, "auditor": _DISTRICT, "overseer": _DISTRICT, "chief": _DISTRICT, "inspector": _DISTRICT, "administrator": _CITY,
    "watcher": _CITY, "outside": {**_NONE, "own": ("A", ""), "other": ("C", "")}, "nobody": _NONE,
}  # fmt: skip


def _reach(**families: str) -> Reach:
    return {family: frozenset(relations.split()) for family, relations in families.items()}


# ── who sees what ───────────────────────────────────────────────────────────────────────────────────────────────────

_OF_A = dict.fromkeys(
    ("office", "lead", "complaints", "duty", "director", "leaders", "assessor", "protector"), "own child"
)
_OF_DISTRICT = dict.fromkeys(("reviewer", "auditor", "overseer", "chief", "inspector"), "own child")
# Records apart from any place, by their receipt: a party sees its case there, an officer none.
_PARTIES = dict.fromkeys(("staff", "outside", "nobody"), "party")
RECORDS = _reach(
    **{family: f"{relations} party" for family, relations in (_OF_A | _OF_DISTRICT).items()},
    recorder="own party",
    **_PARTIES,
)
# The same on pages below an institution's address, which a party from elsewhere has not.
PLACED = _reach(**_OF_A, **_OF_DISTRICT, recorder="own")
# A department's people see their institution, and with it the pages on which other departments' records are left out.
REGISTERS = _reach(**_OF_A, **_OF_DISTRICT, recorder="own sibling")
INSTITUTIONS = {**REGISTERS, **_reach(staff="own sibling")}
SCORES = _reach(
    **dict.fromkeys(
        ("office", "lead", "director", "leaders", "assessor", "reviewer", "auditor", "overseer", "chief"), "own child"
    )
)
_AT_WORK = dict.fromkeys(("office", "lead", "complaints", "duty"), "own child")
OPENING = _reach(**_AT_WORK, recorder="own sibling")
IMPORTING = _reach(office="own child")
AUDITING = _reach(office="own child", complaints="own child", auditor="own child")
JUDGING = _reach(reviewer="own child")
WORKING = _reach(**_AT_WORK, recorder="own")
INVOLVING = _reach(office="own child", complaints="own child")
ADMINISTERING = _reach(administrator="own child party")
WATCHING = _reach(watcher="own child sibling party")
# What takes two people is shown apart from any place: to administrators, security and audit officers, and a commission's directors.
COUNTERSIGNING = _reach(**dict.fromkeys(("administrator", "watcher", "chief"), "own child sibling other party"))
ATTACHING = WORKING
APPROVING = _reach(director="own child", protector="own child", reviewer="own child", auditor="own child")
ERASING = {**APPROVING, **_reach(office="own child")}
STATUS = _reach(
    office="own child",
    complaints="own child",
    reviewer="own child",
    auditor="own child",
    administrator="own child party",
)
NONE: Reach = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The policy of one address.

    `allowed` and `refused` give relations by family; everything else is hidden (404). `anyone` lets strangers in,
    `members` every signed-in person. `body` is what a POST sends, `query` what a GET asks. A page that answers a refusal
    by leading back to what the person may see sets `leads_back`.
    """

    allowed: Reach = field(default_factory=dict)
    refused: Reach = field(default_factory=dict)
    anyone: bool = False
    members: bool = False
    nothing: bool = False
    leads_back: bool = False
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None


ANYONE, MEMBERS, NOTHING = Entry(anyone=True), Entry(members=True), Entry(nothing=True)
OF_INSTITUTION, OF_RECORD, OF_SCORE = Entry(allowed=INSTITUTIONS), Entry(allowed=RECORDS), Entry(allowed=SCORES)
OF_REGISTER, OF_PLACED = Entry(allowed=REGISTERS), Entry(allowed=PLACED)
OF_PARTIES, OF_WATCH = Entry(allowed=INVOLVING), Entry(allowed=WATCHING)


def _beyond(seen: Reach, done: Reach) -> Reach:
    """Those who see a thing and may not do what is asked are refused; to the others it is hidden."""
    return {family: relations - done.get(family, frozenset()) for family, relations in seen.items()}


_PLACE = {"occurred_on": "2025-01-06", "kind": "pharmacy", "name": "新药房", "location": "一层"}
_INSPECTION = {"values": {"inspected_on": "2025-02-03"}}
_PARTY = {"capacity": "protector", "person": "office", "reason": "核对"}
_OF_PLACE = {"institution": "{institution}"}
_SCORED = {"rubric": "qidong-2018", "year": "2025", "as_of": "2025-12-31"}

# Only while the person sets up a telephone; tests/unit/web/test_factors.py opens it then.
OWN_ONLY = Entry()
OF_IMPORT = Entry(allowed=IMPORTING)
OF_ADMINISTRATION = Entry(allowed=ADMINISTERING)

TABLE: Mapping[str, Entry] = {
    # staff screens
    "web:start": MEMBERS,
    "web:sign-in": ANYONE,
    "web:factor": MEMBERS,  # a stranger is led to the door
    "web:factor-key": ANYONE,
    "web:outside": NOTHING,  # no service is configured in the suite; tests/unit/web/test_outside.py configures some
    "web:outside-back": NOTHING,
    "web:again": MEMBERS,
    "web:sign-out": MEMBERS,
    "web:told": MEMBERS,
    "web:account-requests": Entry(allowed=COUNTERSIGNING),
    # of a request that is there, to those who oversee it: tests/unit/web/test_account_requests.py
    "web:account-request": Entry(),
    "web:account-request-decide": Entry(),
    "web:end-others": MEMBERS,
    "web:factors": MEMBERS,
    "web:factor-telephone": MEMBERS,
    "web:factor-qr": OWN_ONLY,
    "web:factor-new-key": MEMBERS,
    "web:factor-recovery": MEMBERS,
    "web:factor-remove": MEMBERS,
    "web:password": MEMBERS,
    "web:me": MEMBERS,
    "web:language": ANYONE,
    "web:theme": ANYONE,
    "web:evidence": OF_RECORD,
    "web:home": OF_INSTITUTION,
    "web:todo-count": OF_INSTITUTION,
    "web:search": OF_INSTITUTION,
    "web:report": OF_INSTITUTION,
    "web:registers": OF_INSTITUTION,
    "web:list": OF_REGISTER,
    "web:new": Entry(allowed=OPENING),
    "web:imports": OF_IMPORT,
    "web:import-template": OF_IMPORT,
    "web:import": OF_IMPORT,
    # of those who may import, to who uploaded the sheet
    "web:import-errors": OF_IMPORT,
    "web:import-act": OF_IMPORT,
    "web:erasures": Entry(allowed=ERASING),
    "web:erasure-ask": Entry(allowed=ERASING),
    "web:erasure-decide": Entry(allowed=APPROVING),
    "web:record": OF_PLACED,
    "web:step": Entry(allowed=WORKING, refused=_beyond(PLACED, WORKING), leads_back=True),
    # cases apart from any place; nothing of a key place is masked, so there is nothing to open: tests/unit/flow/test_unmasking.py
    "web:cases": MEMBERS,
    "web:case": OF_RECORD,
    "web:unmask": Entry(),
    "web:parties": OF_PARTIES,
    "web:party-end": OF_PARTIES,
    "web:access-log": OF_WATCH,
    "web:access-export": OF_WATCH,
    "web:archives": Entry(allowed=_reach(office="own child", auditor="own child")),
    # to the person who asked for it and to nobody else: tests/unit/web/test_archives.py opens it
    "web:archive-file": Entry(),
    "web:score": OF_SCORE,
    "web:rubric": OF_SCORE,
    "web:rule": OF_SCORE,
    "web:why": OF_SCORE,
    "web:judge": Entry(allowed=JUDGING),
    "web:rule-figures": OF_SCORE,
    "web:own-trend": OF_SCORE,
    "web:times": OF_SCORE,
    "web:times-records": OF_SCORE,
    "web:seals": OF_SCORE,
    "web:seal": OF_SCORE,
    "web:seal-score": OF_SCORE,
    "web:seal-package": OF_SCORE,
    "web:seal-new": Entry(allowed=_reach(reviewer="own child", assessor="own child")),
    "web:audit": Entry(allowed=AUDITING),
    "web:ledger": Entry(allowed=STATUS),
    # of a commission only: hidden at every institution; tests/unit/web/test_scores_city.py opens them at a district
    "web:score-spread": Entry(),
    "web:score-trend": Entry(),
    # the administrator's pages: of every unit at and below their own, and of nobody else
    "web:administration": OF_ADMINISTRATION,
    "web:units": OF_ADMINISTRATION,
    "web:unit": OF_ADMINISTRATION,
    "web:unit-edit": OF_ADMINISTRATION,
    "web:unit-new": OF_ADMINISTRATION,
    "web:unit-act": OF_ADMINISTRATION,
    "web:roles": OF_ADMINISTRATION,
    "web:sign-in-rules": OF_ADMINISTRATION,
    "web:people": OF_ADMINISTRATION,
    "web:person-new": OF_ADMINISTRATION,
    "web:person": OF_ADMINISTRATION,
    "web:person-edit": OF_ADMINISTRATION,
    "web:person-act": OF_ADMINISTRATION,
    "web:post-new": OF_ADMINISTRATION,
    "web:post-end": OF_ADMINISTRATION,
    # for watchers: on the common port one word and no figures; the watchers' port: tests/unit/config/test_health.py
    "health-ready": ANYONE,
    "metrics": NOTHING,
    # the public face
    "portal:icon": ANYONE,
    "portal:receipts": ANYONE,
    "portal:verifier": ANYONE,
    "portal:receipt": ANYONE,
    "portal:receipt-file": ANYONE,
    "portal:tile": ANYONE,
    "portal:checkpoint": ANYONE,
    # public; the node witnesses nobody, so nothing is there: tests/unit/portal opens it
    "portal:add-checkpoint": NOTHING,
    # API
    "api:openapi-json": MEMBERS,
    "api:api-root": NOTHING,
    "GET /api/v1/institutions": MEMBERS,
    "GET /api/v1/registers": MEMBERS,
    "GET /api/v1/registers/{code}": MEMBERS,
    "GET /api/v1/registers/{code}/records": Entry(allowed=REGISTERS, query=_OF_PLACE),
    "POST /api/v1/registers/{code}/records": Entry(
        allowed=OPENING,
        refused=_beyond(INSTITUTIONS, OPENING),
        body={"institution": "{institution}", "values": _PLACE},
    ),
    "POST /api/v1/registers/{code}/records/with-evidence": Entry(
        allowed=OPENING,
        refused=_beyond(INSTITUTIONS, OPENING),
        form={"institution": "{institution}", "values": _PLACE},
    ),
    "GET /api/v1/access-log": OF_WATCH,
    "GET /api/v1/cases": MEMBERS,
    "GET /api/v1/records/{uid}/parties": OF_PARTIES,
    "POST /api/v1/records/{uid}/parties": Entry(allowed=INVOLVING, body=_PARTY),
    "POST /api/v1/records/{uid}/parties/release": Entry(allowed=INVOLVING, body=_PARTY),
    "POST /api/v1/records/{uid}/unmask": Entry(body={"fields": ("name",), "reason": "核对"}),
    "GET /api/v1/records/{uid}": OF_RECORD,
    "GET /api/v1/records/{uid}/timeline": OF_RECORD,
    "GET /api/v1/records/{uid}/receipts": OF_RECORD,
    "GET /api/v1/records/{uid}/evidence": OF_RECORD,
    "GET /api/v1/records/{uid}/evidence/{file}": OF_RECORD,
    "POST /api/v1/records/{uid}/evidence": Entry(allowed=ATTACHING, refused=_beyond(RECORDS, ATTACHING), form={}),
    "POST /api/v1/records/{uid}/steps/{step}": Entry(
        allowed=WORKING, refused=_beyond(RECORDS, WORKING), body=_INSPECTION
    ),
    "POST /api/v1/records/{uid}/steps/{step}/with-evidence": Entry(
        allowed=WORKING, refused=_beyond(RECORDS, WORKING), form=_INSPECTION
    ),
    "GET /api/v1/rubrics": MEMBERS,
    "GET /api/v1/rubrics/{code}": MEMBERS,
    "GET /api/v1/rubrics/{code}/findings": MEMBERS,
    "GET /api/v1/scores": Entry(allowed=SCORES, query=_SCORED | _OF_PLACE),
    "GET /api/v1/scores/trend": Entry(allowed=SCORES, query=_SCORED | _OF_PLACE),
    "GET /api/v1/scores/{institution}/rules/{rule}/trace": Entry(allowed=SCORES, query=_SCORED),
    "GET /api/v1/scores/{institution}/seals": Entry(allowed=SCORES),
    "GET /api/v1/scores/{institution}/seals/{seal}": Entry(allowed=SCORES),
    "GET /api/v1/scores/{institution}/seals/{seal}/package": Entry(allowed=SCORES),
}
