"""What the terminal shows of notices to operators and messages to people."""

from collections.abc import Mapping

from latsar_sync.cli.screens.console import output
from latsar_sync.domain.language import _, in_use, mark
from latsar_sync.domain.state_words import word
from latsar_sync.shapes.notices import EVENTS, STATES, MessagesPreviewShape
from latsar_sync.shapes.undelivered import UndeliveredShape

MAIL_STATES: Mapping[str, str] = {
    "due": mark("would be sent"),
    "no_contact": mark("no contact is configured"),
    "sending": mark("perhaps sent; not sent again"),
    "sent": mark("sent"),
    "refused": mark("refused by the mail server; may be sent again"),
}


def show_undelivered(shape: UndeliveredShape) -> None:
    """Print what did not go out, nothing if everything did."""
    for each in shape["notices"]:
        said = _("notice not sent: {what} {subject}, {state} after {count} attempts, {error}")
        text = said.format(
            what=word(EVENTS, each["event"], in_use()),
            subject=each["subject"],
            state=word(STATES, each["state"], in_use()),
            count=each["attempts"],
            error=each["error"],
        )
        output.print(text, style="yellow", markup=False, soft_wrap=True)
    for webhook in shape["webhooks"]:
        if webhook["error"]:
            said = _("webhook {webhook}: {waiting} wait, {given_up} given up; {error}").format(**webhook)
            output.print(said, style="yellow", markup=False, soft_wrap=True)
    if shape["messages"]:
        counts = ", ".join(
            f"{count} {word(STATES, state, in_use())}" for state, count in sorted(shape["messages"].items())
        )
        text = _("messages to people: {counts}; see latsar-sync notices list").format(counts=counts)
        output.print(text, style="yellow", markup=False, soft_wrap=True)


def show_preview(shape: MessagesPreviewShape) -> None:
    name, messages = shape["programme"], shape["messages"]
    if not shape["asked_for"]:
        said = _("{programme}: writes to nobody; [programmes.messages] asks for nothing.")
        output.print(said.format(programme=name), markup=False)
        return
    output.print(_("{programme}: {count} messages would be sent now").format(programme=name, count=len(messages)))
    for problem in shape["problems"]:
        output.print(problem, style="yellow", markup=False, soft_wrap=True)
    for each in messages:
        to = _("{name} ({site} user {user_id})").format(
            name=each["name"] or _("course manager"), site=each["site"], user_id=each["user_id"]
        )
        output.print()
        output.print(f"{word(EVENTS, each['event'], in_use())} → {to}", style="bold", markup=False, highlight=False)
        for line in each["text"].splitlines():
            output.print(f"  {line}" if line else "", markup=False, highlight=False, soft_wrap=True)
