"""The demo programme: always the same people, every case findable, believable figures."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import partial

from campus_client import fetch

from latsar_sync.demo import CASES, Campus, seed_large, seed_single_site
from latsar_sync.demo.cases import CASE_TABLE, people
from latsar_sync.demo.seed_large import seed_national


def test_two_campuses_hold_the_same_programme() -> None:
    one, other = Campus(now=1_796_000_000), Campus(now=1_796_000_000)
    assert one.mooc.snapshot() == other.mooc.snapshot()
    assert one.kelas.snapshot() == other.kelas.snapshot()
    assert one.mooc.users == other.mooc.users


def test_nips_have_the_official_layout() -> None:
    for person in people():
        match = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d{4})(0[1-9]|1[0-2])([12])(\d{3})", person.identity.nip)
        assert match
        assert match[7] != "000"
        birth = date(int(match[1]), int(match[2]), int(match[3]))
        assert 18 <= int(match[4]) - birth.year <= 35
    assert len({person.identity.nip for person in people()}) == len(people())


def test_every_case_is_findable_on_the_source() -> None:
    campus = Campus()
    for name, keys in CASES.items():
        assert keys, name
        for key in keys:
            if name == "foreign_student":
                assert not campus.mooc.user_ids(str(key))
            elif isinstance(key, int):
                assert campus.mooc.users[key]
            else:
                assert campus.mooc.user_id(key), name


def test_ids_differ_between_the_sites() -> None:
    campus = Campus()
    both = [str(key) for key in CASES["passed"]]
    assert all(campus.mooc.user_id(nip) != campus.kelas.user_id(nip) for nip in both)
    assert not {c for c in campus.mooc.courses if c > 1} & {c for c in campus.kelas.courses if c > 1}


def test_more_people_qualify_in_the_third_angkatan_than_find_a_seat() -> None:
    qualified = Counter(person.groups for person in people() if person.case.qualified)
    assert qualified[("Angkatan III",)] == 30
    everybody = sum(qualified.values())
    assert 0.55 <= everybody / len(people()) <= 0.65
    assert len(CASE_TABLE) + 2 == len(CASES)


def test_targets_of_the_special_cases_are_as_named() -> None:
    site = Campus().kelas
    found = {name: len(site.user_ids(str(CASES[name][0]))) for name in ("no_target_account", "two_target_accounts")}
    assert found == {"no_target_account": 0, "two_target_accounts": 2}
    assert site.users[site.user_id(str(CASES["target_suspended"][0]))].suspended
    assert [group.name for group in site.course("KLS-I").groups.values()] == ["Angkatan I"]
    assert not site.course("KLS-II").groups
    assert len(site.group("KLS-I", "Angkatan I").members) == 3


def test_source_results_of_the_score_cases_are_as_named() -> None:
    site = Campus().mooc
    quiz = site.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    shown = {
        name: str(quiz.grades[site.user_id(str(CASES[name][0]))].final)
        for name in ("score_69_99", "score_69_99999", "score_69_996", "score_exactly_70", "score_zero", "override_down")
    }
    assert shown == {
        "score_69_99": "69.99000",
        "score_69_99999": "69.99999",
        "score_69_996": "69.99600",
        "score_exactly_70": "70.00000",
        "score_zero": "0.00000",
        "override_down": "60",
    }


def test_one_site_can_hold_both_the_mooc_and_the_courses() -> None:
    campus = Campus(seed=seed_single_site)
    assert {"MOOC-LATSAR", "KLS-I", "KLS-II", "KLS-III"} <= campus.mooc.snapshot().keys()
    assert campus.kelas.users == {}


def test_large_programme_has_the_size_asked_for() -> None:
    campus = Campus(seed=partial(seed_large, participants=300, groups=6))
    assert len(campus.mooc.course("MOOC-LATSAR").enrolments) == 300
    assert len({user.idnumber for user in campus.kelas.users.values()}) == 301
    assert len(campus.kelas.courses) == 7


def test_a_national_course_holds_strangers_in_groups_of_their_own() -> None:
    course = Campus(seed=partial(seed_national, people=200, ours=40, groups=4)).mooc.course("MOOC-LATSAR")
    sizes = {group.name: len(group.members) for group in course.groups.values()}
    assert len(course.enrolments) == 200
    assert [sizes[f"Angkatan {number}"] for number in range(1, 5)] == [10] * 4
    assert sum(members for name, members in sizes.items() if name.startswith("Kelompok")) == 160


def test_pages_name_the_people_and_escape_them(campus: Campus) -> None:
    kls = campus.kelas.course("KLS-I").id
    user = campus.kelas.users[campus.kelas.user_id(str(CASES["already_in_group"][0]))]
    user.firstname = "<script>alert(1)</script> & Co"
    _, page = fetch(f"{campus.kelas.url}/user/index.php?id={kls}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in page
    assert "<script" not in page
    assert "Angkatan I" in page
    _, front = fetch(campus.url)
    assert f'href="/kelas/user/index.php?id={kls}"' in front
    assert campus.kelas.token not in front
    assert not re.findall(r"""(?:src|href)=["']https?://(?!127\.0\.0\.1)""", front)


def test_unknown_address_is_a_404_page(campus: Campus) -> None:
    status, page = fetch(f"{campus.url}/tidak/ada")
    assert status == 404
    assert page.startswith("<!DOCTYPE html>")
