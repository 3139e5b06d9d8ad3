"""What an incremental run knows of many people: a line of each, and records of those whom it looks at (rule 10)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select

from latsar_sync.domain.decision import NO_GATES, Outcome, Standing
from latsar_sync.domain.known_people import ONE_BY_ONE, Brief, JudgedBy, RestingPeople
from latsar_sync.domain.nip import number_form
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.rules.whom_to_ask_again import TOLD, lacks_material, of_one_reading, restless
from latsar_sync.store.brief_lines import columns_of, gates_of_text, lines_of
from latsar_sync.store.bulk import batches, read_rows, shared
from latsar_sync.store.database import Database
from latsar_sync.store.participant_values import ENROLMENTS, OUTCOMES, STATUSES, listed, records_in
from latsar_sync.store.participants import records_of
from latsar_sync.store.tables import participants
from latsar_sync.store.tables.columns import moment_of_text, number_of_text


class BrieflyKnown(RestingPeople):
    """Everybody of a programme; lines and records are read once they are asked for, as they stood at first.

    Most people are settled by what a few columns tell: NIP and decision are theirs alone, nobody said anything of them.
    Of the others a line is read at once. Evidence and decisions are written by runs alone, which is one at a time. What
    named persons write meanwhile (whose NIP somebody carries, which account counts) is taken from what was read first.
    """

    def __init__(
        self,
        database: Database,
        programme: str,
        connection: Connection,
        judged_by: JudgedBy,
        decided_about: Collection[str],
        whole: bool = False,
    ) -> None:
        """Read the columns; ``judged_by`` is what this run judges by, ``decided_about`` as in the rule's ``restless``.

        Of a run that will ask where everybody stands the lines are read at once, if ``whole``.
        """
        self._database, self._programme = database, programme
        self._records: dict[int, Record] = {}
        self._singly = 0
        self._rows: dict[int, str | None] = {}
        self._by_a_person: dict[int, tuple[str | None, str | None]] = {}
        self._merged_into = set[str]()
        columns = connection.execute(columns_of(programme, None if whole else judged_by)).all()
        user_ids, whos, nips, codes, told = map(list, zip(*columns, strict=True)) if columns else ([], [], [], [], [])
        self._place = {user_id: place for place, user_id in enumerate(user_ids)}
        self._user_ids: list[int] = user_ids
        self._whos: list[str] = whos
        self._nips: list[str | None] = nips
        self._codes: list[str] = codes
        kinds = {*zip(told, codes, strict=True)}  # most people's are like somebody else's
        settled = {(each, said): OUTCOMES.get(each or "") if of_one_reading(said) else None for each, said in kinds}
        self._outcomes: list[Outcome | None] = list(map(settled.__getitem__, zip(told, codes, strict=True)))
        self._twice = {each for each, times in Counter(nips).items() if each is not None and times > 1}
        doubtful = [user_id for user_id, outcome in zip(user_ids, self._outcomes, strict=True) if outcome is None]
        self._lines = self._read(connection, doubtful)
        self.restless = restless(self._lines, judged_by, decided_about, self._merged_into)
        self.restless |= self.sharing(self._twice) | self._named({*decided_about, *self._merged_into})

    def _named(self, people: Collection[str]) -> set[int]:
        """Return the user ids of people by their internal ids."""
        return {user_id for user_id, place in self._place.items() if self._whos[place] in people} if people else set()

    def _read(self, connection: Connection, user_ids: Collection[int]) -> dict[int, Brief]:
        """Return the lines of these; of many everybody's are read."""
        everybody = 2 * len(user_ids) > len(self._place)
        lines, some = lines_of(self._programme), dict[int, Brief]()
        for batch in [user_ids] if everybody else batches(user_ids):
            chosen = lines if everybody else lines.where(participants.c.source_user_id.in_(batch))
            some |= self._briefs(read_rows(connection, chosen))
        return some

    def _briefs(self, rows: Iterable[Any]) -> Iterator[tuple[int, Brief]]:
        judged_by: dict[tuple[Any, ...], JudgedBy] = {}
        for row in rows:
            user_id, place = row.source_user_id, self._place.get(row.source_user_id)
            if place is None:
                continue
            settled = self._outcomes[place] is not None
            corrected, merged_into = (None, None) if settled else (row.corrected_nip, row.merged_into)
            if corrected is not None or merged_into is not None:
                self._by_a_person[user_id] = corrected, merged_into
            if merged_into is not None:
                self._merged_into.add(merged_into)
            versions = row.threshold_version, row.required_version, row.terms_version, row.rule_version
            outcome = None if row.outcome is None else OUTCOMES[row.outcome]
            key, nip = row.raw_key, self._nips[place]
            standing = Standing(
                self._whos[place],
                user_id,
                key if nip == key else nip,
                listed(row.groups),
                ENROLMENTS[row.enrolment] is not Enrolment.ENDED,
                merged_into is not None,
                outcome,
                moment_of_text(row.reached_at),
                number_of_text(row.score),
                gates_of_text(row.reason_codes) if outcome is Outcome.NOT_YET else NO_GATES,
            )
            yield (
                user_id,
                Brief(
                    user_id,
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

    @cached_property
    def briefs(self) -> dict[int, Brief]:
        """A line of everybody who was not let go of."""
        if len(self._lines) == len(self._place):
            return self._lines
        with self._database.reading() as connection:
            return self._read(connection, self._place)

    def preload_lines(self, user_ids: Collection[int]) -> None:
        missing = [each for each in user_ids if each in self._place and each not in self._lines]
        if missing and "briefs" not in self.__dict__:
            with self._database.reading() as connection:
                self._lines |= self._read(connection, missing)

    def line(self, user_id: int) -> Brief:
        self._singly += user_id not in self._lines
        if self._singly <= ONE_BY_ONE:
            self.preload_lines([user_id])
        return self._lines[user_id] if user_id in self._lines else self.briefs[user_id]

    @cached_property
    def enrolled(self) -> dict[int, None]:
        """Whose enrolment had not ended when they were last read, in their order."""
        enrolled: dict[int, None] = dict.fromkeys(self._place)
        for user_id, line in self._lines.items():
            if user_id in enrolled and self._outcomes[self._place[user_id]] is None and not line.standing.enrolled:
                del enrolled[user_id]
        return enrolled

    def nip_of(self, user_id: int) -> str | None:
        return self._nips[self._place[user_id]]

    def carries(self, user_id: int, raw_key: str | None) -> bool:
        place = self._place.get(user_id)
        if place is None:
            return False
        if self._outcomes[place] is not None:
            return self._nips[place] == raw_key
        return self._lines[user_id].raw_key == raw_key and self._lines[user_id].standing.enrolled

    def by_key(self) -> dict[str, list[int]]:
        alone, found = self._outcomes, dict[str, list[int]]()
        others = list[int]()
        for user_id in self.enrolled:
            place = self._place[user_id]
            nip = self._nips[place]
            if alone[place] is not None and nip is not None and nip not in self._twice:
                found[nip] = [user_id]
            else:
                others.append(user_id)
        for user_id in others:
            raw_key = self._lines[user_id].raw_key if user_id in self._lines else self.nip_of(user_id)
            if form := number_form(raw_key or ""):
                found.setdefault(form, []).append(user_id)
        return found

    def sharing(self, numbers: Collection[str | None]) -> set[int]:
        return {each for each, place in self._place.items() if self._nips[place] in numbers} if numbers else set()

    def report_rows(self, user_ids: Collection[int]) -> Mapping[int, str | None]:
        missing = [user_id for user_id in user_ids if user_id in self._place and user_id not in self._rows]
        asked = select(participants.c.source_user_id, participants.c.report_row)
        asked = asked.where(participants.c.programme == self._programme)
        with self._database.reading() as connection:
            for batch in batches(missing):
                some = asked.where(participants.c.source_user_id.in_(batch))
                self._rows |= {row.source_user_id: row.report_row for row in connection.execute(some)}
        return {user_id: self._rows[user_id] for user_id in user_ids if user_id in self._place}

    def waiting(self) -> Sequence[tuple[int, str]]:
        p = participants.c
        codes = [each for each in set(self._codes) if lacks_material(Outcome.NOT_YET, each)]
        asked = select(p.source_user_id, p.materials_as_of).where(p.programme == self._programme)
        asked = asked.where(p.reason_codes.in_(codes), p.materials_as_of.is_not(None))
        with self._database.reading() as connection:
            found = connection.execute(asked).all()
        waiting = [(row.materials_as_of, row.source_user_id) for row in found if self._waits(row.source_user_id)]
        return [(user_id, self._whos[self._place[user_id]]) for _read_at, user_id in sorted(waiting)]

    def _waits(self, user_id: int) -> bool:
        place = self._place.get(user_id)
        if place is None:
            return False
        outcome = self._outcomes[place] or self._lines[user_id].standing.outcome
        return user_id in self.enrolled and lacks_material(outcome, self._codes[place])

    def shows_a_grade(self, user_id: int) -> bool:
        place = self._place.get(user_id)
        return place is not None and (self._outcomes[place] is not None or self._lines[user_id].grade in TOLD)

    def look_at(self, user_ids: Collection[int], numbers: Collection[str] = ()) -> None:
        """Read the records of these together."""
        user_ids = {*user_ids, *self.sharing(numbers)} if numbers else user_ids
        missing = [user_id for user_id in user_ids if user_id in self._place and user_id not in self._records]
        everybody = 2 * len(missing) > len(self._place)
        some = records_of(self._programme)
        with self._database.reading() as connection:
            for batch in [missing] if everybody else batches(missing):
                chosen = some if everybody else some.where(participants.c.source_user_id.in_(batch))
                for user_id, record in records_in(read_rows(connection, chosen)):
                    if user_id in self._place:
                        self._records.setdefault(user_id, self._as_known(record))

    def _as_known(self, record: Record) -> Record:
        """Return a record with what named persons had said when the columns were read."""
        participant, user_id = record.participant, record.participant.person.user_id
        nip, (corrected, merged) = self.nip_of(user_id), self._by_a_person.get(user_id, (None, None))
        if (participant.nip, participant.corrected, participant.merged_into) == (nip, corrected, merged):
            return record
        said = None if nip else (participant.nip_reason, participant.nip_detail)
        reason, detail = said or (None, None)
        as_it_was = participant._replace(nip_reason=reason, nip_detail=detail, corrected=corrected, merged_into=merged)
        return record._replace(participant=as_it_was._replace(nip=nip))

    def __getitem__(self, user_id: int) -> Record:
        if user_id not in self._records:
            if user_id not in self._place:
                raise KeyError(user_id)
            self._singly += 1
            self.look_at([user_id] if self._singly <= ONE_BY_ONE else self._place)
        return self._records[user_id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._place

    def participant(self, user_id: int) -> Participant | None:
        return self[user_id].participant if user_id in self._place else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        return participant

    def let_go(self, user_id: int) -> None:
        del self._records[user_id], self._place[user_id]
        for held in (self._lines, self.__dict__.get("briefs", {}), self.__dict__.get("enrolled", {})):
            held.pop(user_id, None)

    def ids(self) -> dict[str, str]:
        return dict(zip(self._whos, self._whos, strict=True))

    def user_ids(self) -> dict[str, int]:
        """Return by internal id, in the order of the people, the user ids of all who are or were held."""
        return dict(zip(self._whos, self._user_ids, strict=True))

    def outcomes(self) -> Counter[Outcome | None]:
        settled = Counter(filter(None, map(self._outcomes.__getitem__, self._place.values())))
        doubtful = (line.standing for each, line in self._lines.items() if self._outcomes[self._place[each]] is None)
        return Counter[Outcome | None](settled) + Counter(each.outcome for each in doubtful if not each.merged)


def _earlier(grade: datetime | None, attempts: datetime | None) -> datetime | None:
    """Return the earlier of two moments; attempts are not read where nobody is judged by them."""
    return grade if grade is None or attempts is None else min(grade, attempts)
