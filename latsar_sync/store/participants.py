"""Participants, their evidence and their decisions, read whole; ``record_changes`` writes what becomes of them."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import count
from os import urandom
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.domain.packed_ids import ID_LETTERS
from latsar_sync.domain.participant import Participant
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import batches, read_rows
from latsar_sync.store.participant_values import labelled, participant_of, records_in
from latsar_sync.store.tables import decisions, evidence, identities, imported_scores, participants
from latsar_sync.store.tables.columns import OF_PROGRAMME, STATEMENTS_KEPT

IMPORTED = "import"
"""The ``site`` of participants who came by a file."""


EVIDENCE_COLUMNS = (*labelled(evidence, "e"), *labelled(imported_scores, "s"))
SCORE_SEEN = and_(
    imported_scores.c.participant_id == evidence.c.participant_id,
    imported_scores.c.version == evidence.c.imported_version,
)
"""How evidence finds the imported score that was confirmed when it was seen."""


LETTERS = str.maketrans("0123456789abcdef", ID_LETTERS)


def numbered_ids(now: datetime) -> Callable[[int], str]:
    """Return what gives the internal id of a number, counted from 0: 32 letters that rise within a run and cannot be
    guessed.

    The rows of an import then go to the end of each index, which takes half the time of going everywhere. No digits:
    some of them in a row look like a NIP, and would be hidden in the log.
    """
    run, hidden_by = f"{int(now.timestamp() * 1000):012x}", blake2b(key=urandom(32), digest_size=6)

    def of(number: int) -> str:
        hidden = hidden_by.copy()
        hidden.update(number.to_bytes(8, "big"))
        return f"{run}{number:08x}{hidden.hexdigest()}".translate(LETTERS)

    return of


def rising_ids(now: datetime) -> Callable[[], str]:
    """Return what gives a new internal id at each call, as ``numbered_ids``."""
    numbers, of = count(), numbered_ids(now)
    return lambda: of(next(numbers))


def load_records(connection: Connection, programme: str) -> dict[int, Record]:
    """Return every participant of a programme by user id in the MOOC, with current evidence and decision.

    Whoever was erased is not among them: nothing more is judged or placed for them.
    """
    return dict(records_in(read_rows(connection, records_of(programme))))


def records_with_nip(connection: Connection, programme: str, nip: str) -> list[Record]:
    """Return those of a programme who carry a NIP, likewise."""
    rows = read_rows(connection, records_of(programme).where(identities.c.nip == nip))
    return [record for _user_id, record in records_in(rows)]


@lru_cache(STATEMENTS_KEPT)
def records_of(programme: str, plain: bool = False) -> Select[Any]:
    """Return the query for everybody of a programme with current evidence and decision; ``records_in`` takes its rows.

    ``plain``: moments and numbers are given as the text that they are stored as.
    """
    told = partial(labelled, plain=plain)
    return (
        select(
            *told(participants, "p", without=("programme", "site", "first_seen_at")),
            *told(identities, "i", without=("participant_id", "search_words", "sort_name")),
            *told(evidence, "e", without=("participant_id", "seen_at")),
            *told(imported_scores, "s", without=("participant_id",)),
            *told(
                decisions, "d", without=("participant_id", "evidence_version", "rule_version", "decided_at", "run_id")
            ),
        )
        .select_from(participants)
        .join(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(
            evidence,
            and_(evidence.c.participant_id == participants.c.id, evidence.c.version == participants.c.evidence_version),
        )
        .outerjoin(imported_scores, SCORE_SEEN)
        .outerjoin(
            decisions,
            and_(
                decisions.c.participant_id == participants.c.id,
                decisions.c.version == participants.c.decision_version,
            ),
        )
        .where(participants.c.programme == programme)
    )


def load_participants(connection: Connection, participant_ids: Collection[str]) -> dict[str, Participant]:
    """Return these participants by internal id, without those who were erased."""
    found: dict[str, Participant] = {}
    for some in batches(participant_ids):
        rows = read_rows(
            connection,
            select(*labelled(participants, "p"), *labelled(identities, "i", without=("participant_id",)))
            .join(identities, identities.c.participant_id == participants.c.id)
            .where(participants.c.id.in_(some)),
        )
        found |= {row.p_id: participant_of(row) for row in rows}
    return found


SITES = select(participants.c.site).where(participants.c.programme == OF_PROGRAMME).distinct()


def source_sites(connection: Connection, programme: str) -> set[str]:
    """Return the sites that a programme's participants came from, ``IMPORTED`` for files."""
    rows = connection.execute(SITES, {"of_programme": programme})
    return {row.site for row in rows}


def site_of(connection: Connection, programme: str, configured: str | None) -> str:
    """Return the site that a programme's participants come from, ``IMPORTED`` for files.

    ``configured`` is the name of its site in the settings, None if it has none.

    Raise ConfigurationError if those known came from another one: two people could have one number then.
    """
    site = configured or IMPORTED
    others = source_sites(connection, programme) - {site}
    if others:
        raise ConfigurationError(
            _("The participants of programme {programme} came from {before}; now source says {now}.").format(
                programme=programme, before=", ".join(sorted(others)), now=site
            ),
            _("Give the programme a new id, or put its source back."),
        )
    return site
