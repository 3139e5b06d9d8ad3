"""What earlier runs were told of the sites, so that it is not asked again: it decides nothing, and may always go."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, String, Table, Text, text, true

from latsar_sync.store.tables.columns import UtcDateTime, metadata

# what a site said of itself: the functions of our service, its version, our account there
site_infos = Table(
    "site_infos",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("address", Text, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Column("info", JSON, nullable=False),
)

# ids in a programme's MOOC course, by which the next run guesses what it will ask
source_ids = Table(
    "source_ids",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("course", Text, nullable=False),
    Column("course_id", BigInteger, nullable=False),
    Column("cmid", BigInteger),
    Column("quiz_id", BigInteger),
    Column("modules", JSON, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("strangers", JSON, nullable=False, server_default=text("'[]'")),
    Column("by_report", Boolean, nullable=False, server_default=true()),
    Column("unanswered", JSON, nullable=False, server_default=text("'[]'")),
    Column("newest_first", BigInteger, nullable=False, server_default="0"),
    Column("report_at", BigInteger, nullable=False, server_default="0"),
)
