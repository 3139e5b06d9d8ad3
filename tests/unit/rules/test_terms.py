"""By which terms a run judges, and how a change of them is told (rules 6 and 22)."""

import pytest

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.records import RecordedTerms, Terms
from latsar_sync.rules.terms import next_terms, terms_difference

RECORDED = RecordedTerms(3, Terms("blended", "gradebook", "activities", "idnumber", ("skp",)))
OTHERS = Terms("blended", "best_attempt", "activities", "idnumber", ())


@pytest.mark.parametrize("of_one", [True, False])
def test_terms_that_stay_keep_their_version(of_one: bool) -> None:
    assert next_terms("latsar-3", RECORDED, RECORDED.terms, of_one) is RECORDED


def test_other_terms_get_the_next_version_in_a_run_over_everybody() -> None:
    assert next_terms("latsar-3", RECORDED, OTHERS, of_one=False) == RecordedTerms(4, OTHERS)


@pytest.mark.parametrize("of_one", [True, False])
def test_the_first_terms_have_nothing_to_be_compared_with(of_one: bool) -> None:
    assert next_terms("latsar-3", None, OTHERS, of_one) == RecordedTerms(1, OTHERS)


def test_a_run_about_one_person_does_not_judge_by_terms_that_nobody_compared() -> None:
    with pytest.raises(UsageError) as refused:
        next_terms("latsar-3", RECORDED, OTHERS, of_one=True)

    said = f"{refused.value}"
    assert "latsar-3 is configured to judge by other terms than recorded." in said
    assert "latsar-sync sync" in said


def test_a_change_of_terms_names_each_setting_with_both_values() -> None:
    assert terms_difference(RECORDED.terms, OTHERS) == ("basis, clearances", "gradebook, skp", "best_attempt, –")
    several = OTHERS._replace(clearances=("skp", "sk"))
    assert terms_difference(OTHERS, several) == ("clearances", "–", "skp+sk")
