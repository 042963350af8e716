"""Agencies and people from outside: nothing but the cases to which they are a party."""

from django.utils.translation import gettext_lazy as _

from anlan.org.roles import Group, Reach, Role, Sensitivity, declare

declare(
    Role(
        code="police",
        name=_("Police"),
        description=_("Sees the cases that were reported to the police, with names after a reason."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"unmask"}),
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="police_room",
        name=_("Police liaison of the institution"),
        description=_(
            "Is the police officer of the room or community: sees the cases handed over, with names after a reason."
        ),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"unmask"}),
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="court",
        name=_("Court"),
        description=_("Sees the case that is before the court, with names after a reason."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"unmask"}),
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="procuratorate",
        name=_("Procuratorate"),
        description=_("Sees the case that it examines, with names after a reason."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"unmask"}),
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="justice_bureau",
        name=_("Judicial bureau"),
        description=_("Guides mediation: sees the case that it was asked about."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="mediator",
        name=_("People's mediation committee"),
        description=_("Mediates a dispute: sees that dispute, with names after a reason."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"unmask"}),
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="insurer",
        name=_("Insurer"),
        description=_("Settles a claim: sees the dispute that it insures, without names."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="insurance_association",
        name=_("Insurance association"),
        description=_("Sees the dispute on which it was heard, without names."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="governance_centre",
        name=_("Comprehensive-governance centre"),
        description=_("Sees the cases that it was notified of, without names."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="fire_brigade",
        name=_("Fire brigade"),
        description=_("Sees the fire hazards and incidents that it was told of."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.INTERNAL,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="civil_affairs",
        name=_("Civil affairs"),
        description=_("Sees the case in which it gives help, without names."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="market_regulator",
        name=_("Market regulator"),
        description=_("Sees the case on drugs, devices, vessels or prices that it was told of."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.INTERNAL,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="traffic_police",
        name=_("Traffic police"),
        description=_("Sees the case on roads and parking that it was told of."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.INTERNAL,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="petition_body",
        name=_("Petition body"),
        description=_("Sees the petition that it handed over."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="reconsideration_body",
        name=_("Reconsideration body"),
        description=_("Sees the petition that it reconsiders."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="discipline_office",
        name=_("Discipline office"),
        description=_("Sees the case that was handed to it, with names after a reason."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        capabilities=frozenset({"unmask"}),
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="media",
        name=_("Media and radio"),
        description=_("Sees what was released to it, never what is internal."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.PUBLIC,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="cdc",
        name=_("Centre for disease control"),
        description=_("Sees the event that was reported to it, without names."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="detention_place",
        name=_("Place of detention"),
        description=_("Sees the case of a person in its care that it was told of."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="community",
        name=_("Community"),
        description=_("Sees the case in which it accompanies a patient, without names."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="consultative_member",
        name=_("Consultative member"),
        description=_("Sees the proposal that they made and its answer."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.INTERNAL,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="consultative_committee",
        name=_("Consultative committee"),
        description=_("Sees the proposals that it handed over and their answers."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.INTERNAL,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="government_office",
        name=_("Government office"),
        description=_("Sees the case that it supervises."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.SENSITIVE,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="surveyor",
        name=_("Third-party surveyor"),
        description=_("Sees the survey that it carries out."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.INTERNAL,
        group=Group.OUTSIDE,
    )
)
declare(
    Role(
        code="patient",
        name=_("Patient or family"),
        description=_("Sees the own case, without what is internal."),
        reach=Reach.CASE,
        sensitivity=Sensitivity.PUBLIC,
        group=Group.OUTSIDE,
    )
)
