"""The gate of the material: has somebody done the required set? Pure (rules 3, 4)."""

from collections.abc import Mapping, Sequence

from latsar_sync.domain.decision import Reason, Rules
from latsar_sync.domain.evidence import Evidence
from latsar_sync.rules.score_gate import GateAnswer

NAMES_SHOWN = 4


def judge_materials(evidence: Evidence, rules: Rules) -> GateAnswer:
    """Return whether somebody has done the required set, None where that was not fully read, with the reasons."""
    if not rules.gated or not rules.materials:
        return GateAnswer(met=True)
    materials = evidence.materials
    if materials is None:
        # where all comes from one file, that it is missing is said once
        said = evidence.source == "import" and evidence.imported is None and evidence.attempts is None
        return GateAnswer(None, () if said else (Reason("materials_unread"),))
    if not materials.unknown and not materials.open and not materials.failed:
        return GateAnswer(met=True)
    names = {activity.cmid: activity.name for activity in rules.required}
    if materials.unknown:
        return GateAnswer(None, (Reason("materials_unknown", {"names": _listed(materials.unknown, names)}),))
    if materials.open and not names:  # an imported file tells how many are done, not which
        values = {"done": str(materials.done), "total": str(materials.total)}
        return GateAnswer(False, (Reason("materials_open", values),))
    reasons = []
    if materials.open:
        values = {"done": str(materials.done), "total": str(materials.total), "names": _listed(materials.open, names)}
        reasons.append(Reason("materials_incomplete", values))
    if materials.failed:
        reasons.append(Reason("materials_failed", {"names": _listed(materials.failed, names)}))
    return GateAnswer(False, tuple(reasons))


def _listed(cmids: Sequence[int], names: Mapping[int, str]) -> str:
    shown = [names.get(cmid, f"cmid {cmid}") for cmid in cmids[:NAMES_SHOWN]]
    more = len(cmids) - len(shown)
    return ", ".join(shown) + (f" (+{more})" if more else "")
