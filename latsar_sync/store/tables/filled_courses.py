"""The tables of what the database knows of its own place in the world: the courses it fills, and that it is a copy."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from latsar_sync.store.tables.columns import UtcDateTime, metadata

# the course that an angkatan fills: where its people were placed, and which group nobody else may fill
course_places = Table(
    "course_places",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("angkatan", String(64), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("address", Text, nullable=False),
    Column("course_id", BigInteger, nullable=False),
    Column("course", Text, nullable=False),
    # null until the group is there
    Column("group_id", BigInteger),
    Column("group_idnumber", Text, nullable=False),
    # the newest restoration after which a person looked at this course, 0 before any; -1: a person has yet to;
    # -2: a run began to fill it
    Column("restoration", Integer, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    # when it was last read
    Column("read_at", UtcDateTime),
    # how many sat in the group then of whom no roster entry tells that they have a seat
    Column("others_there", Integer),
    UniqueConstraint("address", "course_id", "group_id"),
)

# at which address each site stands by whose name rows of the programme go
site_addresses = Table(
    "site_addresses",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("site", String(64), primary_key=True),
    Column("address", Text, nullable=False),
)

# every account that a run saw in an in-class course: whoever is gone from there later was taken out by a manager
course_sightings = Table(
    "course_sightings",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("address", String(255), primary_key=True),
    Column("course_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("site", String(64), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)

# every time that this database became older than the world: it is a copy, or was filled from one
restorations = Table(
    "restorations",
    metadata,
    Column("id", Integer, primary_key=True),
    # what it may not know begins here
    Column("as_of", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)

# one row: by which name and how far a mark outside the database knows it; steps null: a copy, takes up what it meets
database_mark = Table(
    "database_mark",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    Column("steps", BigInteger),
)

# the programmes of which a person released what a restoration made doubtful
restoration_releases = Table(
    "restoration_releases",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("restoration", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
)

# what named persons said of ids that changed or were taken out of the configuration; angkatan null: of the programme
angkatan_actions = Table(
    "angkatan_actions",
    metadata,
    Column("programme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("angkatan", String(64)),
    Column("kind", String(16), nullable=False),
    Column("before", String(64)),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
