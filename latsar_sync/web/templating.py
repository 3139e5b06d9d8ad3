"""The templates, and a page made of one for whoever asks: in their language and colours, with what all pages need."""

import re
from collections.abc import Callable
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup

from latsar_sync import __version__
from latsar_sync.domain import figures, language
from latsar_sync.domain.account import Account
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store.database import Database
from latsar_sync.web import assets, language_and_colours, sessions, words
from latsar_sync.web.long_work import Waiting
from latsar_sync.web.refused_forms import HERE, NOTHING_TYPED, STATE, TYPED, Refusal, Typed, is_ours

LOOKS_AGAIN_SECONDS = 3
"""So often a page looks for what is being made."""


def template_environment(settings: Settings, clock: Callable[[], datetime]) -> Environment:
    """Return what finds and reads the templates, with the words, figures and names that they call."""
    oidc = settings.service.oidc
    environment = Environment(
        loader=Unindented("latsar_sync.web"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        language._, language.counted, newstyle=False
    )

    def local(context: Context, value: datetime) -> datetime:
        """Return a moment in the zone of the programme that the page is about."""
        known = context.get("programme") or (context.get("known") or {}).get("programme")
        return value.astimezone(settings.zone_of(known) if known is not None else settings.zone)

    @pass_context
    def moment(context: Context, value: datetime | None) -> str:
        """Say a moment: 28 Nov 2026 22.58 WIB."""
        return figures.NONE if value is None else figures.moment(local(context, value))

    @pass_context
    def ago(context: Context, value: datetime | None) -> str:
        """Say how long ago a moment was; the exact time shows on hover and is read aloud."""
        if value is None:
            return figures.NONE
        exact = figures.moment(local(context, value))
        told = figures.ago(value, clock())
        if told == figures.day(value.date()):
            return exact
        text = Markup('<time datetime="{}" title="{}">{}<span class="visually-hidden"> ({})</span></time>')
        return text.format(value.isoformat(timespec="seconds"), exact, told, exact)

    environment.globals.update(_=language._, counted=language.counted, version=__version__, **words.GLOBALS)
    environment.globals.update(office=settings.office)
    environment.globals.update(new_key=lambda: token_urlsafe(16))
    environment.globals.update(provider=oidc.name if oidc else None, base=settings.service.public_path)
    environment.globals.update(asset=lambda name: f"{settings.service.public_path}{assets.address_of(name)}")

    @pass_context
    def stamp(context: Context, value: str | None) -> str:
        """Say a moment that a shape gives as ISO 8601."""
        return figures.NONE if not value else figures.moment(local(context, datetime.fromisoformat(value)))

    environment.filters.update(stamp=stamp)
    environment.filters.update(moment=moment, ago=ago, **words.FILTERS)
    return environment


class Unindented(PackageLoader):
    """Finds templates without the blanks at the beginning of their lines, a fifth of a page; values keep theirs."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        """Return the text of a template, its file, and what tells whether that has changed."""
        source, file, is_current = super().get_source(environment, template)
        return re.sub(r"(?m)^[ \t]+", "", source), file, is_current


class WebPage:
    """The page that answers one request."""

    def __init__(self, request: Request, templates: Environment, database: Database) -> None:
        self._request, self._templates, self._database = request, templates, database

    @property
    def is_refusal(self) -> bool:
        """Whether it shows again a form that was not taken."""
        return STATE in self._request.scope

    def show(self, template: str, account: Account | None, status: int = 200, **values: Any) -> HTMLResponse:
        """Return the page of a template, as ``account`` sees it."""
        request = self._request
        values.setdefault("here", request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        refusal: Refusal | None = request.scope.get(STATE)
        # a form that was refused is shown again at the address that it goes to: no link of a page is without a path
        values["this_page"] = f"{self._templates.globals['base']}{request.url.path}"
        session = sessions.of(request)
        said = session.take(self._database, sessions.SAID)
        typed: Typed = request.scope.get(TYPED, NOTHING_TYPED)
        if account is not None and (waiting := session.take(self._database, sessions.WAITING_FORM)):
            typed = Typed(**waiting)
            said = language._("You are signed in again. Look at the form once more, and send it.")
        values |= {"account": account, "csrf": session.csrf, "language": language.in_use(), "said": said}
        values |= {"theme": language_and_colours.theme_of(request.cookies), "refusal": refusal, "typed": typed}
        values["colours_shown"] = values["theme"] or language_and_colours.theme_of_the_system(request.headers)
        made = self._templates.get_template(template)
        text = made.render(**values)
        # the form is gone, or not for this account: what was typed into it is shown beside it
        its_form = f'<form method="post" action="{self._templates.globals["base"]}{typed.address}"'
        if typed.address and typed.by_hand and its_form not in text:
            text = made.render(**values, left_over=typed.by_hand)
        return HTMLResponse(text, status if refusal is None else refusal.status)

    def show_waiting(
        self, account: Account, programme: ProgrammeSettings, people: int, waiting: Waiting
    ) -> HTMLResponse:
        """Return the page that says how far a document is which takes long, and looks again by itself."""
        answer = self.show("being_made.html", account, 202, programme=programme, people=people, waiting=waiting)
        answer.headers["Refresh"] = str(LOOKS_AGAIN_SECONDS)
        return answer

    def go_back_to(self, address: str, said: str) -> RedirectResponse:
        """Send the browser back to the page of ``address`` on which the form stood, to its place in a list as well."""
        here = getattr(self._request.state, HERE, "")
        return self.go_to(here if is_ours(here) and here.partition("?")[0] == address else address, said)

    def go_to(self, address: str, said: str | None = None) -> RedirectResponse:
        """Send the browser on after something was done, with a word about it for the next page."""
        if said:
            sessions.of(self._request).hold(self._database, sessions.SAID, said)
        return RedirectResponse(address, 303)
