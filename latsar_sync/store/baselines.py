"""The baseline of a programme: the last complete, unguarded reading of everybody, with which guards compare."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select, update

from latsar_sync.domain.evidence import Activity, Evaluation, OpenTo
from latsar_sync.domain.records import Baseline, Effects
from latsar_sync.store.tables import baselines
from latsar_sync.store.tables.columns import OF_PROGRAMME

SEEN_LAST = select(baselines.c.content).where(baselines.c.programme == OF_PROGRAMME)


def load_baseline(connection: Connection, programme: str) -> Baseline | None:
    """Return what the last complete, unguarded run over everybody saw, None before the first."""
    row = connection.execute(SEEN_LAST, {"of_programme": programme}).first()
    if row is None:
        return None
    content = row.content
    return Baseline(
        people=content["people"],
        evaluation=_evaluation(content["evaluation"]),
        required=tuple(Activity(*activity) for activity in content["required"]),
        target_people=content["target_people"],
        unseen=frozenset(content.get("unseen", ())),
        target_methods={course: tuple(methods) for course, methods in content.get("target_methods", {}).items()},
        released=frozenset(content.get("released", ())),
        source_groups=content.get("source_groups", {}),
        placement=content.get("placement", ""),
        effects=Effects(*content["effects"]) if content.get("effects") else None,
        open_to=_open_to(content.get("open_to")),
        criteria=tuple(content["criteria"]) if content.get("criteria") else None,
        found_by=content.get("found_by", {}),
    )


def save_baseline(connection: Connection, programme: str, baseline: Baseline, run_id: int, now: datetime) -> None:
    """Make ``baseline`` the one that guards compare with from now on."""
    evaluation = None
    if baseline.evaluation is not None:
        evaluation = {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in asdict(baseline.evaluation).items()
        }
    values = {
        "run_id": run_id,
        "recorded_at": now,
        "content": {
            "people": baseline.people,
            "evaluation": evaluation,
            "required": [[each.cmid, each.name, each.modname] for each in baseline.required],
            "target_people": dict(baseline.target_people),
            "unseen": sorted(baseline.unseen),
            "target_methods": {course: list(methods) for course, methods in baseline.target_methods.items()},
            "released": sorted(baseline.released),
            "source_groups": dict(baseline.source_groups),
            "placement": baseline.placement,
            "effects": baseline.effects,
            "criteria": baseline.criteria,
            "found_by": dict(baseline.found_by),
            "open_to": None if baseline.open_to is None else {str(cmid): to for cmid, to in baseline.open_to.items()},
        },
    }
    statement = update(baselines).where(baselines.c.programme == programme).values(**values)
    if connection.execute(statement).rowcount == 0:
        connection.execute(insert(baselines).values(programme=programme, **values))


def _open_to(content: Mapping[str, Any] | None) -> dict[int, OpenTo] | None:
    return None if content is None else {int(cmid): OpenTo(*to) for cmid, to in content.items()}


def _evaluation(content: Mapping[str, Any] | None) -> Evaluation | None:
    if content is None:
        return None
    numbers = {
        name: None if content.get(name) is None else Decimal(content[name])
        for name in ("grade_min", "grade_max", "grade_to_pass", "marks")
    }
    return Evaluation(content["cmid"], content["instance"], content["modname"], content["name"], **numbers)
