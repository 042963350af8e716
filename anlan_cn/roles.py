"""The roles of a safe-hospital programme that this release knows. The administrator reads the descriptions on screen."""

from django.utils.translation import gettext_lazy as _

from anlan.org.roles import Reach, Role, Sensitivity, declare

OFFICE = declare(
    Role(
        code="office",
        name=_("Institution office"),
        description=_(
            "Runs the programme in one institution: keeps every register, imports sheets, corrects and annuls with a reason."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"record", "manage", "verify", "correct", "import", "score"}),
    )
)
RECORDER = declare(
    Role(
        code="recorder",
        name=_("Department recorder"),
        description=_("Keeps the registers of one department and sees that department's records and their own."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
    )
)
DIRECTOR = declare(
    Role(
        code="director",
        name=_("Institution director"),
        description=_(
            "Heads the institution: reads every register and the score, approves plans, verifies rectified hazards."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"approve", "verify", "score"}),
    )
)
ASSESSOR = declare(
    Role(
        code="assessor",
        name=_("Assessment-group member"),
        description=_(
            "Self-checks the institution before the commission comes: reads the registers and the score, proposes judgements."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"score", "self-check"}),
    )
)
REVIEWER = declare(
    Role(
        code="reviewer",
        name=_("Commission reviewer"),
        description=_(
            "Scores and compares the institutions below the commission, confirms or rejects what the system proposes, and judges."
        ),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"judge", "score", "compare"}),
        mfa_required=True,
    )
)
AUDITOR = declare(
    Role(
        code="auditor",
        name=_("Auditor"),
        description=_("Reads registers, entries and scores below the commission and changes nothing."),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"score", "compare", "audit"}),
        mfa_required=True,
    )
)
ADMINISTRATOR = declare(
    Role(
        code="administrator",
        name=_("System administrator"),
        description=_("Keeps units, people and posts. Sees no records and no scores."),
        reach=Reach.NOTHING,
        sensitivity=Sensitivity.PUBLIC,
        capabilities=frozenset({"administer"}),
        mfa_required=True,
    )
)
