"""Number what runs did by the order in which they ended: the last one is told by that number, never by a clock."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

KEPT = (
    "run_id, programme, kind, outcome, counts, findings, courses_read, messages, error, accepted_by, requests, "
    "seconds, finished_at"
)
POINTING = (
    ("decisions", "run_id"),
    ("roster_events", "run_id"),
    ("pushes", "run_id"),
    ("baselines", "run_id"),
    ("run_requests", "run_id"),
    ("letters", "run_id"),
    ("clearances", "participant_id"),
)


def upgrade() -> None:
    # SQLite cannot give a table another primary key: a new one takes the place of the old
    op.rename_table("run_programmes", "run_programmes_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE run_programmes_before DROP CONSTRAINT pk_run_programmes")
        op.execute("ALTER TABLE run_programmes_before DROP CONSTRAINT fk_run_programmes_run_id")
    op.create_table(
        "run_programmes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("courses_read", sa.JSON(), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.String(length=16), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_programmes_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_programmes")),
        sa.UniqueConstraint("run_id", "programme", name=op.f("uq_run_programmes_run_id_programme")),
    )
    # as they were listed until now
    op.execute(
        f"INSERT INTO run_programmes ({KEPT}) SELECT {KEPT} FROM run_programmes_before ORDER BY run_id, programme DESC"
    )
    op.drop_table("run_programmes_before")
    op.create_index(op.f("ix_run_programmes_programme"), "run_programmes", ["programme"])
    # whatever points to a run or a person is found without reading all of it, when one of them is to go
    for table, column in POINTING:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
