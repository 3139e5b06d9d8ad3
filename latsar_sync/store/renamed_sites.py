"""At which address each site stands that a programme's rows name, and their new names where it has another one now."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, delete, select, update

from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules.sent_messages import THROUGH_THE_MOOC
from latsar_sync.store.bulk import add_rows
from latsar_sync.store.renaming import at_rest
from latsar_sync.store.tables import (
    accounts,
    baselines,
    course_places,
    identity_actions,
    left_behind,
    messages,
    participants,
    pushes,
    roster_entries,
    run_programmes,
    site_addresses,
)
from latsar_sync.store.tables.filled_courses import course_sightings

IN_CLASS = (course_places, course_sightings, identity_actions, left_behind, pushes, roster_entries)
"""Tables with the name of the site of an in-class course alone."""
_BY_MOOC = messages.c.event.in_(map(str, THROUGH_THE_MOOC))
NEW = "?"
"""How a recipient begins while names are given, so that two sites may change theirs."""


def load_addresses(connection: Connection, programme: str) -> dict[str, str]:
    """Return the addresses of the sites under whose names anything of a programme is recorded."""
    mine = select(site_addresses.c.site, site_addresses.c.address).where(site_addresses.c.programme == programme)
    return {row.site: row.address for row in connection.execute(mine)}


def save_addresses(connection: Connection, programme: str, addresses: Mapping[str, str]) -> None:
    """Keep these addresses and no others."""
    connection.execute(delete(site_addresses).where(site_addresses.c.programme == programme))
    rows = ({"programme": programme, "site": site, "address": address} for site, address in addresses.items())
    add_rows(connection, site_addresses, rows)


def rename_source(connection: Connection, programme: str, names: Mapping[str, str]) -> None:
    """Let a programme's people be of the MOOC by its new name."""
    _rename(connection, participants, participants.c.programme == programme, names)
    _rename(connection, messages, (messages.c.programme == programme) & _BY_MOOC, names)


def rename_in_class(connection: Connection, programme: str, names: Mapping[str, str]) -> None:
    """Let what is recorded of a programme's in-class courses go by the new names of their sites."""
    with at_rest(connection, [identity_actions]):
        for table in IN_CLASS:
            whose = table.c.programme == programme if "programme" in table.c else _of(table, programme)
            _rename(connection, table, whose, names)
    _rename(connection, messages, (messages.c.programme == programme) & ~_BY_MOOC, names)
    _rename_recipients(connection, programme, names)
    _rename_in_baseline(connection, programme, names)
    _rename_in_findings(connection, programme, names)
    for row in connection.execute(select(accounts.c.name, accounts.c.courses)).all():
        if row.courses and row.courses != (courses := [_named(each, names) for each in row.courses]):
            connection.execute(update(accounts).where(accounts.c.name == row.name).values(courses=courses))


def respell_address(connection: Connection, programme: str, old: str, new: str) -> None:
    """Let what is recorded of an address be of another spelling of it."""
    seen, other = course_sightings.c, course_sightings.alias()
    same = other.c.programme == seen.programme, other.c.course_id == seen.course_id, other.c.user_id == seen.user_id
    twice = select(other.c.user_id).where(*same, other.c.address == new).exists()
    connection.execute(delete(course_sightings).where(seen.programme == programme, seen.address == old, twice))
    for table in (course_places, course_sightings):
        here = table.c.programme == programme, table.c.address == old
        connection.execute(update(table).where(*here).values(address=new))


def _of(table: Table, programme: str) -> ColumnElement[bool]:
    return table.c.participant_id.in_(select(participants.c.id).where(participants.c.programme == programme))


def _rename(connection: Connection, table: Table, whose: ColumnElement[bool], names: Mapping[str, str]) -> None:
    """Change the names of a table at one stroke: two sites may have changed theirs."""
    now = case(dict(names), value=table.c.site)
    connection.execute(update(table).where(whose, table.c.site.in_(names)).values(site=now))


def _named(course: str, names: Mapping[str, str]) -> str:
    """Return a course, as ``site/course``, by the new name of its site."""
    site, slash, rest = course.partition("/")
    return f"{names.get(site, site)}{slash}{rest}"


def _rename_recipients(connection: Connection, programme: str, names: Mapping[str, str]) -> None:
    """A course manager goes by site and user id: nobody is written to again because the site has another name."""
    mine = messages.c.programme == programme
    rows = connection.execute(
        select(messages.c.id, messages.c.event, messages.c.recipient, messages.c.occasion).where(
            mine, messages.c.recipient.contains(":")
        )
    ).all()
    taken, new = {tuple(row)[1:] for row in rows}, list[dict[str, Any]]()
    for row in rows:
        site, _colon, rest = row.recipient.partition(":")
        recipient = f"{names.get(site, site)}:{rest}"
        if site in names and (names[site] in names or (row.event, recipient, row.occasion) not in taken):
            new.append({"which": row.id, "recipient": recipient})
    for mark in (NEW, ""):
        for each in new:
            statement = update(messages).where(messages.c.id == each["which"])
            connection.execute(statement.values(recipient=f"{mark}{each['recipient']}"))


def _rename_in_baseline(connection: Connection, programme: str, names: Mapping[str, str]) -> None:
    """Guards go on to compare courses with what was read of them by the old name."""
    row = connection.execute(select(baselines.c.content).where(baselines.c.programme == programme)).first()
    if row is None:
        return
    told: dict[str, Any] = {
        key: {_named(course, names): of for course, of in row.content[key].items()} for key in _BY_COURSE
    }
    told["released"] = [_renamed_key(each, names) for each in row.content.get("released", ())]
    content = {**row.content, **told}
    connection.execute(update(baselines).where(baselines.c.programme == programme).values(content=content))


_BY_COURSE = ("target_people", "target_methods")


def _renamed_key(key: str, names: Mapping[str, str]) -> str:
    """Return the key of a finding (``Finding.key``) by the new name of the site that it is about."""
    code, bar, rest = key.partition("|")
    subject, second_bar, values = rest.partition("|")
    return f"{code}{bar}{_named(subject, names)}{second_bar}{values}"


def _rename_in_findings(connection: Connection, programme: str, names: Mapping[str, str]) -> None:
    """What holds the programme still is what a person releases: it is about the same course."""
    of_runs = run_programmes.c.programme == programme, run_programmes.c.kind != "plan"
    held = *of_runs, run_programmes.c.outcome == str(RunOutcome.GUARDED)
    newest = select(run_programmes.c.id, run_programmes.c.findings).where(*held).order_by(run_programmes.c.id.desc())
    for row in connection.execute(newest.limit(1)).all():
        findings = [{**each, "subject": _named(each["subject"], names)} for each in row.findings]
        connection.execute(update(run_programmes).where(run_programmes.c.id == row.id).values(findings=findings))
