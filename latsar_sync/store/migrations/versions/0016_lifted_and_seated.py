"""Note whom a person lifted out of a review, who sat in class before seats were given, and which runs ended a push."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for name in ("lifted", "seated"):
        op.add_column("roster_entries", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("run_programmes", sa.Column("push_ended", sa.Boolean(), server_default=sa.false(), nullable=False))
    # these reviews are of people who were seen in the class: what was not noted then is known by the reason
    op.execute(
        "UPDATE roster_entries SET origin = 'found' WHERE origin IS NULL AND target_user_id IS NOT NULL AND reason IN "
        "('target_enrolment_inactive', 'target_role_missing', 'target_other_group', 'target_group_left')"
    )
