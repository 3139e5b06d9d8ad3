"""What a file of scores would add to what is known, nothing written. Pure.

A file is taken whole or not at all: with one rejected row nothing of it may be recorded.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from latsar_sync.domain.evidence import Imported
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import bare_name, may_be_one_person, names_differ
from latsar_sync.files.cells import (
    PLACES,
    Cell,
    CellRefused,
    Rounded,
    read_materials,
    read_score,
    shown,
    text_of,
)
from latsar_sync.files.checking import Reader, Rows, Sheet
from latsar_sync.files.dates import read_moment


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score that a file would add; ``before`` is the participant's newest imported one, None if there is none."""

    record: Record
    after: Imported
    before: Imported | None


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """What a file of scores would add."""

    changes: tuple[ScoreChange, ...] = ()
    unchanged: int = 0


def take_scores(
    sheet: Sheet, rows: Rows, known: Mapping[int, Record], newest: Mapping[str, Imported], materials: bool
) -> ScoreComparison:
    """Check a file of scores against the participants and their newest imported scores (by participant id).

    ``materials`` says that the file tells how much of the material is done.
    """
    owners: dict[str, list[Record]] = {}
    called: set[str] = set()
    for record in known.values():
        participant = record.participant
        if participant.nip and participant.person.enrolment is not Enrolment.ENDED and participant.merged_into is None:
            owners.setdefault(participant.nip, []).append(record)
            called.add(bare_name(participant.person.name))
    read: list[tuple[int, Record, Imported]] = []
    for line, cells, nip in sheet.people(rows, ("nip", "name", "score")):
        raw = sheet.take(line, cells, "score", lambda cell: _score(cell, sheet.reader))
        written = sheet.header.cell(cells, "score")
        if raw is not None and isinstance(written, Rounded):
            sheet.warn(line, "score", "score_shown_rounded", shown=written.shown, meant=f"{raw.normalize():f}")
        at = sheet.take(line, cells, "date", lambda cell: _moment(cell, sheet.reader))
        done = sheet.take(line, cells, "materials", read_materials) if materials else None
        name = sheet.take(line, cells, "name", text_of) or ""
        if nip is None:
            continue
        found = owners.get(nip, [])
        if len(found) != 1:
            sheet.reject(line, "nip", "nip_shared" if found else "not_a_participant")
            continue
        record = found[0]
        _compare_names(sheet, line, name, record.participant.person.name, called)
        before = newest.get(record.participant.id)
        version = before.version + 1 if before else 1
        materials_done, materials_total = done or (None, None)
        limits = sheet.reader.minimum, sheet.reader.maximum
        read.append((line, record, Imported(version, 0, raw, *limits, at, materials_done, materials_total, line)))
    sheet.reject_swapped_days(rows, "date")
    _same_total(sheet, [(line, score.materials_total) for line, _, score in read if score.materials_total])
    changes = []
    for _, record, score in read:
        before = newest.get(record.participant.id)
        if score.raw is None and before is not None and before.source == "certificate":
            continue  # no score yet in a file is none told, whichever came first: the certificate stands
        if before is None or replace(before, version=score.version, import_id=0, line=score.line) != score:
            changes.append(ScoreChange(record, score, before))
    return ScoreComparison(tuple(changes), len(read) - len(changes))


def _compare_names(sheet: Sheet, line: int, name: str, known: str, called: Collection[str]) -> None:
    """Reject a name that is not that of whoever has the NIP; ``called`` are the bare names of all participants."""
    if not may_be_one_person(name, known):
        sheet.reject(line, "name", "name_conflict")
    elif bare_name(name) != bare_name(known) and bare_name(name) in called:
        sheet.reject(line, "name", "name_of_another")
    elif names_differ(name, known):
        sheet.warn(line, "name", "name_differs")


def _score(cell: Cell, reader: Reader) -> Decimal | None:
    score = _percent(cell, reader) if reader.percent else read_score(cell)
    if score is not None and reader.maximum >= 1000 and re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", text_of(cell)):
        raise CellRefused("score_ambiguous", shown=shown(text_of(cell)))  # 1.234 and 1,234 are a thousand to some
    if score is not None and not reader.minimum <= score <= reader.maximum:
        limits = {"minimum": f"{reader.minimum.normalize():f}", "maximum": f"{reader.maximum.normalize():f}"}
        raise CellRefused("score_out_of_range", shown=shown(text_of(cell)), **limits)
    return score


def _percent(cell: Cell, reader: Reader) -> Decimal | None:
    """Return in points a score that is written in per cent; a spreadsheet keeps 85 % as 0.85, so up to 1 is refused."""
    text = text_of(cell)
    bare = text.removesuffix("%").strip()
    percent = read_score(cell if bare == text else bare)
    if percent is None:
        return None
    if 0 < percent <= 1 and bare == text:
        raise CellRefused("score_share_or_percent", shown=shown(text))
    exact = reader.minimum + percent * (reader.maximum - reader.minimum) / 100
    points = exact.quantize(PLACES)
    if points != exact:
        raise CellRefused("score_too_precise", shown=shown(text))
    return points


def _moment(cell: Cell, reader: Reader) -> datetime | None:
    return read_moment(cell, reader.zone, reader.now, reader.earliest)


def _same_total(sheet: Sheet, totals: Sequence[tuple[int, int]]) -> None:
    """Reject whoever has another number of activities than most: the course is the same for all."""
    usual = Counter(total for _, total in totals).most_common(1)
    for line, total in totals:
        if total != usual[0][0]:
            sheet.reject(line, "materials", "materials_total_differs", usual=str(usual[0][0]), total=str(total))
