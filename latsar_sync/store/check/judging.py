"""Do decisions stand on evidence, thresholds and confirmed scores?"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, cast, func, select

from latsar_sync.domain.account import Doer
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.language import _
from latsar_sync.store.check.contradiction import BY_HAND, RUN_FULL, Contradiction
from latsar_sync.store.imports import CERTIFICATES
from latsar_sync.store.tables import (
    decisions,
    evidence,
    imported_scores,
    imports,
    participants,
    score_confirmations,
    terms,
    thresholds,
)


def current_rows_exist(connection: Connection) -> Iterator[Contradiction]:
    """Everybody points to the newest rows of evidence and decision."""
    for table, column, name in (
        (decisions, participants.c.decision_version, "decision"),
        (evidence, participants.c.evidence_version, "evidence"),
    ):
        newest = (
            select(table.c.participant_id, func.max(table.c.version).label("version"))
            .group_by(table.c.participant_id)
            .subquery()
        )
        rows = connection.execute(
            select(participants.c.id, column.label("pointed"), newest.c.version)
            .outerjoin(newest, newest.c.participant_id == participants.c.id)
            .where(func.coalesce(newest.c.version, 0) != column)
        )
        for row in rows:
            yield Contradiction(
                f"{name}_version_wrong",
                _("Participant {id} points to {name} {pointed}, the newest is {version}.").format(
                    id=row.id, name=name, pointed=row.pointed, version=row.version or 0
                ),
                _(RUN_FULL),
            )


def decisions_are_counted(connection: Connection) -> Iterator[Contradiction]:
    """Everybody is counted by the outcome of their current decision."""
    rows = connection.execute(
        select(participants.c.id)
        .outerjoin(
            decisions,
            and_(
                decisions.c.participant_id == participants.c.id, decisions.c.version == participants.c.decision_version
            ),
        )
        .where(func.coalesce(decisions.c.outcome, "") != func.coalesce(participants.c.outcome, ""))
    )
    for row in rows:
        yield Contradiction(
            "outcome_counted_wrong",
            _("Participant {id} is counted by another outcome than that of their decision.").format(id=row.id),
            _(BY_HAND),
        )


_DECISIONS: Select[Any] = (
    select(
        decisions.c.participant_id,
        decisions.c.version,
        decisions.c.outcome,
        decisions.c.score,
        decisions.c.materials_done,
        decisions.c.materials_total,
        decisions.c.threshold_version,
        decisions.c.evidence_version,
        evidence.c.seen_at,
        thresholds.c.value,
        (func.coalesce(terms.c.method, "") != "classical").label("by_score"),
        (func.coalesce(terms.c.materials_mode, "") != "none").label("by_materials"),
        cast(decisions.c.reasons, Text).contains('"score_below_threshold"').label("says_too_low"),
    )
    .join(participants, participants.c.id == decisions.c.participant_id)
    .outerjoin(
        thresholds,
        and_(
            thresholds.c.programme == participants.c.programme,
            thresholds.c.version == decisions.c.threshold_version,
        ),
    )
    .outerjoin(
        terms,
        and_(
            terms.c.programme == participants.c.programme,
            terms.c.version == decisions.c.terms_version,
        ),
    )
    .outerjoin(
        evidence,
        and_(
            evidence.c.participant_id == decisions.c.participant_id,
            evidence.c.version == decisions.c.evidence_version,
        ),
    )
)
"""Every decision with the threshold and the evidence that it stands on, and what its terms ask for."""


def decisions_hold(connection: Connection) -> Iterator[Contradiction]:
    """A decision stands on evidence and a threshold; a qualified one on a score that reached it and all materials.

    Nobody is told that a score is too low which reached the limit. Numbers are compared here: the database has texts.
    """
    for row in connection.execute(_DECISIONS.execution_options(yield_per=1000)):
        yield from _why_it_does_not_hold(row)


def _why_it_does_not_hold(row: Any) -> Iterator[Contradiction]:
    """Yield what a decision lacks. Where its terms ask for neither score nor materials, what was read says nothing."""
    name = _("Decision {version} of participant {participant_id}").format(
        version=row.version, participant_id=row.participant_id
    )
    if row.threshold_version is not None and row.value is None:
        yield Contradiction(
            "threshold_missing",
            _("{name} was judged by a threshold that is not there.").format(name=name),
            _(RUN_FULL),
        )
    if row.seen_at is None:
        yield Contradiction(
            "evidence_missing", _("{name} was made from evidence that is not there.").format(name=name), _(RUN_FULL)
        )
    reached = None not in (row.score, row.value) and row.score >= row.value
    if row.outcome == str(Outcome.NOT_YET) and row.says_too_low and reached:
        yield Contradiction(
            "not_yet_at_limit", _("{name} calls a score too low that reached the limit.").format(name=name), _(RUN_FULL)
        )
    if row.outcome != str(Outcome.QUALIFIED) or not row.by_score:
        return
    if row.value is not None and not reached:
        yield Contradiction(
            "qualified_below_limit", _("{name} says qualified below its threshold.").format(name=name), _(RUN_FULL)
        )
    unfinished = row.materials_total is not None and row.materials_done != row.materials_total
    if row.by_materials and unfinished:
        yield Contradiction(
            "qualified_unfinished", _("{name} says qualified with open materials.").format(name=name), _(RUN_FULL)
        )


def imports_have_two_pairs_of_eyes(connection: Connection) -> Iterator[Contradiction]:
    """Look at who confirmed imported scores, and whether evidence rests on any that nobody did."""
    score, seen = imported_scores.c, evidence.c
    confirmed = and_(
        score_confirmations.c.participant_id == score.participant_id, score_confirmations.c.version == score.version
    )
    rows = connection.execute(
        select(
            imports.c.id,
            imports.c.by,
            imports.c.token_of,
            score_confirmations.c.by.label("other"),
            score_confirmations.c.token_of.label("other_token_of"),
        )
        .join(imported_scores, score.import_id == imports.c.id)
        .join(score_confirmations, confirmed)
        .where(imports.c.kind != CERTIFICATES)  # of these a programme may ask for no second person
        .distinct()
    )
    for row in rows:
        if Doer(row.by, row.token_of).may_be(Doer(row.other, row.other_token_of)):
            said = _("Import {number} was confirmed by the person who imported it.").format(number=row.id)
            remedy = _("Let somebody else compare it with the office's file.")
            yield Contradiction("import_confirmed_alone", said, remedy)
    rows = connection.execute(
        select(seen.participant_id, seen.imported_version)
        .outerjoin(
            score_confirmations,
            and_(
                score_confirmations.c.participant_id == seen.participant_id,
                score_confirmations.c.version == seen.imported_version,
            ),
        )
        .where(seen.imported_version.is_not(None), score_confirmations.c.version.is_(None))
    )
    for row in rows:
        said = _("Evidence of {id} rests on the imported score {number}, which nobody confirmed.")
        said = said.format(id=row.participant_id, number=row.imported_version)
        yield Contradiction("import_unconfirmed", said, _(RUN_FULL))
