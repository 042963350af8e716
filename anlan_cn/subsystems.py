"""The subsystems that this release holds registers for, in the order of the menu."""

from django.utils.translation import gettext_lazy as _

from anlan.flow.subsystem import Subsystem, declare_subsystem

PROGRAMMES = declare_subsystem(
    Subsystem(
        code="M01",
        name=_("Programmes and plans"),
        purpose=_("Yearly plans and implementation schemes"),
        icon="file-certificate",
    )
)
ORGANISATION = declare_subsystem(
    Subsystem(
        code="M02", name=_("Organisation and duties"), purpose=_("Groups, posts, duties and means"), icon="users-group"
    )
)
TRAINING = declare_subsystem(
    Subsystem(
        code="M15",
        name=_("Education and training"),
        purpose=_("Sessions, training, attendance, awareness"),
        icon="school",
    )
)
MENTAL_HEALTH = declare_subsystem(
    Subsystem(code="M14", name=_("Mental health"), purpose=_("Screening rounds and notices"), icon="heart-handshake")
)
SECURITY = declare_subsystem(
    Subsystem(
        code="M06",
        name=_("Security and police liaison"),
        purpose=_("Key places, devices, incidents, guards"),
        icon="shield-lock",
    )
)
INSPECTION = declare_subsystem(
    Subsystem(
        code="M05",
        name=_("Inspection and hazards"),
        purpose=_("Monthly checks, hazards and their rectification"),
        icon="clipboard-check",
    )
)
PRODUCTION_SAFETY = declare_subsystem(
    Subsystem(
        code="M07",
        name=_("Fire, equipment, materials"),
        purpose=_("Fire, pressure, electricity, materials, key posts"),
        icon="flame",
    )
)
QUALITY = declare_subsystem(
    Subsystem(
        code="M08",
        name=_("Medical quality"),
        purpose=_("Quality activities, record audits, committees"),
        icon="stethoscope",
    )
)
DISPUTES = declare_subsystem(
    Subsystem(code="M11", name=_("Disputes and mediation"), purpose=_("Disputes, mediation, settlement"), icon="scale")
)
SUPERVISION = declare_subsystem(
    Subsystem(
        code="M17",
        name=_("Satisfaction and supervision"),
        purpose=_("Surveys of what people know and think"),
        icon="message",
    )
)
ASSESSMENT = declare_subsystem(
    Subsystem(
        code="M18", name=_("Assessment and reward"), purpose=_("Rules of reward and penalty, judgements"), icon="award"
    )
)
