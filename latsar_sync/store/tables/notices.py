"""The tables of what was told: notices to the operators, messages to people through Moodle."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from latsar_sync.store.tables.columns import SaidText, UtcDateTime, metadata, unique_where

# what the operators were told, and what holds now (ended_at is empty while it does); the sent-log of notices
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event", String(16), nullable=False),
    # a programme's id, "site:" and a site's name, or "" for the service as a whole
    Column("subject", String(80), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    # fingerprints of the addresses that have it already
    Column("delivered", JSON, nullable=False),
    Column("error", Text),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("event", "subject", "since"),
    # the same thing is told once while it lasts, whichever daemon sees it
    unique_where("uq_notices_lasting", "event", "subject", where="ended_at IS NULL"),
)

# the sent-log of messages to people: no text, no name
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("event", String(16), nullable=False),
    # the participant's internal id, or site and user id of a course manager
    Column("recipient", String(96), nullable=False),
    Column("occasion", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("course_id", BigInteger),
    # the participants that a digest tells of
    Column("covers", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", SaidText),
    # None while it waits for the next run
    Column("run_id", Integer, ForeignKey("runs.id"), index=True),
    # the named person who asked for it, None for what the configuration asks for
    Column("asked_by", Text),
    Column("written_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("programme", "event", "recipient", "occasion"),
)
