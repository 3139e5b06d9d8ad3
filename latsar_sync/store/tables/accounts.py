"""The tables of who may sign in to the web pages, and who is signed in."""

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text

from latsar_sync.store.tables.columns import UtcDateTime, metadata

# who may sign in to the web pages; a password is kept as its argon2id hash, an API token as its SHA-256
accounts = Table(
    "accounts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text),
    Column("token_hash", String(64), unique=True),
    # unknown of a token that was made before this was kept
    Column("token_made_by", Text),
    Column("token_made_at", UtcDateTime),
    # None: all of them
    Column("programmes", JSON(none_as_null=True)),
    Column("courses", JSON(none_as_null=True)),
    # an invitation that was not used yet: the SHA-256 of what its link holds
    Column("invitation_hash", String(64), unique=True, index=True),
    Column("invited_until", UtcDateTime),
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

# who is signed in where: of the random number in the cookie only its SHA-256, so that whoever reads this enters nowhere
web_sessions = Table(
    "web_sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("account", String(64), ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False, index=True),
    # by what: password or provider
    Column("by", String(16), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    # from where, for whoever looks at their own sessions
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    # the token of its forms, a word for the next page, what stands in a form that could not be taken
    Column("content", JSON, nullable=False),
)
