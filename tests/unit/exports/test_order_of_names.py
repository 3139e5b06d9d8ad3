"""In lists by institution people stand by their names, as everywhere: titles before and after them do not count."""

from typing import Any

from latsar_sync.exports.listed_people import by_institution


def test_titles_do_not_count_in_the_order_of_a_list_by_institution() -> None:
    """Once all doctors stood behind Zulkifli, and all pharmacists before Ahmad: apt. Togar."""
    names = ("Zulkifli", "dr. Baso", "apt. Togar, S.Farm.", "Cecep, S.Kom.", "H. Ahmad", "Ir. Dewi, M.T.")
    rows: list[Any] = [{"name": name, "institution": "Kudus"} for name in names]

    [(institution, members)] = by_institution(rows).items()

    assert institution == "Kudus"
    assert [row["name"].split(",")[0].split()[-1] for row in members] == [
        *("Ahmad", "Baso", "Cecep", "Dewi", "Togar", "Zulkifli"),
    ]
