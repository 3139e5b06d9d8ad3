"""Incremental runs are spaced by what the last ones took of a site."""

from datetime import timedelta

from latsar_sync.domain import language
from latsar_sync.rules.lms_budget import LEFT, LONGEST, Spacing, slowed_text, spacing, spares

SHARES = {"mooc": 0.05, "kelas": 0.5}


def test_a_round_of_all_programmes_of_a_site_fits_into_its_share() -> None:
    rounds = {"mooc": [[{"mooc": 8.0}, {"mooc": 10.0}], [{"mooc": 1.0, "kelas": 50.0}]]}

    found = spacing(["mooc"], rounds, SHARES, {})

    assert found == Spacing("mooc", 10.0, 0.05)
    assert found.every == timedelta(seconds=200)


def test_the_site_that_needs_the_longest_pause_counts() -> None:
    rounds = {"mooc": [[{"mooc": 1.0}]], "kelas": [[{"kelas": 30.0}]]}
    found = spacing(["kelas", "mooc"], rounds, SHARES, {})
    assert found is not None
    assert (found.site, found.every) == ("kelas", timedelta(seconds=60))


def test_what_a_held_run_took_counts_where_it_is_more_and_not_at_a_site_that_is_configured_no_longer() -> None:
    rounds = {"mooc": [[{"mooc": 1.0}]]}

    found = spacing(["mooc"], rounds, SHARES, {"mooc": 9.0, "kelas": 2.0, "gone": 1000.0})

    assert found == Spacing("mooc", 9.0, 0.05)
    assert spacing(["mooc"], rounds, SHARES, {"mooc": 0.5}) == Spacing("mooc", 1.0, 0.05)


def test_what_is_not_known_spaces_nothing_and_nothing_is_spaced_beyond_an_hour() -> None:
    assert spacing(["mooc"], {}, SHARES, {}) is None
    assert spacing(["mooc"], {"mooc": [[], [{"kelas": 3.0}]]}, SHARES, {}) is None
    assert Spacing("mooc", 1000.0, 0.05).every == LONGEST


def test_it_says_how_often_and_why() -> None:
    with language.speaking("en"):
        said = slowed_text(Spacing("mooc", 9.0, 0.05))
    assert said == (
        "Incremental runs come every 3 minutes only: a round takes 9 seconds of mooc, of which "
        "max_lms_share allows 5 %."
    )


def test_a_site_is_spared_until_what_was_taken_since_all_was_asked_fits_into_its_share() -> None:
    assert spares(28.0, 0.05, timedelta(minutes=9))
    assert not spares(28.0, 0.05, timedelta(minutes=10))
    assert not spares(1000.0, 0.05, LEFT)
    assert not spares(1.0, 0.05, -timedelta(seconds=1))  # a clock went back
