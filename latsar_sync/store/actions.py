"""What named persons decided in a programme, read together for a run (rules 12, 15, 17)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from latsar_sync.domain.actions import Actions, OverrideKind, on_the_list, stands
from latsar_sync.rules import merged_accounts
from latsar_sync.rules.decided_meanwhile import speaks_against
from latsar_sync.rules.whose_account_in_class import is_chosen
from latsar_sync.store.clearances import load_clearances
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.identities import chosen_accounts, handed_over
from latsar_sync.store.imports import newest_list
from latsar_sync.store.merged_accounts import merges as merges_of
from latsar_sync.store.moves import load_left_behind, moved_to
from latsar_sync.store.overrides import in_force_of, overrides_in_force
from latsar_sync.store.scores_of_files import counting, scores_by_participant
from latsar_sync.store.tables import evidence, identities, participants, waiting_changes
from latsar_sync.store.waiting_orders import erasures_that_wait

NEWEST_EVIDENCE = and_(
    evidence.c.participant_id == participants.c.id, evidence.c.version == participants.c.evidence_version
)


def load_actions(connection: Connection, programme: str, now: datetime) -> Actions:
    """Return all that binds now in a programme by the decision of a person."""
    merges, papers = merges_of(connection, programme), load_clearances(connection, programme)
    decrees = finalisation_history(connection, programme)
    since = handed_over(connection, programme) if papers or decrees else {}
    listed = on_the_list(decrees, since)
    return Actions(
        overrides_in_force(connection, programme, now),
        merged_accounts.carried_on(moved_to(connection, programme), merges),
        merged_accounts.papers_of_both(
            (each for each in papers if stands(each.at, each.participant_id or "", since)),
            [each for each in merges if stands(each.at, each.account, since)],
        ),
        {angkatan: merged_accounts.all_of_them(people, merges) for angkatan, people in listed.items()},
        tuple(each for each in load_left_behind(connection, programme) if not each.wrong_account),
        chosen_accounts(connection, programme),
        newest_list(connection, programme),
        {each.account: each.into for each in merges},
    )


def stopped_since(
    connection: Connection,
    programme: str,
    angkatan_ids: Mapping[str, str],
    account_keys: Mapping[str, str],
    before: Actions,
    now: datetime,
) -> set[str]:
    """Return of whom a named person decided, since those ``before`` were read, what speaks against sending them.

    ``angkatan_ids`` are those into which people are to be sent, by internal id, ``account_keys`` by what their account
    was looked for: who is held or no longer admitted, moved elsewhere, another account's, of another NIP, merged with
    another or parted from it, not on a list that was fixed by decree, whose clearance, or that of the angkatan, was
    revoked, who is to be erased when the run has ended, or of whom, by either account, a file that was imported or
    confirmed meanwhile tells something else than the decision was made by.
    """
    newest = load_actions(connection, programme, now)
    told_otherwise = or_(
        participants.c.merged_into.is_not(None),
        participants.c.enrolment != evidence.c.enrolment,
        identities.c.import_id > before.newest_list,
    )
    found = (
        select(participants.c.id, identities.c.nip, told_otherwise.label("otherwise"))
        .join(evidence, NEWEST_EVIDENCE)
        .join(identities, identities.c.participant_id == participants.c.id)
        .where(participants.c.id.in_(angkatan_ids.keys()))
    )
    told = {
        row.id
        for row in connection.execute(found)
        if row.otherwise or not (is_chosen(account_keys[row.id]) or row.nip == account_keys[row.id])
    }
    told |= _to_be_erased(connection) | _scored_otherwise(connection, programme, angkatan_ids.keys(), before, newest)
    return speaks_against(angkatan_ids, before, newest) | told.intersection(angkatan_ids)


def _scored_otherwise(
    connection: Connection, programme: str, people: Collection[str], before: Actions, newest: Actions
) -> set[str]:
    """Return of whom of these ``people``, by one of their accounts, another score of a file counts.

    Another than they were judged by, and than counted when the run read: of whom the grade could not be read, it takes
    no score anew.
    """
    counts_for = {each: each for each in people}
    counts_for |= {account: into for account, into in newest.merges.items() if into in counts_for}
    found = set[str]()
    now = counting(scores_by_participant(connection, programme, counts_for.keys()))
    theirs = select(participants.c.id, evidence.c.imported_version).join(evidence, NEWEST_EVIDENCE)
    for row in connection.execute(theirs.where(participants.c.id.in_(counts_for.keys()))):
        if now.get(row.id) not in (row.imported_version, before.scores.get(row.id)):
            found.add(counts_for[row.id])
    return found


def may_be_written_to(connection: Connection, participant_id: str, now: datetime) -> bool:
    """Say that nobody has held, merged or moved somebody, or ordered their erasure, while a run is under way.

    Of whoever was held or merged when it judged them there is nothing to write anyway.
    """
    binding = in_force_of(connection, participant_id, now)
    held = binding is not None and binding.kind is OverrideKind.HOLD
    merged = select(participants.c.merged_into).where(participants.c.id == participant_id)
    waits = select(waiting_changes.c.id).where(waiting_changes.c.participant_id == participant_id).limit(1)
    erased = participant_id in _to_be_erased(connection)
    merged_or_moved = connection.execute(merged).scalar() is not None or connection.execute(waits).scalar() is not None
    return not (held or merged_or_moved or erased)


def _to_be_erased(connection: Connection) -> set[str]:
    return {order.content["participant_id"] for _, order in erasures_that_wait(connection)}
