"""What whoever runs the service may do about a finding of a guard, by its code (rule 6)."""

from collections.abc import Mapping

from latsar_sync.domain.finding_sentences import filled, finding_sentence
from latsar_sync.domain.language import mark
from latsar_sync.domain.records import Finding

FINDING_REMEDIES: Mapping[str, str] = {
    "placement_changed": mark("placement was {before}, is {now}."),
    "effect_changed": mark("effect was {before}, is {now}."),
    "push_changed": mark("push was {before}, is {now}."),
    "roles_changed": mark("participant_roles was {before}, is {now}."),
    "target_found_otherwise": mark("target_key and role_id, by angkatan: were {before}, are {now}."),
    "terms_changed": mark("{subject} was {before}, is {now}."),
    "activities_unseen": mark(
        "Allow mod/…:view of these kinds, moodle/course:viewhiddenactivities, moodle/course:viewhiddensections and "
        "moodle/course:ignoreavailabilityrestrictions in its role there. What has only a number opens for an "
        "administrator at course/modedit.php?update=NUMBER."
    ),
    "source_group_gone": mark("Renamed? Write its new name as source_group; then nothing is to be accepted."),
    "programme_renamed": mark("Renamed? latsar-sync programme rename {before} {subject}."),
    "angkatan_unconfigured": mark(
        "Renamed? latsar-sync angkatan rename {subject} NEW. Over? latsar-sync angkatan close {subject}."
    ),
    "programme_unconfigured": mark(
        "Renamed? latsar-sync programme rename {subject} NEW. Over? latsar-sync programme close {subject}."
    ),
}
"""What whoever runs the service does about a finding, beside what its sentence tells a committee."""


def finding_remedy(finding: Finding, language: str) -> str:
    """Return what whoever runs the service may do about a finding; empty where its sentence says all."""
    return filled(FINDING_REMEDIES.get(finding.code, ""), finding, language)


def finding_text(finding: Finding, language: str) -> str:
    """Return sentence and remedy of a finding in one, for whoever runs the service."""
    return f"{finding_sentence(finding, language)} {finding_remedy(finding, language)}".strip()
