"""Where a committee does what a command does: what it reads in place of the command."""

from collections.abc import Mapping

from latsar_sync.domain import language
from latsar_sync.domain.language import _, mark

SYNC, READ_ALL = mark("Sync now"), mark("Read everything again")
PAGES: Mapping[str, str] = {
    **dict.fromkeys(("status", "runs"), mark("Runs")),
    **dict.fromkeys(("participants", "explain", "override", "identity"), mark("Participants")),
    **dict.fromkeys(("person", "retention"), mark("Personal data")),
    **dict.fromkeys(("roster", "export accounts"), mark("Roster")),
    "threshold": mark("Threshold"),
    "clearance": mark("Documents"),
    "import": mark("Imports"),
    "certificate": mark("Certificates"),
}
"""What pages on which a committee does what commands do are called, by the first word of the command, or all of it."""


def told_to_a_committee(text: str | None) -> str:
    """Return a text as a committee reads it; one of which nothing is known but its words stays as it is."""
    return language.told_to_a_committee(text, page_for)


def told_to_an_admin(text: str | None) -> str:
    """Return a text whole, as an admin reads it before a page: a command stands in it only where no page does it."""
    return language.told_on_a_page(
        text,
        lambda command: page_for(command) if _known(command) in {"sync", *PAGES} else f"latsar-sync {command}",
    )


def page_for(command: str) -> str:
    """Return the page, or the button, on which a committee does what a command does."""
    if command.startswith("sync"):
        return f"“{_(READ_ALL if '--full' in command else SYNC)}”"
    return _("the page {page}").format(page=f"“{_(PAGES[_known(command)])}”")


def _known(command: str) -> str:
    return command if command in PAGES else command.partition(" ")[0]
