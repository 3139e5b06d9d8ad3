"""A database is made by what begins something, never by what looks; where it lies does not hang on the folder."""

import pytest
from office import Office
from service import PROGRAMME

LOOKING = [
    ["roster"],
    ["participants"],
    ["explain", "199001012020121001"],
    ["threshold", "show"],
    ["runs"],
    ["status"],
    ["plan"],
    ["doctor"],
    ["db", "check"],
    ["db", "backup", "copy"],
    ["user", "list"],
    ["override", "list"],
    ["access-log"],
    ["threshold", "set", "70", "--programme", PROGRAMME, "--legal-basis", "SK", "--by", "Rina"],
    ["override", "hold", "199001012020121001", "--reason", "uji", "--by", "Rina"],
]


def test_what_looks_or_records_makes_no_database_and_says_where_it_was_looked_for(office: Office) -> None:
    place = office.folder / "data" / "latsar.db"

    for command, ended in zip(LOOKING, office.run_all(LOOKING), strict=True):
        said = " ".join((ended.out + ended.err).split())
        assert ended.code == (0 if command[0] in ("plan", "doctor") else 2), command
        assert "There is no database of latsar-sync at sqlite:///" in said, command
        assert str(place) in said or command == ["doctor"], command
        assert not place.parent.exists(), command


@pytest.mark.parametrize("command", [["db", "upgrade"], ["sync", "--dry-run"]])
def test_what_begins_something_makes_one_in_the_place_that_the_configuration_names(
    office: Office, command: list[str]
) -> None:
    assert office.run(*command).code == 0

    assert (office.folder / "data" / "latsar.db").is_file()
