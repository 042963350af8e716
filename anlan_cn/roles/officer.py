"""The three officers: nobody holds two, and none reads a case."""

from django.utils.translation import gettext_lazy as _

from anlan.org.roles import Group, Officer, Reach, Role, Sensitivity, declare

declare(
    Role(
        code="administrator",
        name=_("System administrator"),
        description=_(
            "Keeps units, people and posts; of what takes two people asks for it, or approves what another asked for: access to the accounts of officers, protectors and the commission. Sees no records and no scores."
        ),
        reach=Reach.NOTHING,
        sensitivity=Sensitivity.PUBLIC,
        capabilities=frozenset({"administer"}),
        group=Group.OFFICER,
        mfa_required=True,
        officer=Officer.SYSTEM,
    )
)
declare(
    Role(
        code="security_officer",
        name=_("Security officer"),
        description=_(
            "Watches who may do what: sees changes of posts and accounts, sign-ins and failures. Approves, as the second of two people, access to the accounts of officers, protectors and the commission. Sees no records and no scores."
        ),
        reach=Reach.NOTHING,
        sensitivity=Sensitivity.PUBLIC,
        capabilities=frozenset({"secure"}),
        group=Group.OFFICER,
        mfa_required=True,
        officer=Officer.SECURITY,
    )
)
declare(
    Role(
        code="audit_officer",
        name=_("Audit officer"),
        description=_(
            "Watches everybody, the other two officers among them: sees who read what is sensitive, who opened masked names, exports, changes of rights, sign-ins. Sees no records and no scores."
        ),
        reach=Reach.NOTHING,
        sensitivity=Sensitivity.PUBLIC,
        capabilities=frozenset({"access-log"}),
        group=Group.OFFICER,
        mfa_required=True,
        officer=Officer.AUDIT,
    )
)
