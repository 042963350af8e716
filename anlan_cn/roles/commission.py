"""The health commission and its bureaus: institutions below them."""

from django.utils.translation import gettext_lazy as _

from anlan.org.roles import Group, Reach, Role, Sensitivity, declare

declare(
    Role(
        code="supervisor",
        name=_("Supervising commission"),
        description=_(
            "Supervises the institutions below: reads registers and scores, and handles cases about an institution's leaders, which its own people do not see."
        ),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"score", "compare"}),
        routed=frozenset({"record", "manage", "verify", "correct", "involve", "unmask", "investigate"}),
        group=Group.COMMISSION,
        mfa_required=True,
    )
)
declare(
    Role(
        code="bureau",
        name=_("District bureau"),
        description=_("Reads the registers and scores of the district's institutions and changes nothing."),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"score", "compare"}),
        group=Group.COMMISSION,
        mfa_required=True,
    )
)
declare(
    Role(
        code="reviewer",
        name=_("Commission reviewer"),
        description=_(
            "Scores and compares the institutions below the commission, confirms or rejects what the system proposes, and judges. Never an institution that the holder heads."
        ),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"judge", "score", "compare", "erase"}),
        group=Group.COMMISSION,
        mfa_required=True,
    )
)
declare(
    Role(
        code="auditor",
        name=_("Auditor"),
        description=_("Reads registers, entries and scores below the commission and changes nothing."),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"score", "compare", "audit", "erase"}),
        group=Group.COMMISSION,
        mfa_required=True,
    )
)
declare(
    Role(
        code="discipline_inspector",
        name=_("Discipline inspector of the commission"),
        description=_(
            "Investigates cases about an institution's leaders: reads them with their parties and changes only these."
        ),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.SENSITIVE,
        routed=frozenset({"manage", "involve", "unmask", "investigate"}),
        group=Group.COMMISSION,
        mfa_required=True,
    )
)
declare(
    Role(
        code="commission_director",
        name=_("Director of the commission"),
        description=_(
            "Reads the registers and scores of the institutions below. Approves, where no other officer is left, what takes two people: access to the accounts of officers and reviewers."
        ),
        reach=Reach.SUBTREE,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"score", "compare", "countersign"}),
        group=Group.COMMISSION,
        mfa_required=True,
    )
)
