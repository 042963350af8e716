"""The addresses of the staff screens. Place and year stand in the address, so that a page can be sent to a colleague."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from anlan.web.views import account, home, records, registers

app_name = "web"
AT = "at/<str:place>/<int:year>/"

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
    path(f"{AT}registers/<slug:register>/new/", records.new, name="new"),
    path(f"{AT}registers/<slug:register>/<uuid:uid>/", records.record, name="record"),
    path(f"{AT}registers/<slug:register>/<uuid:uid>/<slug:step>/", records.step, name="step"),
]
