"""The tables of what named persons do to a roster: clearances, moves to another angkatan, finalised lists."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, ForeignKey, Integer, String, Table, Text, false

from latsar_sync.store.tables.columns import PARTICIPANT_ID, UtcDateTime, metadata

overrides = Table(
    "overrides",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    # who made the token by which it came (rule 21)
    Column("token_of", Text),
)

# that a document was seen, never the document; of one participant, or of a whole angkatan (rule 12)
clearances = Table(
    "clearances",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), index=True),
    Column("angkatan", String(64)),
    Column("kind", String(64), nullable=False),
    Column("number", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("issued", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

clearance_revocations = Table(
    "clearance_revocations",
    metadata,
    Column("programme", String(64), primary_key=True),
    # that of the clearance
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

angkatan_moves = Table(
    "angkatan_moves",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("angkatan", String(64), nullable=False),
    Column("before", String(64)),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# at which of several places somebody comes together in class; null: as the list or their angkatan says
place_choices = Table(
    "place_choices",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("place", Text),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# who is who, as named persons say; a corrected NIP stands in identities, so that an erasure destroys it (rules 16, 19)
identity_actions = Table(
    "identity_actions",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("undo", Boolean, nullable=False),
    # the account that counts instead
    Column("other", PARTICIPANT_ID),
    Column("site", String(64)),
    Column("target_user_id", BigInteger),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# the in-class course in which a move left somebody, and whether they were still there when it was last read
left_behind = Table(
    "left_behind",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("angkatan", String(64)),
    Column("site", String(64), nullable=False),
    Column("course_id", BigInteger, nullable=False),
    Column("course", Text, nullable=False),
    Column("group", Text),
    Column("group_id", BigInteger),
    Column("target_user_id", BigInteger, nullable=False),
    Column("still_there", Boolean, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    # not moved: the account was not theirs
    Column("wrong_account", Boolean, nullable=False, server_default=false()),
)

# what an action does to an entry while a run works on the entries: done, and deleted, when that has ended
waiting_changes = Table(
    "waiting_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", String(64), nullable=False, index=True),
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("angkatan", String(64), nullable=False),
    Column("course", Text),
    Column("late", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("by", Text, nullable=False),
)

# the keys of forms and calls that were taken, so that the same one sent twice is done once
action_keys = Table(
    "action_keys",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    # of a call of the API: the digest of what was asked, and what was answered
    Column("digest", String(64)),
    Column("answer", JSON(none_as_null=True)),
)

# the decrees that fixed a roster: the first of an angkatan the list itself, later ones amendments (rule 17)
finalisations = Table(
    "finalisations",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("angkatan", String(64), nullable=False),
    Column("number", Text, nullable=False),
    Column("dated", Date, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # internal ids
    Column("members", JSON, nullable=False),
    Column("left", JSON, nullable=False),
)
