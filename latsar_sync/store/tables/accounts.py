"""The tables of who may sign in to the web pages."""

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from latsar_sync.store.tables.columns import UtcDateTime, metadata

# who may sign in to the web pages; a password is kept as its argon2id hash, an API token as its SHA-256
accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("token_hash", String(64), unique=True),
    # None: all of them
    Column("programmes", JSON(none_as_null=True)),
    Column("courses", JSON(none_as_null=True)),
    # counted up when a password changes, which ends every session of before
    Column("session_version", Integer, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
)

# the key that signs session cookies: one for all hosts on this database
web_keys = Table(
    "web_keys",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("key", Text, nullable=False),
)
