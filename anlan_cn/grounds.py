"""The legal grounds for erasing a record: article 47 of the Personal Information Protection Law, case by case.

The wording is ours; the article is not yet compared with the source, and the screens say so.
"""

from django.utils.translation import gettext_lazy as _

from anlan.flow.grounds import Ground, declare_ground

INSTRUMENT = _("Personal Information Protection Law")
CASES = (
    (
        "purpose",
        _("Article 47, case 1"),
        _("The purpose is reached, cannot be reached, or needs the information no longer"),
    ),
    ("period", _("Article 47, case 2"), _("The service has ended, or the period of retention is over")),
    ("consent", _("Article 47, case 3"), _("The person has withdrawn the consent")),
    ("unlawful", _("Article 47, case 4"), _("The information was handled against the law or against what was agreed")),
    ("other", _("Article 47, case 5"), _("Another case that a law or regulation provides for; the reason names it")),
)

for _code, _article, _text in CASES:
    declare_ground(
        Ground(code=f"pipl-47-{_code}", instrument=INSTRUMENT, article=_article, text=_text, clause="PIPL-47")
    )
