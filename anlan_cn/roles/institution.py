"""The institution's own people who see the whole of it."""

from django.utils.translation import gettext_lazy as _

from anlan.org.roles import Reach, Role, Sensitivity, declare

declare(
    Role(
        code="office",
        name=_("Institution office"),
        description=_(
            "Runs the programme in one institution: keeps every register, imports sheets, corrects and annuls with a reason, names the parties to a case."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"record", "manage", "verify", "correct", "import", "score", "involve", "unmask"}),
    )
)
declare(
    Role(
        code="director",
        name=_("Institution director"),
        description=_(
            "Heads the institution and answers for it first: reads every register and the score, approves plans, verifies rectified hazards. Never judges the own institution."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"approve", "verify", "score", "erase"}),
        heads=True,
    )
)
declare(
    Role(
        code="office_director",
        name=_("Director of the institution office"),
        description=_("Leads the office: does what the office does and approves in the name of the leading group."),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset(
            {"record", "manage", "verify", "correct", "import", "score", "involve", "unmask", "approve"}
        ),
    )
)
declare(
    Role(
        code="leader_in_charge",
        name=_("Leader in charge (chief grid head)"),
        description=_(
            "Answers for the programme in the leadership and heads the grid: reads every register and the score, approves, verifies."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"approve", "verify", "score"}),
    )
)
declare(
    Role(
        code="leader",
        name=_("Member of the leadership"),
        description=_("Reads the registers and the score of the institution."),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"score"}),
    )
)
declare(
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
declare(
    Role(
        code="lead_department",
        name=_("Lead department"),
        description=_(
            "Leads one section of the plan: records for the whole institution, verifies what others rectified, reads the score."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record", "verify", "score"}),
    )
)
declare(
    Role(
        code="complaint_office",
        name=_("Complaint and doctor-patient relations office"),
        description=_(
            "Handles complaints and disputes: records and manages them, names the parties, opens masked names with a reason."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"record", "manage", "involve", "unmask", "investigate"}),
    )
)
declare(
    Role(
        code="security_department",
        name=_("Security department"),
        description=_(
            "Keeps order: records incidents, checks and defences of the institution and verifies what was rectified."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record", "verify"}),
    )
)
declare(
    Role(
        code="total_duty_officer",
        name=_("Total duty officer"),
        description=_(
            "Is on duty for the whole institution: records what happens and sees the registers that a duty needs."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
    )
)
declare(
    Role(
        code="quality_centre",
        name=_("Quality-control centre"),
        description=_("Records quality work of every department and verifies what was improved."),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record", "verify"}),
    )
)
declare(
    Role(
        code="petition_staff",
        name=_("Petition staff"),
        description=_(
            "Receives petitions: records and manages them within the legal terms, opens masked names with a reason."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"record", "manage", "involve", "unmask"}),
    )
)
declare(
    Role(
        code="opinion_staff",
        name=_("Public-opinion staff"),
        description=_("Watches what is said in public about the institution and records it."),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
    )
)
declare(
    Role(
        code="survey_staff",
        name=_("Survey staff"),
        description=_("Carries out the surveys of the institution and records their results."),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
    )
)
declare(
    Role(
        code="proposal_handler",
        name=_("Proposal handler"),
        description=_("Answers proposals of congress deputies and consultative members and records the answers."),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
    )
)
declare(
    Role(
        code="privacy_protector",
        name=_("Personal-information protector"),
        description=_(
            "Protects those whom records speak of: is told of every opening of a masked name in the institution, with who and why."
        ),
        reach=Reach.INSTITUTION,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"protect", "erase"}),
    )
)
