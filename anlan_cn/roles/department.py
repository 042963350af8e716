"""People of one department: its records and their own."""

from django.utils.translation import gettext_lazy as _

from anlan.org.roles import Group, Reach, Role, Sensitivity, declare

declare(
    Role(
        code="recorder",
        name=_("Department recorder"),
        description=_("Keeps the registers of one department and sees that department's records and their own."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="department_head",
        name=_("Department head"),
        description=_(
            "Heads a department: records for it and sees its records. Never verifies or investigates the own department."
        ),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record", "verify"}),
        group=Group.DEPARTMENT,
        heads=True,
    )
)
declare(
    Role(
        code="grid_head",
        name=_("Grid head"),
        description=_(
            "Answers for a grid: records its checks and hazards and verifies what others of the department rectified."
        ),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record", "verify"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="medical_affairs",
        name=_("Medical affairs"),
        description=_("Records the medical part of the programme."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="nursing",
        name=_("Nursing"),
        description=_("Records the nursing part of the programme."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="infection_control",
        name=_("Infection control"),
        description=_("Records infection control and medical waste."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="medical_technology",
        name=_("Medical technology"),
        description=_("Records laboratories, imaging and their safety."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="pharmacy",
        name=_("Pharmacy"),
        description=_("Records drugs, controlled items and their stores."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="finance",
        name=_("Finance"),
        description=_("Records the money that the programme was given."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="logistics",
        name=_("Logistics and general affairs"),
        description=_("Records buildings, fire facilities, power, gas and vessels."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="equipment",
        name=_("Equipment"),
        description=_("Records equipment and its checks."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="information",
        name=_("Information department"),
        description=_("Records networks, systems and their protection."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="publicity",
        name=_("Publicity and planning"),
        description=_("Records education and publicity."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="external_liaison",
        name=_("External liaison"),
        description=_("Records agreements and meetings with agencies outside."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="personnel",
        name=_("Personnel and political work"),
        description=_("Records posts, training and appraisal."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="supervision_office",
        name=_("Supervision office"),
        description=_("Investigates what staff are said to have done; never the department that its holder heads."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record", "investigate"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="mental_health_group",
        name=_("Mental-health special group"),
        description=_("Records screening and notices of patients at risk, without names."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="hiv_group",
        name=_("HIV special group"),
        description=_("Records the special work of HIV prevention, without names."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="guard",
        name=_("Guard"),
        description=_("Records patrols, checks and what happened on the post."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="joint_defence",
        name=_("Joint-defence member"),
        description=_("Records patrols of the joint defence."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="volunteer",
        name=_("Volunteer"),
        description=_("Records the help that was given; sees what was recorded for the department."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="key_post_holder",
        name=_("Key-post holder"),
        description=_("Records the checks of the key post."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.INTERNAL,
        capabilities=frozenset({"record"}),
        group=Group.DEPARTMENT,
    )
)
declare(
    Role(
        code="staff",
        name=_("Staff member"),
        description=_("Works here; sees the institution's pages and the cases to which they are a party, no register."),
        reach=Reach.DEPARTMENT,
        sensitivity=Sensitivity.PUBLIC,
        group=Group.DEPARTMENT,
    )
)
