"""The roles that are shipped for Moodle give what doctor looks for, the guide lists and the campus's accounts have."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from latsar_sync.demo import rights as of_the_campus
from latsar_sync.moodle.rights import Right
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.doctor.functions import needs_of
from latsar_sync.setup.rights import IN_CLASS, MOOC, AccountNeeds
from latsar_sync.setup.role_presets import preset_files

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "moodle-setup.md").read_text(encoding="utf-8")
RIGHT = re.compile(r"\b(?:moodle|mod|enrol|gradereport|report|webservice)/[a-z]+:[a-z]+\b|\bwebservice/rest:use\b")
BESIDE = {
    "moodle/site:sendmessage",
    "moodle/site:messageanyuser",
    "moodle/notes:manage",
    "moodle/notes:view",
    "moodle/calendar:manageentries",
}
"""What messages to people and marks inside Moodle need besides."""
SIDES = pytest.mark.parametrize(("needs", "name"), [(MOOC, "mooc"), (IN_CLASS, "kelas")])


def role(name: str) -> ElementTree.Element:
    return ElementTree.fromstring(preset_files()[f"{name}.xml"])  # noqa: S314 - our own


def test_the_shipped_files_are_those_that_the_lists_make() -> None:
    shipped = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "config" / "moodle").iterdir()}

    assert shipped == dict(preset_files()), "run scripts/role-presets"


@SIDES
def test_a_preset_allows_exactly_what_is_needed_and_where(needs: AccountNeeds, name: str) -> None:
    for each, rights, levels in (
        (role(f"latsar-site-{name}"), needs.system, ["system"]),
        (role(f"latsar-{name}"), needs.course, ["coursecat", "course"]),
    ):
        assert sorted(allow.text or "" for allow in each.iter("allow")) == sorted(rights)
        assert [level.text for level in each.iter("level")] == levels
    assert [found.text for found in role(f"latsar-{name}").findall("allowassign/shortname")] == list(needs.assigns)


@SIDES
def test_the_functions_that_are_chosen_at_once_are_those_of_the_service(needs: AccountNeeds, name: str) -> None:
    text = preset_files()[f"functions-{name}.js"]

    assert re.findall(r'"(\w+_\w+)"', text) == [str(function) for function in needs.functions]


def test_the_accounts_of_the_campus_have_the_same_rights() -> None:
    assert {*MOOC.system, *MOOC.course} == of_the_campus.SOURCE_CAPABILITIES
    assert {*IN_CLASS.system, *IN_CLASS.course} == of_the_campus.TARGET_CAPABILITIES
    assert {str(function) for function in MOOC.functions} >= of_the_campus.SOURCE_FUNCTIONS
    assert {str(function) for function in IN_CLASS.functions} >= of_the_campus.TARGET_FUNCTIONS


@SIDES
def test_the_guide_lists_the_same_rights_and_functions(needs: AccountNeeds, name: str) -> None:
    source, _, target = GUIDE.partition("## Target: the in-class site")
    part = source if name == "mooc" else target
    listed = re.search(r"```text\n(.*?)```", part, re.DOTALL)

    assert listed is not None
    assert listed[1].split() == list(needs.course)
    assert all(f"`{function}`" in part for function in needs.functions)


def test_doctor_names_no_right_that_no_list_holds() -> None:
    known = {*MOOC.system, *MOOC.course, *IN_CLASS.system, *IN_CLASS.course, *BESIDE}
    texts = [path.read_text("utf-8") for path in (ROOT / "latsar_sync" / "setup" / "doctor").glob("*.py")]
    named = {right for text in texts for right in RIGHT.findall(text)}
    named |= {getattr(Right, name) for text in texts for name in re.findall(r"\bRight\.(\w+)", text)}

    assert len(named) > 20
    assert named - known <= {"moodle/site:viewuseridentity", "moodle/user:create"}  # said to be other ways


def test_every_function_that_a_programme_calls_stands_in_a_list() -> None:
    programme = ProgrammeSettings.model_validate(
        {
            "id": "uji",
            "title": "Uji",
            "source": {"kind": "moodle", "site": "a", "course": "MOOC"},
            "evaluation": {
                "item": "E",
                "basis": "best_attempt",
                "threshold": {"value": 70, "scale": "points", "legal_basis": "Uji"},
            },
            "angkatan": [{"id": "I", "source_group": "I", "site": "b", "course": "KLS", "role_id": 5, "capacity": 1}],
        }
    )
    mooc, in_class = needs_of("a", [programme]), needs_of("b", [programme])

    assert mooc.functions | mooc.useful <= {*MOOC.functions}
    assert in_class.functions <= {*IN_CLASS.functions}
