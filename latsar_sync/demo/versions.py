"""The Moodle that a campus plays: 4.0, 4.3, 4.5 or 5.1, and which keys of an answer came with which of them.

What differs was found by asking four real sites the same; tests/recordings holds what they answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, order=True)
class MoodleVersion:
    """One Moodle: ``number`` to compare, and what it says of itself."""

    number: tuple[int, int]
    release: str
    version: str

    @property
    def name(self) -> str:
        """As people say it: 4.3."""
        return f"{self.number[0]}.{self.number[1]}"

    @property
    def manual(self) -> str:
        """Its part of the address of a page of Moodle's manual: 403."""
        return f"{self.number[0]}{self.number[1]:02d}"

    def since(self, major: int, minor: int) -> bool:
        """Whether it is that version or a later one."""
        return self.number >= (major, minor)

    @property
    def names_what_is_missing(self) -> bool:
        """Whether an error tells what row is not there; 5.1.3 with debugging off tells of none."""
        return not self.since(5, 1)

    @property
    def escapes_group_names(self) -> bool:
        """Whether names of groups are formatted for a page, as those of courses and activities always are."""
        return self.since(4, 3)

    @property
    def has_hidden_groups(self) -> bool:
        """Whether a group may hide its members."""
        return self.since(4, 2)

    @property
    def looks_for_people_first(self) -> bool:
        """Whether enrolling looks for the person, who must be confirmed, before role and enrolment method."""
        return self.since(4, 5)

    @property
    def prints_short_numbers(self) -> bool:
        """Whether 69.996 is printed so, and not with 17 digits."""
        return self.since(4, 5)

    @property
    def has_true_attempt_states(self) -> bool:
        """Whether attempts may be not started or submitted, and there is a function that says so."""
        return self.since(5, 0)

    @property
    def answers_each_message(self) -> bool:
        """Whether one message that is not delivered leaves the answers of the others whole."""
        return self.since(5, 1)

    @property
    def names_recipients(self) -> bool:
        """Whether the reason why a message is not delivered holds the person's name."""
        return self.number != (4, 5)


VERSIONS: Final = {
    each.name: each
    for each in (
        MoodleVersion((4, 0), "4.0.6+ (Build: 20230203)", "2022041906.03"),
        MoodleVersion((4, 3), "4.3 (Build: 20231009)", "2023100900"),
        MoodleVersion((4, 5), "4.5.6 (Build: 20250811)", "2024100706"),
        MoodleVersion((5, 1), "5.1.3+ (Build: 20260327)", "2025100603.09"),
    )
}
NEWEST: Final = max(VERSIONS.values())

_SINCE: Final[dict[str, dict[str, tuple[int, int]]]] = {
    "site": {"policyagreed": (4, 5)},
    "course": {"courseimage": (4, 3)},
    "section": {"component": (4, 5), "itemid": (4, 5)},
    "module": {
        "groupmode": (4, 3),
        "activitybadge": (4, 3),
        "purpose": (4, 5),
        "branded": (4, 5),
        "candisplay": (5, 1),
    },
    "completion": {"isoverallcomplete": (4, 4)},
    "quiz": {
        "lang": (4, 3),
        "reviewmaxmarks": (4, 3),
        "enableaitools": (5, 1),
        "enabledaiactions": (5, 1),
    },
    "attempt": {"gradeitemmarks": (4, 4)},
    "account": {"trackforums": (4, 5)},
    "group": {"visibility": (4, 2), "participation": (4, 2)},
    "message": {"cantsendtouser": (5, 1)},
}
_FEATURES_SINCE: Final = {"enablecustomreports": (4, 3), "enableglobalsearch": (4, 3), "enablecompetencies": (4, 5)}
_FUNCTIONS_SINCE: Final = {"mod_quiz_get_user_quiz_attempts": (5, 0), "core_reportbuilder_retrieve_report": (4, 1)}
_NAMESPACED: Final = frozenset(
    {
        "coding_exception",
        "invalid_parameter_exception",
        "invalid_response_exception",
        "moodle_exception",
        "require_login_exception",
        "required_capability_exception",
    }
)


def as_of(moodle: MoodleVersion, kind: str, answer: dict[str, object]) -> dict[str, object]:
    """The part of an answer that this Moodle gives: without the keys that came later."""
    since = _SINCE[kind]
    return {key: value for key, value in answer.items() if moodle.number >= since.get(key, (0, 0))}


def has_function(moodle: MoodleVersion, name: str) -> bool:
    """Whether this Moodle has the web-service function, as far as the campus knows it at all."""
    return moodle.number >= _FUNCTIONS_SINCE.get(name, (0, 0))


def has_feature(moodle: MoodleVersion, name: str) -> bool:
    """Whether the site's advanced features list this one."""
    return moodle.number >= _FEATURES_SINCE.get(name, (0, 0))


def exception_class(moodle: MoodleVersion, name: str) -> str:
    """The PHP class of a failure as this Moodle names it."""
    return f"core\\exception\\{name}" if moodle.since(4, 5) and name in _NAMESPACED else name
