"""The addresses of the staff screens. Place and year stand in the address, so that a page can be sent to a colleague."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from anlan.web.views import (
    account,
    administration,
    administration_people,
    home,
    imports,
    ledger,
    records,
    registers,
    scores,
    scores_data,
)

app_name = "web"
AT = "at/<str:place>/<int:year>/"
ADMIN = f"{AT}administration/"
PERSON = f"{ADMIN}people/<str:username>/"

urlpatterns = [
    path("", account.start, name="start"),
    path("sign-in/", account.SignInView.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("me/", account.me, name="me"),
    path("language/", account.language, name="language"),
    path("theme/", account.theme, name="theme"),
    path("evidence/<uuid:uid>/", records.evidence, name="evidence"),
    path(AT, home.home, name="home"),
    path(f"{AT}to-do-count/", home.todo_count, name="todo-count"),
    path(f"{AT}search/", registers.search, name="search"),
    path(f"{AT}report/", registers.report, name="report"),
    path(f"{AT}registers/", registers.index, name="registers"),
    path(f"{AT}registers/<slug:register>/", registers.listing, name="list"),
    path(f"{AT}registers/<slug:register>/import/", imports.index, name="imports"),
    path(f"{AT}registers/<slug:register>/import/template/", imports.template, name="import-template"),
    path(f"{AT}registers/<slug:register>/import/<uuid:batch>/", imports.one, name="import"),
    path(f"{AT}registers/<slug:register>/import/<uuid:batch>/errors/", imports.errors, name="import-errors"),
    path(f"{AT}registers/<slug:register>/import/<uuid:batch>/<slug:action>/", imports.act, name="import-act"),
    path(f"{AT}registers/<slug:register>/new/", records.new, name="new"),
    path(f"{AT}registers/<slug:register>/<uuid:uid>/", records.record, name="record"),
    path(f"{AT}registers/<slug:register>/<uuid:uid>/<slug:step>/", records.step, name="step"),
    path(f"{AT}score/", scores.score, name="score"),
    path(f"{AT}score/rules/<str:rule>/", scores.rule, name="rule"),
    path(f"{AT}score/rules/<str:rule>/why/", scores.why, name="why"),
    path(f"{AT}score/rules/<str:rule>/judge/", scores.judge, name="judge"),
    path(f"{AT}score/rules/<str:rule>/figures/", scores_data.rule, name="rule-figures"),
    path(f"{AT}score/spread/", scores_data.spread, name="score-spread"),
    path(f"{AT}score/trend/", scores_data.trend, name="score-trend"),
    path(f"{AT}score/own-trend/", scores_data.own_trend, name="own-trend"),
    path(f"{AT}rubric/", scores.rubric, name="rubric"),
    path(f"{AT}ledger/", ledger.status, name="ledger"),
    path(ADMIN, administration.home, name="administration"),
    path(f"{ADMIN}units/", administration.units, name="units"),
    path(f"{ADMIN}unit/", administration.unit, name="unit"),
    path(f"{ADMIN}unit/edit/", administration.edit, name="unit-edit"),
    path(f"{ADMIN}unit/new/<slug:kind>/", administration.new, name="unit-new"),
    path(f"{ADMIN}unit/do/<slug:action>/", administration.act, name="unit-act"),
    path(f"{ADMIN}roles/", administration.roles, name="roles"),
    path(f"{ADMIN}people/", administration_people.people, name="people"),
    path(f"{ADMIN}new-person/", administration_people.new, name="person-new"),
    path(PERSON, administration_people.person, name="person"),
    path(f"{PERSON}edit/", administration_people.edit, name="person-edit"),
    path(f"{PERSON}do/<slug:action>/", administration_people.act, name="person-act"),
    path(f"{PERSON}posts/new/", administration_people.new_post, name="post-new"),
    path(f"{PERSON}posts/<int:post>/end/", administration_people.end_post, name="post-end"),
]
