"""By which name a site goes of which something is recorded: its address tells which site it is."""

import pytest

from latsar_sync.rules.renamed_sites import names_in_class, names_of_the_source

OLD, NEW = "lms.example.go.id", "kelas.example.go.id"


@pytest.mark.parametrize(
    ("recorded", "configured", "names"),
    [
        ({"kelas": OLD}, {"kelas": OLD}, {}),
        ({"kelas": OLD}, {"lms": OLD}, {"kelas": "lms"}),
        # two Moodles that changed their names with each other
        ({"a": OLD, "b": NEW}, {"a": NEW, "b": OLD}, {"a": "b", "b": "a"}),
        # the name is another Moodle's now, and put back
        ({"kelas": OLD}, {"kelas": NEW}, {"kelas": OLD}),
        ({"kelas": NEW, OLD: OLD}, {"kelas": OLD}, {"kelas": NEW, OLD: "kelas"}),
        # taken out of the configuration: nobody else goes by it
        ({"kelas": OLD}, {"lms": NEW}, {}),
        ({"kelas": OLD}, {}, {}),
        # one Moodle by two names, of which one was given up
        ({"a": OLD, "b": OLD}, {"b": OLD}, {"a": "b"}),
    ],
)
def test_a_site_of_courses_goes_by_the_name_of_its_address(
    recorded: dict[str, str], configured: dict[str, str], names: dict[str, str]
) -> None:
    assert names_in_class(recorded, configured) == names


def test_an_address_that_stands_for_a_name_is_cut_to_its_length() -> None:
    assert names_in_class({"kelas": "a" * 100}, {"kelas": NEW}) == {"kelas": "a" * 64}


@pytest.mark.parametrize(
    ("recorded", "configured", "names"),
    [
        ({"mooc": OLD}, {"belajar": OLD}, {"mooc": "belajar"}),
        ({"mooc": OLD}, {"mooc": NEW}, {}),  # whether it is another MOOC, a guard asks
        ({"mooc": OLD}, {"belajar": NEW}, {}),
        ({"mooc": OLD}, {}, {}),
    ],
)
def test_a_mooc_goes_by_the_name_of_its_address_and_by_its_own_at_another(
    recorded: dict[str, str], configured: dict[str, str], names: dict[str, str]
) -> None:
    assert names_of_the_source(recorded, configured) == names
