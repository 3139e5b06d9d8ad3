"""The tables about personal data itself: who was erased, who looked, and what was destroyed when its time was over."""

from sqlalchemy import JSON, CheckConstraint, Column, Date, ForeignKey, Integer, String, Table, Text

from latsar_sync.store.tables.columns import PARTICIPANT_ID, UtcDateTime, metadata

# who was erased and, by mistake or a new enrolment, taken in again; the newest row of a participant counts
erasures = Table(
    "erasures",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# it outlives the people it tells of, so it points to none of them by a foreign key
access_log = Table(
    "access_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("via", String(8), nullable=False),
    Column("action", String(32), nullable=False),
    Column("programme", String(64), nullable=False, index=True),
    Column("participant_id", PARTICIPANT_ID),
    Column("people", Integer, nullable=False),
    Column("about", Text),
)

# the reports of what retention destroyed; nothing deletes them
destructions = Table(
    "destructions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False, index=True),
    Column("data_class", String(16), nullable=False),
    Column("ended_on", Date, nullable=False),
    Column("months", Integer, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# while a row is here, and its report there, the triggers let a data class of a programme be deleted. No transaction can
# end with a row in it: ``never`` points to a row that cannot exist, which both databases look at on committing
destruction_permits = Table(
    "destruction_permits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("data_class", String(16), nullable=False),
    Column("destruction_id", Integer, ForeignKey("destructions.id"), nullable=False),
    Column(
        "never", Integer, ForeignKey("destruction_permits.id", deferrable=True, initially="DEFERRED"), nullable=False
    ),
    CheckConstraint("id > 0 AND never < 0", name="never_lasts"),
)
