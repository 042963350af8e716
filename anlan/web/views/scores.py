"""The score screens: the city, an institution's sheet, a rule, the rubric, and the judgement of a reviewer."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from anlan.assessment.errors import UnknownRule
from anlan.assessment.sheet import Sheet
from anlan.ledger.status import checkpoint_words
from anlan.org.errors import NotAllowed
from anlan.web.place import Place, find_place
from anlan.web.scores_city import city_page
from anlan.web.scores_judge import JudgeForm
from anlan.web.scores_reason import reason_of
from anlan.web.scores_rubric import rubric_page
from anlan.web.scores_rule import rule_across, rule_page
from anlan.web.scores_sheet import can_judge, sheet_page, takes_judgement
from anlan.web.scores_source import as_of_in_view, institutions_at, month_ends, rubric_in_view, sheet_of
from anlan.web.seal_line import seal_context

KEPT_PARAMETERS = ("rubric", "as_of")


def score(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the score at a place: the sheet of an institution, or the institutions of a commission."""
    here = scored_place(request, place, year)
    if here.institution is not None:
        return _sheet(request, here)
    require(here, "can:compare")
    rubric, as_of = rubric_in_view(request), as_of_in_view(request, here)
    page = city_page(
        here,
        rubric=rubric,
        as_of=as_of,
        by=request.GET.get("by", ""),
        suffix=suffix(request),
        chosen=request.GET.get("with", ""),
    )
    return render(request, "anlan/scores/city.html", {**_base(request, here), "rubric": rubric, "page": page})


def _sheet(request: HttpRequest, here: Place) -> HttpResponse:
    sheet = sheet_in_view(request, here)
    is_open = request.GET.get("open") == "1"
    page = sheet_page(sheet, place=here, is_open=is_open)
    context = {**_base(request, here), "sheet": sheet, "rubric": sheet.rubric, "page": page, **seal_context(here)}
    context["checkpoint"] = checkpoint_words() if is_open else ""  # on paper; the code costs some milliseconds
    return render(request, "anlan/scores/sheet.html", context)


def rule(request: HttpRequest, place: str, year: int, rule: str) -> HttpResponse:
    """Show one rule: what it asks, the figure month by month, the records, what is missing."""
    here = scored_place(request, place, year)
    if here.institution is None:
        require(here, "can:compare")
        rubric, as_of = rubric_in_view(request), as_of_in_view(request, here)
        page = found(lambda: rule_across(here, rubric=rubric, as_of=as_of, code=rule, suffix=suffix(request)))
        context = {**_base(request, here), "rubric": rubric, "page": page, "crumbs": crumbs(here, rule)}
        return render(request, "anlan/scores/rule_across.html", context)
    return _rule(request, here, sheet_in_view(request, here), rule, None)


def _rule(request: HttpRequest, here: Place, sheet: Sheet, code: str, form: JudgeForm | None) -> HttpResponse:
    page = found(lambda: rule_page(sheet, code, place=here))
    if form is None and _asks(can_judge(here), page.reason.score, page.reason):
        form = JudgeForm(sheet=sheet, score=page.reason.score)
    context = {**_base(request, here), "sheet": sheet, "rubric": sheet.rubric, "page": page, "form": form}
    context["crumbs"] = crumbs(here, code)
    return render(request, "anlan/scores/rule.html", context, status=422 if form is not None and form.errors else 200)


def why(request: HttpRequest, place: str, year: int, rule: str) -> HttpResponse:
    """Return what stands behind one rule, for the line of the sheet that was opened."""
    here = institution_place(request, place, year)
    sheet = sheet_in_view(request, here)
    reason = found(lambda: reason_of(sheet, rule, place=here))
    context = {**_base(request, here), "sheet": sheet, "reason": reason}
    if _asks(can_judge(here), reason.score, reason):
        context["form"] = JudgeForm(sheet=sheet, score=reason.score)
    return render(request, "anlan/scores/why.html", context)


@require_POST
def judge(request: HttpRequest, place: str, year: int, rule: str) -> HttpResponse:
    """Take a reviewer's decision on a rule, then show the sheet at that rule."""
    here = institution_place(request, place, year)
    if not can_judge(here):
        raise Http404
    sheet = sheet_in_view(request, here)
    score = found(lambda: sheet.rule(rule))
    if not takes_judgement(score):
        messages.error(request, _("This rule does not wait for a decision any more."))
        return redirect(f"{here.url('score')}{suffix(request)}#{rule}")
    form = JudgeForm(request.POST, request.FILES, sheet=sheet, score=score)
    if not form.is_valid() or form.judge(here) is None:
        return _rule(request, here, sheet, rule, form)
    messages.success(
        request, _("The decision on %(rule)s is recorded; the score has changed with it.") % {"rule": rule}
    )
    return redirect(f"{here.url('score')}{suffix(request)}#{rule}")


def rubric(request: HttpRequest, place: str, year: int) -> HttpResponse:
    """Show the rubric as data, with the readings in force and the linter's findings."""
    here = scored_place(request, place, year)
    shown = rubric_in_view(request)
    return render(
        request,
        "anlan/scores/rubric.html",
        {**_base(request, here), "rubric": shown, "page": rubric_page(shown, place=here)},
    )


def scored_place(request: HttpRequest, code: str, year: int) -> Place:
    """Return the place of a person who may see scores there. Raises: Http404; NotAllowed."""
    here = find_place(request, code, year)
    require(here, "can:score")
    return here


def institution_place(request: HttpRequest, code: str, year: int) -> Place:
    """Return the place when it is an institution. Raises: Http404; NotAllowed."""
    here = scored_place(request, code, year)
    if here.institution is None:
        raise Http404
    return here


def require(here: Place, capability: str) -> None:
    """Raise NotAllowed unless a post that reaches the place answers to the capability."""
    key = here.institution.pk if here.institution is not None else -1
    grants = here.actor.grants_for(institution_path=here.unit.path, institution_id=key)
    if not any(grant.role.answers_to((capability,)) for grant in grants):
        raise NotAllowed("org.E020", f'{here.actor.name} holds no post that sees scores at "{here.unit.name}".')


def sheet_in_view(request: HttpRequest, here: Place) -> Sheet:
    """Return the sheet that the address asks for."""
    if here.institution is None:
        raise Http404
    return sheet_of(rubric_in_view(request), here.institution, year=here.year, as_of=as_of_in_view(request, here))


def found(ask: Any) -> Any:
    """Return what `ask` gives; what the rubric does not hold is a page that does not exist."""
    try:
        return ask()
    except UnknownRule as error:
        raise Http404 from error


def suffix(request: HttpRequest) -> str:
    """Return the query string that keeps rubric and day from page to page; empty for the usual ones."""
    kept = {name: request.GET[name] for name in KEPT_PARAMETERS if request.GET.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


def crumbs(here: Place, last: str = "") -> list[dict[str, Any]]:
    """Return the way from the place to a page of the score."""
    way = [{"name": here.name, "url": here.url("home")}]
    if last:
        name = _("Score sheet") if here.institution is not None else _("All institutions")
        way += [{"name": name, "url": here.url("score")}, {"name": last, "url": ""}]
    return way


def _asks(may_judge: bool, score: Any, reason: Any) -> bool:
    """Whether the form to judge belongs beside the rule: a reviewer looks at it, it takes a decision, none is in force."""
    return may_judge and reason is not None and reason.judgement is None and takes_judgement(score)


def _base(request: HttpRequest, here: Place) -> dict[str, Any]:
    as_of = as_of_in_view(request, here)
    ends = [day for day in month_ends(here) if day != here.as_of()]
    return {
        "place": here,
        "as_of": as_of,
        "month_ends": ends[::-1],
        "is_today": as_of == here.as_of(),
        "is_closed": here.today.year > here.year,
        "suffix": suffix(request),
        "crumbs": crumbs(here),
        "scored": len(institutions_at(here)) if here.institution is None else 1,
    }
