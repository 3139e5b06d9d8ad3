"""Tables that the database itself keeps as they were written, for the migrations that make them."""

from collections.abc import Sequence

from alembic import op

PROGRAMME_OF = {
    "programme": "OLD.programme",
    "participant_id": "(SELECT programme FROM participants WHERE id = OLD.participant_id)",
}
"""How a trigger finds the programme of a row that is to be deleted, by the first column of its key."""


def refuse_changes(table: str, owner: str, key: Sequence[str] | None = None, data_class: str | None = "ledger") -> None:
    """Make the database raise on UPDATE and DELETE of ``table``, whoever asks.

    ``owner``, "programme" or "participant_id", is the column that tells whose a row is; ``key`` the primary key, the
    owner and version if not given. Only the destruction of the ``data_class`` that the table belongs to (``None``: of
    none) is let through, while ``destruction_permits`` has a row for the programme (rule 16).
    """
    held = "EXISTS (SELECT 1 FROM destruction_permits WHERE data_class = '{}' AND programme = {})"
    permitted = "" if data_class is None else held.format(data_class, PROGRAMME_OF[owner])
    if op.get_bind().dialect.name == "sqlite":
        _refuse_on_sqlite(table, key or (owner, "version"), permitted)
        return
    let_through = f"IF TG_OP = 'DELETE' THEN IF {permitted} THEN RETURN OLD; END IF; END IF; " if permitted else ""
    op.execute(
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {let_through}RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )


def _refuse_on_sqlite(table: str, key: Sequence[str], permitted: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        unless = f"WHEN NOT {permitted} " if verb == "DELETE" and permitted else ""
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}")
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {unless}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    # INSERT OR REPLACE would delete the old row without asking the trigger above
    same = " AND ".join(f"{column} = NEW.{column}" for column in key)
    op.execute(f"DROP TRIGGER IF EXISTS {table}_no_replace")
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
