"""Who may seal a score, and who may take its package away. Screens, API and the command line ask here."""

from anlan.assessment.models import Seal
from anlan.assessment.seal_readers import may_have_document, may_have_whole
from anlan.org.models import Institution
from anlan.org.policy import may, require
from anlan.org.scope import Actor

# The commission's score is sealed by those who judge it, an institution's own by those who check it.
CAPABILITIES = {Seal.Kind.COMMISSION.value: ("can:judge",), Seal.Kind.SELF_CHECK.value: ("can:self-check",)}


def kind_to_seal(actor: Actor, institution: Institution) -> str:
    """Return as whose score the person may seal the institution's; empty when they may not."""
    for kind, capabilities in CAPABILITIES.items():
        if may(actor, capabilities, institution=institution):
            return kind
    return ""


def require_to_seal(actor: Actor, kind: str, *, institution: Institution) -> None:
    """Raise NotAllowed unless the person may seal a score of this kind."""
    require(actor, CAPABILITIES[kind], institution=institution)


def may_take_package(actor: Actor, seal: Seal) -> bool:
    """Tell whether the person gets a package: one of today's format is cut to what they may read, one of the first is not."""
    return may(actor, ("can:score",), institution=seal.institution) and may_have_whole(seal, by=actor)


def may_take_document(actor: Actor, seal: Seal) -> bool:
    """Tell whether the person gets score.json; the score itself they see anyway."""
    return may_have_document(seal, by=actor)
