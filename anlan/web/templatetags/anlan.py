"""Tags of the staff screens: icons, word tags, deadlines in words, points, query strings. Used by every template of `anlan.web`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from anlan.kernel.text import Text
from anlan.org.models import Unit
from anlan.org.roles import find_role
from anlan.web.place import unit_name

register = template.Library()

SPRITE = "vendor/icons.svg"

# One word and one colour for each standing remark; the words never vary between screens.
TAGS: dict[str, tuple[str, str, str]] = {
    "synthetic": ("attention", "info-circle", gettext_noop("Synthetic")),
    "provisional": ("info", "clock", gettext_noop("Provisional")),
    "unverified": ("warning", "alert-triangle", gettext_noop("Unverified")),
    "suppressed": ("line", "eye-off", gettext_noop("Suppressed")),
    "no_data": ("line", "minus", gettext_noop("No data")),
    "not_applicable": ("line", "ban", gettext_noop("Not applicable")),
    "awaits_person": ("info", "user-check", gettext_noop("Awaits a person")),
    "late": ("danger", "alert-triangle", gettext_noop("Late")),
    "masked": ("line", "lock", gettext_noop("Masked")),
}


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Return one decorative icon of the sprite; the word beside it carries the meaning."""
    return format_html(
        '<svg class="a-icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {css}" if css else "",
        static(SPRITE),
        name,
    )


@register.simple_tag
def qr(words: str) -> SafeString:
    """Return a text as a QR code: an SVG without styles or scripts, readable when a fourteenth of it is spoilt."""
    import segno

    code = segno.make(words, error="m", micro=False)
    drawing = code.svg_inline(border=2, omitsize=True, svgclass="a-qr", lineclass=None, title=_("QR code"))
    return mark_safe(drawing)  # noqa: S308  the text is drawn as squares, none of it is written


@register.inclusion_tag("anlan/part/tag.html")
def tag(kind: str, title: str = "") -> dict[str, Any]:
    """Show one of the standing remarks (synthetic, provisional, no data …) as a word tag."""
    colour, glyph, word = TAGS[kind]
    return {"colour": colour, "glyph": glyph, "word": _(word), "title": title}


@register.inclusion_tag("anlan/part/when.html", takes_context=True)
def deadline(context: template.Context, due: date | None, done: bool = False) -> dict[str, Any]:
    """Show a deadline as words plus its date: "3 days left · 12 March"."""
    today = context.get("today") or timezone.localdate()
    return {"due": due, "done": done, **words_for(due, today=today, done=done)}


def words_for(due: date | None, *, today: date, done: bool = False) -> dict[str, str]:
    """Return the words and the urgency (late, soon, "") of a deadline seen from `today`, in calendar days."""
    if due is None or done:
        return {"words": "", "urgency": ""}
    days = (due - today).days
    if days < 0:
        return {"words": ngettext("%(n)s day late", "%(n)s days late", -days) % {"n": -days}, "urgency": "late"}
    if days == 0:
        return {"words": _("Due today"), "urgency": "soon"}
    words = ngettext("%(n)s day left", "%(n)s days left", days) % {"n": days}
    return {"words": words, "urgency": "soon" if days <= 3 else ""}


@register.filter
def longdate(value: date | None) -> str:
    """Return a date as running text: 2025年3月12日, or 12 March 2025."""
    if value is None:
        return ""
    if (get_language() or "").startswith("zh"):
        return f"{value.year}年{value.month}月{value.day}日"
    return formats.date_format(value, "j F Y")


@register.filter
def points(hundredths: int | None) -> str:
    """Return points kept as hundredths the way people print them: 950 → "9.5", 1000 → "10"."""
    if hundredths is None:
        return "—"
    sign, cents = ("−" if hundredths < 0 else ""), abs(int(hundredths))
    whole, rest = divmod(cents, 100)
    return sign + (f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole))


@register.filter
def grouped(count: int | None) -> str:
    """Return a count with its thousands apart: 64318 → "64,318"."""
    return "—" if count is None else f"{count:,}"


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """Return the query string of this page with the named parameters changed; None drops one."""
    data: QueryDict = context["request"].GET.copy()
    for name, value in changes.items():
        data.pop(name, None)
        if value not in (None, ""):
            data[name] = str(value)
    coded = data.urlencode()
    return f"?{coded}" if coded else "?"


@register.filter
def text(value: Text | None) -> str:
    """Return a text of the content in the language of the page."""
    return value.in_language(get_language() or "zh") if value is not None else ""


@register.filter("unit_name")
def name_of_unit(unit: Unit) -> str:
    """Return a unit's name in the language of the page."""
    return unit_name(unit)


@register.filter
def role_name(code: str) -> str:
    """Return the name of a role."""
    return str(find_role(code).name)


# Mark in the browser's own name → what people call it; the first that fits counts.
_BROWSERS = (
    ("Edg/", "Edge"), ("QQBrowser", "QQ"), ("MicroMessenger", "WeChat"), ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.filter
def browser_name(agent: str) -> str:
    """Return a browser and its system in few words: "Chrome · Windows". Unknown ones stay unknown."""
    found = [next((name for mark, name in table if mark in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, found)) or _("Unknown browser")
