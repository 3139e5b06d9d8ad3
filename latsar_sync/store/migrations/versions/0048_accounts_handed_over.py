"""Whose an account was that is somebody else's now, and since when: nothing decided of the one admits the other."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.add_column("identities", sa.Column("owner_name", sa.Text()))
    op.add_column("identities", sa.Column("owner_nip", sa.String(18)))
    op.add_column("identities", sa.Column("handed_over_at", sa.DateTime(timezone=True)))
    known = sa.text("handed_over_at IS NOT NULL")
    op.create_index(
        "ix_identities_handed_over_at", "identities", ["handed_over_at"], sqlite_where=known, postgresql_where=known
    )
    since = sa.column("handed_over_at", sa.DateTime(timezone=True))
    identities = sa.table("identities", sa.column("nip_reason"), since)
    seen = sa.update(identities).where(identities.c.nip_reason == "account_handed_over")
    op.execute(seen.values(handed_over_at=datetime.now(UTC)))
