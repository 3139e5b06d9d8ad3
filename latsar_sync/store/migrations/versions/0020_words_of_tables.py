"""One word for one thing: what is written to people are messages, how far a MOOC was read is a checkpoint."""

from alembic import op

revision = "0020"
down_revision = "0019"

KEY = ("programme", "event", "recipient", "occasion")


def upgrade() -> None:
    op.rename_table("cursors", "checkpoints")
    op.rename_table("letters", "messages")
    op.drop_index("ix_letters_run_id", table_name="messages")
    op.create_index("ix_messages_run_id", "messages", ["run_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE checkpoints RENAME CONSTRAINT pk_cursors TO pk_checkpoints")
        op.execute("ALTER SEQUENCE letters_id_seq RENAME TO messages_id_seq")
        for kind, columns in (("pk", ""), ("fk", "_run_id"), ("uq", "_" + "_".join(KEY))):
            op.execute(f"ALTER TABLE messages RENAME CONSTRAINT {kind}_letters{columns} TO {kind}_messages{columns}")
        return
    # SQLite names a constraint only when it makes the table
    with op.batch_alter_table("messages", recreate="always") as messages:
        messages.drop_constraint("uq_letters_" + "_".join(KEY), type_="unique")
        messages.create_unique_constraint("uq_messages_" + "_".join(KEY), list(KEY))
