"""Another MOOC behind the same address, another id of the same programme (rule 22): what is a finding."""

from collections.abc import Iterable, Mapping

import pytest
from builders import nip, person

from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Finding
from latsar_sync.rules.source_guards import accounts_of_others, renamed_findings


def people(numbers: Iterable[int], shift: int = 0) -> dict[int, Person]:
    return {number: person(number)._replace(raw_key=nip(number + shift)) for number in numbers}


def known_as(found: Mapping[int, Person]) -> dict[int, Participant]:
    return {number: Participant(f"p{number}", each, each.raw_key) for number, each in found.items()}


@pytest.mark.parametrize(
    ("same", "other", "found"),
    [
        (0, 2, []),
        (0, 3, ["3"]),
        (3, 3, []),
        (2, 3, ["3"]),
        (200, 10, []),
        (200, 11, ["11"]),
        (20, 5, []),
        (20, 6, ["6"]),
    ],
)
def test_accounts_that_stand_for_other_people_are_another_site(same: int, other: int, found: list[str]) -> None:
    before = people(range(same + other))
    now = people(range(same)) | people(range(same, same + other), shift=500)

    seen = accounts_of_others("MOOC", known_as(before).get, now.values(), lambda key: key, 5, 0.05)

    assert [each.now for each in seen] == found
    if found:
        assert seen[0].subject == "MOOC"
        assert (seen[0].code, seen[0].before, len(seen[0].people)) == ("source_replaced", str(same + other), other)


def test_a_nip_that_cannot_be_read_or_was_never_known_tells_nothing_of_the_site() -> None:
    before = people(range(5))
    now = {number: each._replace(raw_key="-" if number < 4 else None) for number, each in before.items()} | people([9])

    assert accounts_of_others("MOOC", known_as(before).get, now.values(), lambda key: None, 0, 0.0) == []


def test_who_is_new_or_without_a_nip_is_not_compared_and_hides_nobody_who_is() -> None:
    before = people(range(4))
    without = before[3]._replace(raw_key="")
    now = [person(900), before[0]._replace(raw_key=""), *people(range(1, 4), shift=500).values()]

    [found] = accounts_of_others("MOOC", known_as({**before, 3: without}).get, now, lambda key: key, 0, 0.0)

    assert (found.before, found.now, found.people) == ("2", "2", ("p1", "p2"))


@pytest.mark.parametrize(("then", "now"), [(nip(1), "unreadable"), ("unreadable", nip(2))])
def test_a_nip_that_one_side_cannot_read_is_nobody_elses(then: str, now: str) -> None:
    before = {1: person(1)._replace(raw_key=then)}
    seen = [person(1)._replace(raw_key=now)]

    assert (
        accounts_of_others("MOOC", known_as(before).get, seen, lambda key: None if key == "unreadable" else key, 0, 0.0)
        == []
    )


def test_the_people_of_a_programme_that_is_not_configured_under_a_new_id_are_a_finding() -> None:
    seen = people(range(10)).values()

    [found] = renamed_findings("new", seen, {"old": frozenset(range(6)), "other": frozenset(range(5))})

    assert found == Finding("programme_renamed", "new", "old", "6")
    assert "was it renamed" in finding_text(found, "en")
