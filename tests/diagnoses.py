"""What doctor finds, by the names of its checks, for its tests."""

from collections.abc import Callable
from datetime import UTC, datetime

from service import Service

from latsar_sync.demo import VERSIONS, Campus
from latsar_sync.setup.doctor import Check, Status, examine

BEFORE_THE_PERSON = VERSIONS["4.3"]
"""A Moodle that looks at role and enrolment method before the person whom it is asked to enrol."""


def examined(service: Service, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> dict[str, list[Check]]:
    """Return the checks by name."""
    found: dict[str, list[Check]] = {}
    for check in examine(service.settings, None, clock, lambda subject: None):
        found.setdefault(check.name, []).append(check)
    return found


def statuses(found: dict[str, list[Check]], name: str) -> set[Status]:
    return {check.status for check in found.get(name, [])}


def failed(found: dict[str, list[Check]]) -> set[str]:
    return {check.name for checks in found.values() for check in checks if check.status is Status.FAIL}


def everything_said(found: dict[str, list[Check]]) -> str:
    return "\n".join(f"{check.text} {check.remedy}" for checks in found.values() for check in checks)


def without(campus: Campus, site: str, capability: str) -> None:
    chosen = campus.sites[site]
    chosen.accounts[chosen.token].capabilities.discard(capability)
