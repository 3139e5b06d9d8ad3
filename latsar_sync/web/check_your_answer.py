"""*Check your answer*: what cannot be undone is shown once more, by name, before it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import Depends, Request, Response

from latsar_sync.actions.action_transaction import Sent, WouldBeTaken
from latsar_sync.domain.account import Account
from latsar_sync.store.listings import Row
from latsar_sync.web.refused_forms import GoneBack, Typed, page_of, typed_into
from latsar_sync.web.templating import WebPage

MANY = 20
"""An action about more people than this is checked first."""


@dataclass(frozen=True, slots=True)
class People:
    """People whom an action is about, under a heading; ``number`` counts those, too, whom no ``rows`` show.

    ``whys`` says by internal id why somebody stands there, where that is asked.
    """

    heading: str
    rows: Sequence[Row]
    number: int
    whys: Mapping[str, str] = field(default_factory=dict)


async def form_as_sent(request: Request) -> "FormAsSent":
    """Return a form as it was sent, with the page on which it stands.

    Raise GoneBack if whoever was shown it once more wants to change it.
    """
    form = await request.form()
    if form.get("back"):
        raise GoneBack
    return FormAsSent(await typed_into(request), await page_of(request) or "/", form.get("checked") == "yes")


@dataclass(frozen=True, slots=True)
class FormAsSent:
    """What was typed, on which page, and whether it was checked: shown once more and sent again by that."""

    typed: Typed
    here: str
    checked: bool

    def require_takeable(self, sent: Sent, do: Callable[[Sent], object]) -> None:
        """Raise what ``do`` is refused by before anybody is asked whether they are sure; nothing is recorded."""
        try:
            do(replace(sent, key=None, only_tried=True))
        except WouldBeTaken:
            return
        raise AssertionError("an action did not heed that it was only tried")

    def show_check(
        self,
        page: WebPage,
        account: Account,
        sent: Sent,
        title: str,
        lines: Sequence[tuple[str, str]],
        button: str,
        people: Sequence[People] = (),
        warning: str = "",
    ) -> Response:
        """Return the page on which an answer is checked: ``lines`` of what and how, whom it is about, the button."""
        return page.show(
            "check.html",
            account,
            here=self.here,
            form=self.typed,
            seen=sent.seen or "",
            title=title,
            lines=lines,
            people=people,
            button=button,
            warning=warning,
        )


Form = Annotated[FormAsSent, Depends(form_as_sent)]
