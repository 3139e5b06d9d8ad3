"""The gate of the material: which states of completion are done, and has somebody done all? Pure (rules 3, 4)."""

from collections.abc import Mapping, Sequence

from latsar_sync.domain.decision import MET, GateAnswer, Reason, Rules
from latsar_sync.domain.evidence import Activity, Evidence, Materials
from latsar_sync.domain.reason_sentences import few_of


def completion_of(states: Mapping[int, int], required: Sequence[Activity]) -> Materials:
    """Given the completion states that were read (cmid to 0..4), return how the required set stands.

    States 1 and 2 are done; 3 and 4 are done but failed; an activity without a state is unknown, since a missing
    right or a hidden activity drops it silently (rule 3; Moodle ``completion/classes/external.php``).
    """
    return Materials(
        total=len(required),
        open=tuple(each.cmid for each in required if states.get(each.cmid) == 0),
        failed=tuple(each.cmid for each in required if states.get(each.cmid) in (3, 4)),
        unknown=tuple(each.cmid for each in required if states.get(each.cmid) not in (0, 1, 2, 3, 4)),
    )


def judge_materials(evidence: Evidence, rules: Rules) -> GateAnswer:
    """Return whether somebody has done the required set, None where that was not fully read, with the reasons."""
    if not rules.gated or not rules.by_materials:
        return MET
    materials = evidence.materials
    if materials is None:
        # where all comes from one file, that it is missing is said once
        said = evidence.source == "import" and evidence.imported is None and evidence.attempts is None
        return GateAnswer(None, () if said else (Reason("materials_unread"),))
    if not materials.unknown and not materials.open and not materials.failed:
        return MET
    names = {activity.cmid: activity.name for activity in rules.required}
    if materials.unknown:
        return GateAnswer(None, (Reason("materials_unknown", {"names": _called(materials.unknown, names)}),))
    if materials.open and not names:  # an imported file tells how many are done, not which
        values = {"done": str(materials.done), "total": str(materials.total)}
        return GateAnswer(False, (Reason("materials_open", values),))
    reasons = []
    if materials.open:
        values = {"done": str(materials.done), "total": str(materials.total), "names": _called(materials.open, names)}
        reasons.append(Reason("materials_incomplete", values))
    if materials.failed:
        reasons.append(Reason("materials_failed", {"names": _called(materials.failed, names)}))
    return GateAnswer(False, tuple(reasons))


def _called(cmids: Sequence[int], names: Mapping[int, str]) -> str:
    return few_of([names.get(cmid, f"cmid {cmid}") for cmid in cmids])
