"""Is everybody one person, with an identity or an erasure?"""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, func, or_, select

from latsar_sync.domain.actions import ErasureKind
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.language import _
from latsar_sync.store.check.contradiction import RUN_FULL, Contradiction
from latsar_sync.store.merged_accounts import merged_otherwise
from latsar_sync.store.tables import decisions, erasures, identities, participants


def merged_accounts(connection: Connection) -> Iterator[Contradiction]:
    """Accounts are merged as the last word about them says."""
    for participant_id in merged_otherwise(connection):
        yield Contradiction(
            "merge_differs",
            _("Participant {id} is merged otherwise than the last word about it says.").format(id=participant_id),
            _("Somebody changed the table by hand? Say it again: latsar-sync identity merge."),
        )


def shared_nips(connection: Connection) -> Iterator[Contradiction]:
    """Nobody is qualified whose NIP another carries."""
    rows = connection.execute(
        select(participants.c.programme, identities.c.nip, participants.c.id)
        .join(identities, identities.c.participant_id == participants.c.id)
        .join(
            decisions,
            and_(
                decisions.c.participant_id == participants.c.id, decisions.c.version == participants.c.decision_version
            ),
        )
        .where(
            identities.c.nip.is_not(None),
            participants.c.merged_into.is_(None),
            decisions.c.outcome == str(Outcome.QUALIFIED),
        )
        .order_by(participants.c.id)
    )
    carriers: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        carriers.setdefault((row.programme, row.nip), []).append(row.id)
    for qualified in carriers.values():
        for each in qualified if len(qualified) > 1 else ():
            yield Contradiction(
                "shared_nip_qualified",
                _("Participant {id} is qualified though others carry the same NIP.").format(id=each),
                _(RUN_FULL),
            )


def identities_agree(connection: Connection) -> Iterator[Contradiction]:
    """Whoever has no identity was erased, by the register; whoever has one was not, or was taken in again."""
    newest = (
        select(erasures.c.participant_id, func.max(erasures.c.version).label("version"))
        .group_by(erasures.c.participant_id)
        .subquery()
    )
    rows = connection.execute(
        select(participants.c.id, identities.c.participant_id.label("identity"), erasures.c.kind)
        .outerjoin(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(newest, newest.c.participant_id == participants.c.id)
        .outerjoin(
            erasures,
            and_(erasures.c.participant_id == newest.c.participant_id, erasures.c.version == newest.c.version),
        )
        .where(
            or_(
                and_(
                    identities.c.participant_id.is_(None), func.coalesce(erasures.c.kind, "") != str(ErasureKind.ERASED)
                ),
                and_(
                    identities.c.participant_id.is_not(None),
                    func.coalesce(erasures.c.kind, "") == str(ErasureKind.ERASED),
                ),
            )
        )
    )
    for row in rows:
        if row.identity is None:
            said = _("Participant {id} has no identity, and the register of erasures does not say why.")
            remedy = _("Somebody deleted the row by hand: record it with latsar-sync person erase.")
            yield Contradiction("identity_missing", said.format(id=row.id), remedy)
        else:
            said = _("Participant {id} was erased by the register, and has an identity all the same.")
            remedy = _("Erase them again: latsar-sync person erase.")
            yield Contradiction("erased_identity_present", said.format(id=row.id), remedy)
