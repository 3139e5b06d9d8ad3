"""Destroying somebody's identity, remembering by internal id that it was done, and taking them in again (rule 16)."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from latsar_sync.domain.actions import Erasure, ErasureKind
from latsar_sync.domain.language import _
from latsar_sync.domain.request import DONE, RunOutcome
from latsar_sync.rules.entries_of_erased import leave_roster, return_to_line
from latsar_sync.store import names_in_texts
from latsar_sync.store.bulk import add_rows, batches
from latsar_sync.store.certificates import CertificateState, delete_those_of
from latsar_sync.store.entries import load_entries_of, save_entries
from latsar_sync.store.erasable_people import FoundPerson, find_people
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import (
    angkatan_moves,
    certificates,
    clearances,
    decisions,
    erasures,
    evidence,
    identities,
    identity_actions,
    imported_scores,
    overrides,
    participants,
    place_choices,
    pushes,
    roster_events,
    run_requests,
)

STAYS = {
    "evidence": (evidence, evidence.c.participant_id),
    "decisions": (decisions, decisions.c.participant_id),
    "roster_events": (roster_events, roster_events.c.participant_id),
    "pushes": (pushes, pushes.c.subject),
    "overrides": (overrides, overrides.c.participant_id),
    "clearances": (clearances, clearances.c.participant_id),
    "angkatan_moves": (angkatan_moves, angkatan_moves.c.participant_id),
    "place_choices": (place_choices, place_choices.c.participant_id),
    "identity_acts": (identity_actions, identity_actions.c.participant_id),
    "imported_scores": (imported_scores, imported_scores.c.participant_id),
}
"""The ledger about one person, by table: numbers under an internal id, which an erasure leaves."""


HELD_THEM = frozenset({"identities", "run_requests", "certificates", "received_files"})
"""Tables in which people may have been named until they were erased, or until what named them was over: a server keeps
what was there before.
"""

LOOKED_FOR_TOGETHER = 500
"""So many people are looked for in texts together: what finds one of them in every spelling takes 0.2 MB."""


ERASED = RowsOfPeople(
    erasures,
    select(participants.c.source_user_id, participants.c.id)
    .outerjoin(identities, identities.c.participant_id == participants.c.id)
    .where(participants.c.id.in_(select(erasures.c.participant_id).distinct()))
    .where(identities.c.participant_id.is_(None)),
)


def erased_people(connection: Connection, programme: str) -> dict[int, str]:
    """Return the internal id of everybody of a programme who was erased, by user id in the MOOC."""
    return {row.source_user_id: row.id for row in ERASED.of(connection, programme)}


def what_stays(connection: Connection, participant_ids: Sequence[str]) -> dict[str, int]:
    """Count the rows of the ledger about these participants, by table."""
    return {
        name: connection.execute(select(func.count()).select_from(table).where(owner.in_(participant_ids))).scalar_one()
        for name, (table, owner) in STAYS.items()
    }


def waiting_requests(connection: Connection, people: Iterable[FoundPerson]) -> list[int]:
    """Return the numbers of the requests for a run about these people that still hold their NIP."""
    numbers = {number for person in people for number in person.numbers}
    rows = connection.execute(select(run_requests.c.id, run_requests.c.subject).where(run_requests.c.subject != ""))
    return [row.id for row in rows if row.subject in numbers]


def erase(connection: Connection, people: Sequence[FoundPerson], reason: str, by: str, now: datetime) -> set[str]:
    """Destroy these people's identities in one transaction; call it under the lease of each of their programmes.

    Seats and places in line of those who are not in a course are given up, requests about them end, and certificates of
    theirs that nobody has decided about go. Return the tables that are to be written anew.
    """
    pattern = pattern_of(people)
    if pattern is not None:
        numbers = names_in_texts.pattern_of([], _numbers_of(people))
        delete_those_of(connection, sorted({person.programme for person in people}), pattern, numbers)
    return destroy_identities(connection, people, reason, by, now)


def destroy_identities(
    connection: Connection, people: Sequence[FoundPerson], reason: str, by: str, now: datetime
) -> set[str]:
    """Do the same where all that waits about their programmes goes anyway: nobody's name is looked for."""
    touched = set(HELD_THEM)
    for programme in sorted({person.programme for person in people}):
        mine = [person.participant_id for person in people if person.programme == programme]
        entries = load_entries_of(connection, programme, mine)
        left = [leave_roster(entry) for entry in entries.values()]
        save_entries(connection, programme, entries, left, now, run_id=None, by=by)
    for number in waiting_requests(connection, people):
        connection.execute(update(run_requests).where(run_requests.c.id == number).values(**_given_up(now)))
    for batch in batches([person.participant_id for person in people]):
        waits = certificates.c.participant_id.in_(batch) & (certificates.c.state == CertificateState.PROPOSED)
        connection.execute(delete(certificates).where(waits))  # the document names them
        connection.execute(delete(identities).where(identities.c.participant_id.in_(batch)))
        # NIP and name can be guessed from the fingerprint of a row that holds both
        shown = participants.c.id.in_(batch), participants.c.report_row.is_not(None)
        if connection.execute(update(participants).where(*shown).values(report_row=None)).rowcount:
            touched.add("participants")
        _register(connection, batch, ErasureKind.ERASED, reason, by, now)
    return touched


def take_out_texts(
    connection: Connection, people: Sequence[FoundPerson]
) -> tuple[list[str], list[names_in_texts.Trace]]:
    """Take names and NIPs of these people out of messages; return the tables that held one, and what cannot change."""
    pattern = pattern_of(people)
    if pattern is None:
        return [], []
    return names_in_texts.take_out(connection, pattern), names_in_texts.traces_left(connection, pattern)


def traces_in_free_texts(connection: Connection, people: Sequence[FoundPerson]) -> list[names_in_texts.Trace]:
    """Return every text that persons typed and nobody can change that names one of these people."""
    pattern = pattern_of(people)
    return [] if pattern is None else names_in_texts.traces_left(connection, pattern)


def names_somebody(text: str, people: Sequence[FoundPerson]) -> bool:
    """Say whether a text that is about to be recorded for good names one of these people."""
    pattern = pattern_of(people)
    return pattern is not None and pattern.search(text) is not None


def resume(connection: Connection, person: FoundPerson, reason: str, by: str, now: datetime) -> None:
    """Let the next run collect an erased person again: an empty identity stands where the reading will be written."""
    blank = {"participant_id": person.participant_id, "nip_reason": "nip_missing", "name": "", "institution": ""}
    connection.execute(insert(identities).values(**blank))
    entries = load_entries_of(connection, person.programme, [person.participant_id])
    if person.participant_id in entries:
        back = return_to_line(entries[person.participant_id])
        save_entries(connection, person.programme, entries, [back], now, run_id=None, by=by)
    _register(connection, [person.participant_id], ErasureKind.RESUMED, reason, by, now)


def register(connection: Connection, participant_id: str | None = None) -> list[Erasure]:
    """Return the register of erasures, oldest first, of all or of one participant."""
    statement = select(erasures).order_by(erasures.c.at, erasures.c.participant_id, erasures.c.version)
    if participant_id is not None:
        statement = statement.where(erasures.c.participant_id == participant_id)
    return [_erasure(row) for row in connection.execute(statement)]


def repeat(
    connection: Connection,
    lines: Sequence[Erasure],
    before: Callable[[Connection, Sequence[FoundPerson]], None] = lambda connection, people: None,
) -> int:
    """Do again what a register says and this database, restored from an older backup, does not know; return how much.

    Participants whom the backup does not know either are passed over. ``before`` is done before people are erased.
    """
    known = {(each.participant_id, each.version) for each in register(connection)}
    missing = [each for each in lines if (each.participant_id, each.version) not in known]
    done = 0
    # by their numbers, not by clocks that jump; those of one destruction together, or each would read the whole roster
    for (_version, kind, reason, by, at), alike in groupby(sorted(missing, key=_occasion), key=_occasion):
        for batch in batches(alike, LOOKED_FOR_TOGETHER):
            found = [person for line in batch for person in find_people(connection, line.participant_id)]
            if kind is ErasureKind.ERASED and found:
                before(connection, found)
                erase(connection, found, reason, by, at)
                take_out_texts(connection, found)
            elif kind is ErasureKind.RESUMED:
                for person in found:
                    resume(connection, person, reason, by, at)
            done += len(found)
    return done


def _occasion(line: Erasure) -> tuple[int, ErasureKind, str, str, datetime]:
    return line.version, line.kind, line.reason, line.by, line.at


def _given_up(now: datetime) -> dict[str, Any]:
    """Return how a request ends whose person is erased; without its holder no daemon finishes it or puts it back."""
    return {
        "state": DONE,
        "subject": "",
        "holder": None,
        "outcome": str(RunOutcome.FAILED),
        "message": _("The participant was erased before the run was done."),
        "finished_at": now,
    }


def pattern_of(people: Sequence[FoundPerson]) -> re.Pattern[str] | None:
    """Return what finds these people in a text; None if there is nothing to look for."""
    return names_in_texts.pattern_of([person.name for person in people if person.name], _numbers_of(people))


def _numbers_of(people: Sequence[FoundPerson]) -> list[str]:
    """Return what is one person's alone: numbers and addresses."""
    return [each for person in people for each in (*person.numbers, person.identity.get("email")) if each]


def _register(
    connection: Connection, participant_ids: Sequence[str], kind: ErasureKind, reason: str, by: str, now: datetime
) -> None:
    last = (
        select(erasures.c.participant_id, func.max(erasures.c.version).label("version"))
        .where(erasures.c.participant_id.in_(participant_ids))
        .group_by(erasures.c.participant_id)
    )
    versions = {row.participant_id: row.version for row in connection.execute(last)}
    values = {"kind": str(kind), "reason": reason, "by": by, "at": now}
    rows = [{"participant_id": each, "version": versions.get(each, 0) + 1, **values} for each in participant_ids]
    add_rows(connection, erasures, rows)


def _erasure(row: Any) -> Erasure:
    return Erasure(row.participant_id, row.version, ErasureKind(row.kind), row.reason, row.by, row.at)
