"""Add which class each angkatan fills, and when this database became a copy."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "class_places",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("angkatan", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("group_idnumber", sa.Text(), nullable=False),
        sa.Column("restoration", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", "angkatan", name=op.f("pk_class_places")),
        sa.UniqueConstraint(
            "address", "course_id", "group_id", name=op.f("uq_class_places_address_course_id_group_id")
        ),
    )
    op.create_table(
        "restorations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restorations")),
    )
    op.create_table(
        "restoration_releases",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("restoration", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("programme", "restoration", name=op.f("pk_restoration_releases")),
    )
    _take_over_what_is_known()


def _take_over_what_is_known() -> None:
    """Write down the classes of people who arrived; the address of their site is learned by the next run."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT programme, angkatan, site, course_id, max(course) AS course, max(group_id) AS group_id "
            "FROM roster_entries WHERE angkatan IS NOT NULL AND site IS NOT NULL AND course_id IS NOT NULL "
            "AND group_id IS NOT NULL GROUP BY programme, angkatan, site, course_id, group_id ORDER BY count(*) DESC"
        )
    ).all()
    angkatan, groups = set(), set()
    for row in found:
        group = (row.site, row.course_id, row.group_id)
        if (row.programme, row.angkatan) in angkatan or group in groups:
            continue
        angkatan.add((row.programme, row.angkatan))
        groups.add(group)
        connection.execute(
            sa.text(
                "INSERT INTO class_places (programme, angkatan, site, address, course_id, course, group_id, "
                "group_idnumber, restoration, recorded_at) VALUES (:programme, :angkatan, :site, :address, "
                ":course_id, :course, :group_id, '', 0, :now)"
            ).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True))),
            {**row._mapping, "address": f"?{row.site}", "now": datetime.now(UTC)},
        )
