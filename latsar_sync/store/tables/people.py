"""The tables of who takes part, and of their names."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from latsar_sync.store.tables.columns import (
    HALF_FILLED,
    PARTICIPANT_ID,
    UtcDateTime,
    index_where,
    metadata,
    unique_where,
)

participants = Table(
    "participants",
    metadata,
    Column("id", PARTICIPANT_ID, primary_key=True),
    Column("programme", String(64), nullable=False),
    Column("site", String(64), nullable=False),
    Column("source_user_id", BigInteger, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("enrolment", String(16), nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    # when each part of the current evidence was last read exactly, as far as anybody is judged by it
    Column("grade_as_of", UtcDateTime),
    Column("materials_as_of", UtcDateTime),
    Column("attempts_as_of", UtcDateTime),
    # the fingerprint of the row that a report of the MOOC showed when that was read
    Column("report_row", String(16)),
    Column("evidence_version", Integer, nullable=False),
    Column("decision_version", Integer, nullable=False),
    # where a named person said that they come together in class, as the newest of place_choices has it
    Column("chosen_place", Text),
    # the account that counts for this person instead of this one, as identity_actions says
    Column("merged_into", PARTICIPANT_ID),
    # the codes of the current decision's reasons, each between blanks, so that people are counted and found by them
    Column("reason_codes", Text, nullable=False, server_default=text("''")),
    # its outcome, so that a million people are counted by it without a look at their decisions; null: none yet
    Column("outcome", String(16)),
    UniqueConstraint("programme", "site", "source_user_id"),
    Index("ix_participants_programme_merged_into_outcome", "programme", "merged_into", "outcome"),
    info=HALF_FILLED,
)

# the only table with a name or NIP in it: erasing a person destroys this row, and who has none was erased (rule 16)
identities = Table(
    "identities",
    metadata,
    Column("participant_id", PARTICIPANT_ID, ForeignKey("participants.id"), primary_key=True),
    Column("raw_key", Text),
    Column("nip", String(18), index=True),
    Column("nip_reason", String(32)),
    Column("nip_detail", String(64)),
    Column("name", Text, nullable=False),
    Column("institution", Text, nullable=False),
    # the words by which somebody is looked for, and the name as lists are ordered by it
    Column("search_words", Text, nullable=False, server_default=text("''")),
    Column("sort_name", Text, nullable=False, server_default=text("''"), index=True),
    # the NIP that a named person says is theirs, while that binds
    Column("corrected_nip", String(18)),
    # whose account it was, where it carries another name or NIP since, and when it was seen to be somebody else's
    Column("owner_name", Text),
    Column("owner_nip", String(18)),
    Column("handed_over_at", UtcDateTime),
    # since when they have clearly another NIP than before, null: ever
    Column("nip_since", UtcDateTime),
    # as an imported list tells it; the address of a MOOC account is not kept
    Column("email", Text),
    # where they come together in class, by the imported list; else it is that of their angkatan
    Column("place", Text),
    # the import and the line of its file by which this row was last written
    Column("import_id", Integer),
    Column("import_line", Integer),
    # the programme of whoever came by a file, else null: there the NIP is the natural key
    Column("import_programme", String(64)),
    unique_where("uq_identities_import_programme_nip", "import_programme", "nip", where="import_programme IS NOT NULL"),
    index_where("ix_identities_handed_over_at", "handed_over_at", where="handed_over_at IS NOT NULL"),
)
