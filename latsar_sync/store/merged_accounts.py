"""Which accounts named persons said to be one person's, and which no more (rule 19)."""

from sqlalchemy import Connection, and_, case, func, select

from latsar_sync.domain.actions import IdentityKind
from latsar_sync.rules.merged_accounts import Merge
from latsar_sync.store.identities import action_of, binding, identity_history, merges_of
from latsar_sync.store.tables import identity_actions, participants


def merges(connection: Connection, programme: str) -> list[Merge]:
    """Return the merges that bind in a programme."""
    return merges_of(binding(identity_history(connection, programme)))


def merges_into(connection: Connection, participant_id: str) -> list[Merge]:
    """Return the merges that bind by which other accounts count as one participant's."""
    said = select(identity_actions).where(
        identity_actions.c.kind == str(IdentityKind.MERGE), identity_actions.c.other == participant_id
    )
    bound = {each.participant_id: each for each in map(action_of, connection.execute(said.order_by("version")))}
    still = select(participants.c.id).where(
        participants.c.id.in_(list(bound)), participants.c.merged_into == participant_id
    )
    return [Merge(who, participant_id, bound[who].at) for who in connection.execute(still).scalars()] if bound else []


def parted_from(connection: Connection, participant_id: str) -> str | None:
    """Return the internal id of the account that one counted with until its merge was undone; None if it was not."""
    said = select(identity_actions.c.undo, identity_actions.c.other).where(
        identity_actions.c.participant_id == participant_id, identity_actions.c.kind == str(IdentityKind.MERGE)
    )
    newest = connection.execute(said.order_by(identity_actions.c.version.desc()).limit(1)).one_or_none()
    return newest.other if newest is not None and newest.undo else None


def merged_otherwise(connection: Connection) -> list[str]:
    """Return the internal ids of those who are merged otherwise than the newest word about them says."""
    newest = (
        select(identity_actions.c.participant_id, func.max(identity_actions.c.version).label("version"))
        .where(identity_actions.c.kind == str(IdentityKind.MERGE))
        .group_by(identity_actions.c.participant_id)
        .subquery()
    )
    said = case((identity_actions.c.undo, ""), else_=func.coalesce(identity_actions.c.other, ""))
    words = (
        select(identity_actions.c.participant_id, said.label("other"))
        .join(
            newest,
            and_(
                newest.c.participant_id == identity_actions.c.participant_id,
                newest.c.version == identity_actions.c.version,
            ),
        )
        .subquery()
    )
    statement = (
        select(participants.c.id)
        .outerjoin(words, words.c.participant_id == participants.c.id)
        .where(func.coalesce(participants.c.merged_into, "") != func.coalesce(words.c.other, ""))
        .order_by(participants.c.id)
    )
    return list(connection.execute(statement).scalars())
