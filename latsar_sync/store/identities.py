"""What named persons say of who is who: rows are added, never changed; what binds stands with the person (rule 19)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from latsar_sync.domain.actions import IdentityAction, IdentityKind, stands
from latsar_sync.domain.nip import BORN, check_nip, may_be_mistyped
from latsar_sync.domain.participant import HANDED_OVER
from latsar_sync.rules.merged_accounts import Merge, carried_on
from latsar_sync.store.bulk import batches
from latsar_sync.store.order_of_words import RIGHT_AFTER, newest_told, newest_words
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import identities, identity_actions, participants


def add_identity_action(connection: Connection, action: IdentityAction) -> None:
    """Record one more word about a participant; its ``version`` must be the next one of that participant."""
    connection.execute(
        insert(identity_actions).values(
            participant_id=action.participant_id,
            version=action.version,
            kind=str(action.kind),
            undo=action.undo,
            other=action.other,
            site=action.site,
            target_user_id=action.target_user_id,
            reason=action.reason,
            by=action.by,
            at=action.at,
        )
    )
    if action.kind is IdentityKind.MERGE:
        binding = None if action.undo else action.other
        connection.execute(
            update(participants).where(participants.c.id == action.participant_id).values(merged_into=binding)
        )


def correct_nip(
    connection: Connection, programme: str, participant_id: str, nip: str | None, today: date, now: datetime
) -> None:
    """Let a NIP count for a participant, whatever their account carries; None lets the account's own count again."""
    mine = identities.c.participant_id == participant_id
    raw, before = connection.execute(select(identities.c.raw_key, identities.c.nip).where(mine)).one()
    check = check_nip(nip or raw, today)
    if before is not None and check.nip is not None and not may_be_mistyped(before, check.nip):
        told = newest_told(connection, programme, frozenset({participant_id}), now)
        since = told[participant_id] + RIGHT_AFTER if told else now
        connection.execute(update(identities).where(mine).values(nip_since=since))
    # whose it is was said for the account as it is now; where that is taken back, it is somebody else's again
    connection.execute(
        update(identities)
        .where(mine)
        .values(corrected_nip=nip, nip=check.nip, nip_reason=check.reason, nip_detail=check.detail or None)
        .values(owner_name=None, owner_nip=None)
    )
    if nip is None and check.nip is not None:
        again = update(identities).where(mine, identities.c.handed_over_at.is_not(None))
        connection.execute(again.values(nip_reason=HANDED_OVER))


def date_what_was_said_before(
    connection: Connection,
    programme: str,
    handed_over: frozenset[str],
    with_another_nip: frozenset[str],
    began: datetime,
    now: datetime,
) -> None:
    """Let all that is recorded by ``now`` be about whoever had an account before a run found that it is another's.

    Given are internal ids; that run ``began`` before, and what was said meanwhile, or by a clock that ran ahead, was
    said of what was known until now. It is called last in the transaction that records what the run found.
    """
    if not handed_over and not with_another_nip:
        return  # nearly every run
    told = newest_told(connection, programme, handed_over | with_another_nip, now)
    said = newest_words(connection, handed_over, now)
    for who in handed_over:
        newest = [each[who] for each in (told, said) if who in each]
        since = max(newest) + RIGHT_AFTER if newest else now
        connection.execute(update(identities).where(identities.c.participant_id == who).values(handed_over_at=since))
    for some in batches(with_another_nip):
        mine = identities.c.participant_id.in_(some), identities.c.nip_since == began
        connection.execute(update(identities).where(*mine).values(nip_since=now))
    for who in with_another_nip & told.keys():
        theirs = identities.c.participant_id == who, identities.c.nip_since == now
        connection.execute(update(identities).where(*theirs).values(nip_since=told[who] + RIGHT_AFTER))


def handed_over(connection: Connection, programme: str) -> dict[str, datetime]:
    """Return which accounts of a programme were seen to be somebody else's, by internal id, and when."""
    here = select(participants.c.id).where(participants.c.id == identities.c.participant_id)
    return _handed_over(connection, here.where(participants.c.programme == programme).exists())


def handed_over_of(connection: Connection, people: Collection[str]) -> dict[str, datetime]:
    """Return the same of a few people, by internal id."""
    return _handed_over(connection, identities.c.participant_id.in_(people))


def _handed_over(connection: Connection, whose: ColumnElement[bool]) -> dict[str, datetime]:
    since = identities.c.handed_over_at
    statement = select(identities.c.participant_id, since).where(whose, since.is_not(None))
    return {row.participant_id: row.handed_over_at for row in connection.execute(statement)}


ALL_SAID = RowsOfPeople(
    identity_actions,
    select(identity_actions)
    .join(participants, participants.c.id == identity_actions.c.participant_id)
    .order_by(identity_actions.c.at, identity_actions.c.participant_id, identity_actions.c.version),
)


def identity_history(connection: Connection, programme: str, participant_id: str | None = None) -> list[IdentityAction]:
    """Return every word about the people of a programme, or about one participant, oldest first.

    Of one participant also what was said of other accounts that count as theirs.
    """
    theirs = (identity_actions.c.participant_id == participant_id) | (identity_actions.c.other == participant_id)
    which = [theirs] if participant_id is not None else []
    return [action_of(row) for row in ALL_SAID.of(connection, programme, *which)]


def binding(history: list[IdentityAction]) -> dict[tuple[str, IdentityKind], IdentityAction]:
    """Return the actions that bind now, by participant and kind: of each the newest by number, unless it undoes."""
    newest = {(each.participant_id, each.kind): each for each in sorted(history, key=attrgetter("version"))}
    return {key: each for key, each in newest.items() if not each.undo}


def chosen_accounts(connection: Connection, programme: str) -> Mapping[str, tuple[str, int]]:
    """Return whose in-class account was chosen by hand: site and user id by internal id.

    One that was chosen for an account merged into another is the person's, unless another was chosen for them.
    """
    found = binding(identity_history(connection, programme))
    chosen = {
        who: (each.site, each.target_user_id)
        for (who, kind), each in found.items()
        if kind is IdentityKind.ACCOUNT and each.site is not None and each.target_user_id is not None
    }
    since = handed_over(connection, programme) if chosen else {}
    chosen = {
        who: account for who, account in chosen.items() if stands(found[who, IdentityKind.ACCOUNT].at, who, since)
    }
    merges = merges_of(found)
    gave_way = {each.account for each in merges}
    return {who: account for who, account in carried_on(chosen, merges).items() if who not in gave_way}


def alike(connection: Connection, programme: str) -> list[frozenset[str]]:
    """Return who of a programme may be one person: accounts of one name and birth date with several NIPs.

    Counted, not joined with themselves: a database that knows no number of them compares each with everybody. Who they
    are is asked then, which mostly is of nobody.
    """
    born, name = func.substr(identities.c.nip, 1, BORN).label("born"), identities.c.sort_name
    of_whom = (
        participants.c.programme == programme,
        participants.c.merged_into.is_(None),
        identities.c.nip.is_not(None),
        name != "",
    )
    together = identities.c.participant_id == participants.c.id
    counted = select(born, name).join(participants, together).where(*of_whom).group_by(born, name)
    found: dict[tuple[str, str], dict[str, str]] = {
        (row.born, row.sort_name): {} for row in connection.execute(counted.having(func.count() > 1))
    }
    everybody = select(participants.c.id, identities.c.nip, born, name).join(identities, together).where(*of_whom)
    for some in batches({name for _born, name in found}):
        for row in connection.execute(everybody.where(name.in_(some))):
            if (row.born, row.sort_name) in found:
                found[row.born, row.sort_name][row.id] = row.nip
    return [frozenset(those) for those in found.values() if len({*those.values()}) > 1]


def sort_names(connection: Connection, people: Iterable[str]) -> dict[str, str]:
    """Return the names of some people, by internal id, in the form by which they stand in order."""
    asked = select(identities.c.participant_id, identities.c.sort_name)
    return {
        row.participant_id: row.sort_name
        for batch in batches(people)
        for row in connection.execute(asked.where(identities.c.participant_id.in_(batch)))
    }


def corrected_nip(connection: Connection, participant_id: str) -> str | None:
    """Return the NIP that a named person says is this participant's, None where the account's own counts."""
    statement = select(identities.c.corrected_nip).where(identities.c.participant_id == participant_id)
    return connection.execute(statement).scalar()


def with_another_nip(connection: Connection, nips: Mapping[str, str | None]) -> list[str]:
    """Return who of these people, by internal id, has another NIP than the one told: by name, else by internal id."""
    mine = select(identities.c.participant_id, identities.c.nip, identities.c.name)
    return [
        row.name or row.participant_id
        for some in batches(nips)
        for row in connection.execute(mine.where(identities.c.participant_id.in_(some)))
        if row.nip != nips[row.participant_id]
    ]


def corrected_people(connection: Connection, programme: str) -> set[str]:
    """Return the internal ids of those whose NIP is one that a named person gave."""
    statement = (
        select(identities.c.participant_id)
        .join(participants, participants.c.id == identities.c.participant_id)
        .where(participants.c.programme == programme, identities.c.corrected_nip.is_not(None))
    )
    return set(connection.execute(statement).scalars())


def action_of(row: Any) -> IdentityAction:
    """Return what a row says that a named person said."""
    return IdentityAction(**{**row._mapping, "kind": IdentityKind(row.kind)})


def merges_of(bound: Mapping[tuple[str, IdentityKind], IdentityAction]) -> list[Merge]:
    """Return the merges among what binds."""
    return [
        Merge(who, each.other, each.at)
        for (who, kind), each in bound.items()
        if kind is IdentityKind.MERGE and each.other is not None
    ]
