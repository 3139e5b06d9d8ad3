"""The commands about notices: test them, list what was told to whom, preview what would be written to people."""

from collections.abc import Sequence
from typing import Annotated

import typer

from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    ProgrammeOption,
    chosen,
    known_programmes,
    leave_with,
    note_view,
    now,
    one_programme,
    open_database,
)
from latsar_sync.cli.exit_codes import EXIT_FAILED, EXIT_PARTIAL
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.frames import table, whole
from latsar_sync.cli.screens.moments import short_moment
from latsar_sync.cli.screens.notices import MAIL_STATES, show_preview
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.domain.state_words import word
from latsar_sync.run.clients import connect
from latsar_sync.run.due_messages import DueMessages
from latsar_sync.service.channels import Channel
from latsar_sync.service.chase_mail import (
    LONGEST_OCCASION,
    ChaseMail,
    chase_mails,
    occasion_of,
    send_chase_mails,
)
from latsar_sync.service.notices import test_text
from latsar_sync.settings import Settings
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes import fields
from latsar_sync.shapes.notices import (
    EVENTS,
    STATES,
    MessagesPreviewShape,
    ToldShape,
    chase_mail_json,
    due_message_json,
    message_line_json,
)
from latsar_sync.store.messages import message_rows
from latsar_sync.store.notices import Notice, newest
from latsar_sync.store.sent_mails import MailState

app = typer.Typer(
    help="Notices to the operators, and messages to people through Moodle.", no_args_is_help=True, add_completion=False
)


@app.command("test")
def send_test(context: typer.Context, as_json: Json = False) -> None:
    """Send a test notice to every address of the operators and of committees."""
    settings = context.obj.settings()
    told = {"notices": settings.notices.urls} if settings.notices else {}
    told |= {f"programmes.committee ({each.id})": each.committee.urls for each in settings.programmes if each.committee}
    if not told:
        raise ConfigurationError(
            _("The configuration has no table [notices]; nobody would be told anything."),
            _("Add it with urls_env or urls_file; docs/notices.md shows how."),
        )
    deliveries = {table: Channel(urls, table).send(*test_text()) for table, urls in told.items()}
    taken = sum(len(each.delivered) for each in deliveries.values())
    failed = [
        service if table == "notices" else f"{table} {service}"
        for table, each in deliveries.items()
        for service in each.failed
    ]
    if as_json:
        print_json({"outcome": "failed" if failed else "ok", "delivered": taken, "failed": failed})
    else:
        output.print(_("Taken by {count} of {all} addresses.").format(count=taken, all=taken + len(failed)))
        for service in failed:
            said = _("Not taken by address {service}: check it, and that the service can be reached from here.")
            output.print(said.format(service=service), markup=False, soft_wrap=True)
    leave_with(0 if not failed else EXIT_PARTIAL if taken else EXIT_FAILED)


@app.command("list")
def list_sent(
    context: typer.Context,
    programme: ProgrammeOption = None,
    limit: Annotated[int, typer.Option(min=1, max=GREATEST_NUMBER, help="How many.")] = 50,
    as_json: Json = False,
) -> None:
    """List what was told to the operators and written to people, newest first."""
    settings = context.obj.settings()
    names = list(known_programmes(settings, programme))
    database = open_database(settings)
    with database.reading() as connection:
        told = newest(connection, limit=limit, about=chosen(programme))
        messages = message_rows(connection, names, limit)
    note_view(database, "notices list", [row["programme"] for row in messages if row["name"]])
    lines = [_notice_line(each, settings) for each in told]
    lines += [message_line_json(row, settings.zone) for row in messages]
    lines = sorted(lines, key=lambda line: str(line["at"]), reverse=True)[:limit]
    if as_json:
        print_json(lines)
        return
    frame = table("", whole(_("When")), _("What"), _("To"), _("State"))
    for line in lines:
        state = word(STATES, line["state"], in_use()) + (f"\n{line['error']}" if line["error"] else "")
        what = word(EVENTS, line["event"], in_use()) + (f"\n{line['subject']}" if line["subject"] else "")
        frame.add_row(short_moment(line["at"]), what, line["name"] or line["to"], state)
    output.print(frame if lines else _("Nothing was sent yet."))


@app.command()
def preview(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show whom the next run would write what through Moodle; it sends nothing and only reads the managers."""
    settings = context.obj.settings()
    database = open_database(settings)
    shapes: list[MessagesPreviewShape] = []
    for name in known_programmes(settings, programme):
        wanted = settings.programme(name)
        clients = {site: connect(site, settings.sites[site]) for site in sorted(wanted.sites)}
        try:
            due = DueMessages(settings, database, wanted, clients, now).due()
        finally:
            for client in clients.values():
                client.close()
        messages = [due_message_json(message, due.names) for message in due.messages]
        note_view(database, "notices preview", [name for _message in due.messages])
        shapes.append(
            {"programme": name, "asked_for": wanted.messages.any, "messages": messages, "problems": due.problems}
        )
    if as_json:
        print_json(shapes)
        return
    for shape in shapes:
        show_preview(shape)


def _notice_line(each: Notice, settings: Settings) -> ToldShape:
    return {
        "kind": "notice",
        "at": fields.moment(each.sent_at or each.since, settings.zone),
        "event": each.event,
        "subject": each.subject,
        "to": _("operators"),
        "name": None,
        "state": each.state,
        "attempts": each.attempts,
        "error": each.error,
        "ended_at": fields.moment(each.ended_at, settings.zone),
        "title": each.title,
    }


@app.command()
def chase(
    context: typer.Context,
    occasion: Annotated[str, typer.Argument(help="What it is sent for, as in 2026-11-30; once for each occasion.")],
    programme: ProgrammeOption = None,
    send: Annotated[bool, typer.Option("--send", help="Send; without this nothing is sent.")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who sends; needed with --send.")] = None,
    as_json: Json = False,
) -> None:
    """Mail each institution its own chase list, once for an occasion; without --send show which would go."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    database = open_database(settings)
    occasion = occasion_of(named("OCCASION", occasion, LONGEST_OCCASION))
    mails = chase_mails(settings, database, wanted, occasion)
    due = {each.institution for each in mails if each.may_go} if send else set()
    who = named("--by", by or "") if send else ""
    note_view(database, "notices chase", [wanted.id] * sum(each.people for each in mails))
    if send:
        mails = send_chase_mails(settings, database, wanted, occasion, who, now)
    lines = [chase_mail_json(each, occasion) for each in mails]
    if as_json:
        print_json(lines)
    else:
        _show_mails(mails)
    went = {each.state == MailState.SENT for each in mails if each.institution in due}
    leave_with(EXIT_FAILED if went == {False} else EXIT_PARTIAL if False in went else 0)


def _show_mails(mails: Sequence[ChaseMail]) -> None:
    for each in mails:
        state = word(MAIL_STATES, each.state or ("due" if each.contact else "no_contact"), in_use())
        people = counted("{number} person", "{number} persons", each.people).format(number=each.people)
        error = f" ({each.error})" if each.error else ""
        output.print(f"{each.institution}: {people} · {state}{error}", markup=False, highlight=False, soft_wrap=True)
    if not mails:
        output.print(_("Nobody with an institution lacks anything."), markup=False)
