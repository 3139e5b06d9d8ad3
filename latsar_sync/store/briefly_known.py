"""What a quiet run knows of many people: a line of each, and the records of those alone whom it looks at (rule 10)."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Text, and_, cast, select

from latsar_sync.domain.decision import NO_GATES, Gate, Outcome, Standing
from latsar_sync.domain.known_people import Brief, JudgedBy, KnownPeople
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules import at_rest
from latsar_sync.rules.admission import gates_of
from latsar_sync.store.bulk import ALIKE, batches, read_rows, shared
from latsar_sync.store.database import Database
from latsar_sync.store.participants import ENROLMENTS, OUTCOMES, STATUSES, listed, record_of, records_of
from latsar_sync.store.tables import decisions, evidence, identities, participants
from latsar_sync.store.tables.columns import moment_of_text, number_of_text

ONE_BY_ONE = 64
"""So many people are read singly; who asks for more goes through everybody."""


class BrieflyKnown(KnownPeople):
    """Everybody of a programme by a line; records are read once they are asked for, as they stood with the lines.

    Evidence and decisions are written by runs alone, which is one at a time. What named persons write meanwhile (whose
    NIP somebody carries, which account counts) is taken from the lines.
    """

    def __init__(
        self,
        database: Database,
        programme: str,
        connection: Connection,
        judged_by: JudgedBy,
        decided_about: Collection[str],
    ) -> None:
        """Read the lines; ``judged_by`` is what this run judges by, ``decided_about`` as in ``at_rest.restless``."""
        self._database, self._programme = database, programme
        self._records: dict[int, Record] = {}
        self._by_a_person: dict[int, tuple[str | None, str | None]] = {}
        self._singly = 0
        self._merged_into = set[str]()
        self.briefs = dict(self._read(connection))
        self.restless = at_rest.restless(self.briefs, judged_by, decided_about, self._merged_into)

    def _read(self, connection: Connection) -> Iterator[tuple[int, Brief]]:
        judged_by: dict[tuple[Any, ...], JudgedBy] = {}
        for row in read_rows(connection, _lines_of(self._programme)):
            if row.merged_into is not None or row.corrected_nip is not None:
                self._by_a_person[row.source_user_id] = row.corrected_nip, row.merged_into
            if row.merged_into is not None:
                self._merged_into.add(row.merged_into)
            versions = row.threshold_version, row.required_version, row.terms_version, row.rule_version
            outcome = None if row.outcome is None else OUTCOMES[row.outcome]
            key = row.raw_key
            standing = Standing(
                row.id,
                row.source_user_id,
                key if row.nip == key else row.nip,
                listed(row.groups),
                ENROLMENTS[row.enrolment] is not Enrolment.ENDED,
                row.merged_into is not None,
                outcome,
                moment_of_text(row.reached_at),
                number_of_text(row.score),
                _gates_of(row.reason_codes) if outcome is Outcome.NOT_YET else NO_GATES,
            )
            yield (
                row.source_user_id,
                Brief(
                    row.source_user_id,
                    key,
                    row.name,
                    standing,
                    judged_by.setdefault(versions, JudgedBy(*versions)),
                    shared(row.reason_codes),
                    None if row.grade_status is None else STATUSES[row.grade_status],
                    row.report_row,
                    moment_of_text(row.materials_as_of),
                    bool(row.attempts_ungraded),
                    _earlier(moment_of_text(row.grade_as_of), moment_of_text(row.attempts_as_of)),
                ),
            )

    def look_at(self, user_ids: Collection[int]) -> None:
        """Read the records of these together."""
        missing = [user_id for user_id in user_ids if user_id in self.briefs and user_id not in self._records]
        everybody = 2 * len(missing) > len(self.briefs)
        some = records_of(self._programme)
        with self._database.reading() as connection:
            for batch in [missing] if everybody else batches(missing):
                chosen = some if everybody else some.where(participants.c.source_user_id.in_(batch))
                for row in read_rows(connection, chosen):
                    if row.p_source_user_id in self.briefs:
                        self._records.setdefault(row.p_source_user_id, self._as_known(record_of(row)))

    def _as_known(self, record: Record) -> Record:
        """Return a record with what named persons had said when the lines were read."""
        participant, user_id = record.participant, record.participant.person.user_id
        nip, (corrected, merged) = self.briefs[user_id].standing.nip, self._by_a_person.get(user_id, (None, None))
        if (participant.nip, participant.corrected, participant.merged_into) == (nip, corrected, merged):
            return record
        said = None if nip else (participant.nip_reason, participant.nip_detail)
        reason, detail = said or (None, None)
        as_it_was = participant._replace(nip_reason=reason, nip_detail=detail, corrected=corrected, merged_into=merged)
        return record._replace(participant=as_it_was._replace(nip=nip))

    def __getitem__(self, user_id: int) -> Record:
        if user_id not in self._records:
            if user_id not in self.briefs:
                raise KeyError(user_id)
            self._singly += 1
            self.look_at([user_id] if self._singly <= ONE_BY_ONE else self.briefs)
        return self._records[user_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self.briefs)

    def __len__(self) -> int:
        return len(self.briefs)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self.briefs

    def participant(self, user_id: int) -> Participant | None:
        return self[user_id].participant if user_id in self.briefs else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        return participant

    def let_go(self, user_id: int) -> None:
        del self._records[user_id], self.briefs[user_id]

    def ids(self) -> dict[str, str]:
        return {who: who for who in (each.standing.participant_id for each in self.briefs.values())}

    def outcomes(self) -> Counter[Outcome | None]:
        standings = (each.standing for each in self.briefs.values())
        return Counter(each.outcome for each in standings if not each.merged)

    def qualified(self) -> int:
        return sum(each.standing.outcome is Outcome.QUALIFIED for each in self.briefs.values())


@lru_cache(ALIKE)
def _gates_of(codes: str) -> frozenset[Gate]:
    return gates_of(codes.split())


def _earlier(grade: datetime | None, attempts: datetime | None) -> datetime | None:
    """Return the earlier of two moments; attempts are not read where nobody is judged by them."""
    return grade if grade is None or attempts is None else min(grade, attempts)


def _lines_of(programme: str) -> Any:
    """Return the query for the lines of everybody, in the order of their user ids; moments and numbers as texts."""
    p, i, e, d = participants.c, identities.c, evidence.c, decisions.c
    return (
        select(
            *(p.source_user_id, p.id, cast(p.groups, Text).label("groups"), p.enrolment, p.merged_into, p.reason_codes),
            p.report_row,
            *(cast(p[each], Text).label(each) for each in ("grade_as_of", "materials_as_of", "attempts_as_of")),
            *(i.raw_key, i.nip, i.corrected_nip, i.name),
            *(e.grade_status, e.attempts_ungraded),
            *(d.outcome, cast(d.score, Text).label("score"), cast(d.reached_at, Text).label("reached_at")),
            *(d.threshold_version, d.required_version, d.terms_version, d.rule_version),
        )
        .join(identities, i.participant_id == p.id)
        .outerjoin(evidence, and_(e.participant_id == p.id, e.version == p.evidence_version))
        .outerjoin(decisions, and_(d.participant_id == p.id, d.version == p.decision_version))
        .where(p.programme == programme)
        .order_by(p.source_user_id)
    )
