"""One word for one thing: an angkatan fills an in-class course, what named persons decide are actions."""

from alembic import op

from latsar_sync.store.migrations.append_only import refuse_changes

revision = "0021"
down_revision = "0020"

TABLES = {
    "class_places": "course_places",
    "class_sightings": "course_sightings",
    "angkatan_acts": "angkatan_actions",
    "identity_acts": "identity_actions",
}
GROUP = ["address", "course_id", "group_id"]
OWNERS = {"angkatan_acts": "programme", "identity_acts": "participant_id"}


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in OWNERS:
        _let_go(table, on_postgresql)
    for old, new in TABLES.items():
        op.rename_table(old, new)
        if on_postgresql:
            op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
    if on_postgresql:
        _rename_constraint("course_places", "uq_{}_address_course_id_group_id", "class_places")
        _rename_constraint("identity_actions", "fk_{}_participant_id", "identity_acts")
    else:
        # SQLite names a constraint only when it makes the table
        with op.batch_alter_table("course_places", recreate="always") as places:
            places.drop_constraint("uq_class_places_" + "_".join(GROUP), type_="unique")
            places.create_unique_constraint("uq_course_places_" + "_".join(GROUP), GROUP)
    op.execute("ALTER TABLE accounts RENAME COLUMN classes TO courses")
    for table, owner in OWNERS.items():
        refuse_changes(TABLES[table], owner)


def _let_go(table: str, on_postgresql: bool) -> None:
    """Drop the triggers that keep a table as it was written; the same come back under its new name."""
    if on_postgresql:
        op.execute(f"DROP FUNCTION {table}_append_only() CASCADE")
        return
    for verb in ("update", "delete", "replace"):
        op.execute(f"DROP TRIGGER {table}_no_{verb}")


def _rename_constraint(table: str, name: str, old: str) -> None:
    op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name.format(old)} TO {name.format(table)}")
