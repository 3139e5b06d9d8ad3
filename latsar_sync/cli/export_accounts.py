"""The command that writes who has no account on the in-class site, in the format of Moodle's *Upload users*."""

from typing import Annotated

import typer

from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    OutputOption,
    OverwriteOption,
    ProgrammeOption,
    local_today,
    note_view,
    now,
    one_programme,
    open_database,
    require_ending,
)
from latsar_sync.cli.screens.console import errors, print_json, write_text
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.participant import Participant
from latsar_sync.exports.missing_accounts import held_back, shared_addresses, upload_csv, without_account
from latsar_sync.moodle.new_accounts import Contact, parted
from latsar_sync.run.clients import connect
from latsar_sync.run.contacts import contacts_of
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.shapes.missing_accounts import missing_accounts_json


def accounts(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    site: Annotated[str | None, typer.Option(help="The in-class site, where a programme fills several.")] = None,
    enrol: Annotated[
        bool, typer.Option("--enrol", help="Let the page enrol them too: with course, role and group.")
    ] = False,
    global_group: Annotated[
        str | None, typer.Option("--cohort", metavar="IDNUMBER", help="Add them to this cohort of the site.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no MOOC for addresses.")] = False,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    as_json: Json = False,
) -> None:
    """Write who has no account on the in-class site, for Moodle's page Upload users."""
    settings = context.obj.settings()
    require_ending(file, ".csv")
    wanted = one_programme(settings, programme)
    database = open_database(settings)
    with database.reading() as connection:
        people = without_account(connection, wanted, angkatan, site)
        waiting = held_back(connection, wanted, people, now(), local_today(settings, wanted))
    note_view(database, "export accounts", [wanted.id] * len(people))
    contacts = _contacts(settings, wanted, [each.participant for each in people], offline)
    lines = missing_accounts_json(people, contacts, waiting)
    without = sum(not contacts[each.participant.id].email for each in people)
    if without:
        text = counted(
            "{number} has no e-mail address, and Moodle takes nobody without one: fill it in.",
            "{number} have no e-mail address, and Moodle takes nobody without one: fill them in.",
            without,
        )
        _say(text.format(number=without))
    if shared := shared_addresses(people, contacts):
        text = _("{number} addresses stand with more than one person; Moodle takes each once.")
        _say(text.format(number=len(shared)))
    if enrol and waiting:
        text = counted(
            "{number} is not enrolled by it: held, not to be judged now, not approved or amended yet, or too late.",
            "{number} are not enrolled by it: held, not to be judged now, not approved or amended yet, or too late.",
            len(waiting),
        )
        _say(text.format(number=len(waiting)))
    enrolled = {each.participant.id for each in people} - waiting if enrol else None
    if as_json and file is None:
        print_json(lines)
        return
    if file is not None or people:
        write_text(file, upload_csv(people, contacts, enrolled, global_group), overwrite)
    if file is not None and not as_json:
        _say(
            counted(
                "{file}: {number} person. It holds personal data; only this account may read it.",
                "{file}: {number} people. It holds personal data; only this account may read it.",
                len(people),
            ).format(file=file, number=len(people))
        )
    if not people:
        _say(_("Nobody on the roster lacks an account, as far as the last run saw."))
    if as_json:
        print_json(lines)


def _contacts(
    settings: Settings, programme: ProgrammeSettings, people: list[Participant], offline: bool
) -> dict[str, Contact]:
    """Return how people are reached; what a MOOC that does not answer would tell is left out, and said."""
    name = programme.source.site
    clients = {}
    try:
        if people and name is not None and not offline:
            clients[name] = connect(name, settings.sites[name])
        return contacts_of(programme, people, clients)
    except LatsarError as error:
        _say(str(error))
        return {each.id: Contact(*parted(each.person.name), each.person.email) for each in people}
    finally:
        for client in clients.values():
            client.close()


def _say(text: str) -> None:
    errors.print(text, markup=False, highlight=False, soft_wrap=True)
