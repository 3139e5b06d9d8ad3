"""The line that is read of each of many people, as the database tells it in one statement."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Text, and_, case, cast, func, null, select

from latsar_sync.domain.decision import Gate
from latsar_sync.domain.known_people import JudgedBy
from latsar_sync.domain.participant import Enrolment
from latsar_sync.rules.deciding import gates_of
from latsar_sync.rules.whom_to_ask_again import DECIDED, TOLD
from latsar_sync.store.bulk import ALIKE
from latsar_sync.store.tables import decisions, evidence, identities, participants


def who_shows_a_grade(connection: Connection, programme: str, site: str) -> int | None:
    """Return the first by user id of whom ``BrieflyKnown`` will say that they are enrolled and show a grade."""
    p, i, e = participants.c, identities.c, evidence.c
    found = (
        select(p.source_user_id)
        .join(identities, i.participant_id == p.id)
        .join(evidence, and_(e.participant_id == p.id, e.version == p.evidence_version))
        .where(p.programme == programme, p.site == site, p.enrolment != str(Enrolment.ENDED))
        .where(e.grade_status.in_(sorted(map(str, TOLD))))
    )
    return connection.execute(found.order_by(p.source_user_id).limit(1)).scalar_one_or_none()


@lru_cache(ALIKE)
def gates_of_text(codes: str) -> frozenset[Gate]:
    """Return which gates the codes of somebody's reasons are about, each between blanks."""
    return gates_of(codes.split())


def lines_of(programme: str) -> Any:
    """Return the query for the lines of everybody, in the order of their user ids; moments and numbers as texts."""
    p, i, e, d = participants.c, identities.c, evidence.c, decisions.c
    line = select(
        *(p.source_user_id, p.id, cast(p.groups, Text).label("groups"), p.enrolment, p.merged_into, p.reason_codes),
        p.report_row,
        *(cast(p[each], Text).label(each) for each in ("grade_as_of", "materials_as_of", "attempts_as_of")),
        *(i.raw_key, i.nip, i.corrected_nip, i.name),
        *(e.grade_status, e.attempts_ungraded),
        *(d.outcome, cast(d.score, Text).label("score"), cast(d.reached_at, Text).label("reached_at")),
        *(d.threshold_version, d.required_version, d.terms_version, d.rule_version),
    )
    return _of_everybody(line, programme)


def columns_of(programme: str, judged_by: JudgedBy | None) -> Any:
    """Return the query for what a run goes by of everybody: user id, internal id, NIP, reasons, and what was decided.

    That is told of those alone who rest if their reasons let them (``restless``), and nobody shares their NIP;
    of nobody where it is not told by what this run judges.
    """
    p, i, e, d = participants.c, identities.c, evidence.c, decisions.c
    columns = select(p.source_user_id, p.id, i.nip, p.reason_codes)
    if judged_by is None:
        return _of_everybody(columns.add_columns(null()), programme)
    settled = and_(
        p.merged_into.is_(None),
        p.enrolment != str(Enrolment.ENDED),
        i.raw_key == i.nip,
        i.corrected_nip.is_(None),
        e.grade_status.in_(sorted(map(str, TOLD))),
        func.coalesce(e.attempts_ungraded, 0) == 0,
        d.outcome.in_(sorted(map(str, DECIDED))),
        *(
            each.is_not_distinct_from(now)
            for each, now in zip(
                (d.threshold_version, d.required_version, d.terms_version, d.rule_version), judged_by, strict=True
            )
        ),
    )
    return _of_everybody(columns.add_columns(case((settled, d.outcome))), programme)


def _of_everybody(chosen: Any, programme: str) -> Any:
    """Return a query with the people it is about: all of a programme who were not erased, in their order."""
    p, i, e, d = participants.c, identities.c, evidence.c, decisions.c
    return (
        chosen.select_from(participants)
        .join(identities, i.participant_id == p.id)
        .outerjoin(evidence, and_(e.participant_id == p.id, e.version == p.evidence_version))
        .outerjoin(decisions, and_(d.participant_id == p.id, d.version == p.decision_version))
        .where(p.programme == programme)
        .order_by(p.source_user_id)
    )
