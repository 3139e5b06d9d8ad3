"""What a service account sees of people, courses, completion and grades, and what is kept from it."""

from __future__ import annotations

from decimal import Decimal

from campus_client import Asking

from latsar_sync.demo import CASES, VERSIONS, Campus

ROSTER = "core_enrol_get_enrolled_users"
COMPLETION = "core_completion_get_activities_completion_status"
GRADES = "gradereport_user_get_grade_items"


def option(position: int, name: str, value: object) -> dict[str, object]:
    return {f"options[{position}][name]": name, f"options[{position}][value]": value}


def page_of(mooc: Asking, start: int, size: int) -> list[dict[str, object]]:
    fields = {"courseid": 2, **option(0, "limitfrom", start), **option(1, "limitnumber", size)}
    fields |= option(2, "userfields", "id,idnumber")
    answer = mooc.with_fields(ROSTER, fields)
    assert isinstance(answer, list)
    return answer


def test_short_page_is_not_the_last_page(mooc: Asking) -> None:
    mooc.site.users[4].invisible = True
    assert len(page_of(mooc, 0, 10)) == 9
    assert len(page_of(mooc, 10, 10)) == 10
    assert page_of(mooc, 5000, 10) == []


def test_person_in_no_group_has_no_groups_key(mooc: Asking) -> None:
    people = {person["idnumber"]: person for person in mooc(ROSTER, courseid=2) if "idnumber" in person}
    assert "groups" not in people[CASES["no_angkatan"][0]]
    assert len(people[CASES["two_angkatan"][0]]["groups"]) == 2


def test_suspended_enrolments_are_listed_unmarked_and_told_apart_by_filters(mooc: Asking) -> None:
    suspended = CASES["mooc_suspended"]
    assert suspended[0] in [person.get("idnumber") for person in mooc(ROSTER, courseid=2)]
    only = mooc.with_fields(ROSTER, {"courseid": 2, **option(0, "onlysuspended", 1)})
    assert [person["idnumber"] for person in only] == suspended
    active = mooc.with_fields(ROSTER, {"courseid": 2, **option(0, "onlyactive", 1)})
    assert suspended[0] not in [person.get("idnumber") for person in active]


def test_without_all_groups_a_separate_groups_course_looks_empty(mooc: Asking) -> None:
    mooc.site.accounts[mooc.site.token].capabilities.remove("moodle/site:accessallgroups")
    assert mooc(ROSTER, courseid=2) == []
    assert mooc(COMPLETION, courseid=2, userid=3)["errorcode"] == "accessdenied"
    assert mooc(GRADES, courseid=2)["errorcode"] == "notingroup"


def test_without_quiz_view_activities_and_items_vanish_in_silence(mooc: Asking) -> None:
    before = len(mooc(COMPLETION, courseid=2, userid=3)["statuses"])
    mooc.site.accounts[mooc.site.token].capabilities.remove("mod/quiz:view")
    assert len(mooc(COMPLETION, courseid=2, userid=3)["statuses"]) == before - 4
    items = mooc(GRADES, courseid=2, userid=3)["usergrades"][0]["gradeitems"]
    assert [item["itemtype"] for item in items] == ["course"]


def test_searched_field_that_may_not_be_shown_finds_nobody(kelas: Asking) -> None:
    nip = CASES["passed"][0]
    fields: dict[str, object] = {"field": "idnumber", "values[0]": nip}
    assert len(kelas.with_fields("core_user_get_users_by_field", fields)) == 1
    kelas.site.accounts[kelas.site.token].capabilities.remove("moodle/user:viewalldetails")
    assert kelas.with_fields("core_user_get_users_by_field", fields) == []


def test_account_with_the_least_rights_gets_no_email_and_before_4_5_no_first_name(kelas: Asking) -> None:
    kelas.site.moodle = VERSIONS["4.3"]
    fields: dict[str, object] = {"field": "idnumber", "values[0]": CASES["target_suspended"][0]}
    [person] = kelas.with_fields("core_user_get_users_by_field", fields)
    assert person["suspended"] is True
    assert not {"firstname", "lastname", "email"} & person.keys()


def test_bulk_grades_leave_out_teachers_and_inactive_people_and_follow_last_names(mooc: Asking) -> None:
    people = mooc(GRADES, courseid=2)["usergrades"]
    ids = [person["userid"] for person in people]
    assert not {*CASES["mooc_teacher"], mooc.site.user_id(str(CASES["mooc_suspended"][0]))} & set(ids)
    names = [(mooc.site.users[user_id].lastname, mooc.site.users[user_id].firstname) for user_id in ids]
    assert names == sorted(names)
    assert ids != sorted(ids)


def test_unenrolled_person_has_null_grades_and_keeps_completion(mooc: Asking) -> None:
    user_id = mooc.site.user_id(str(CASES["mooc_unenrolled"][0]))
    items = mooc(GRADES, courseid=2, userid=user_id)["usergrades"][0]["gradeitems"]
    assert {item["graderaw"] for item in items} == {None}
    states = {status["cmid"]: status["state"] for status in mooc(COMPLETION, courseid=2, userid=user_id)["statuses"]}
    assert states[1] == 1
    assert states[13] == 0


def test_override_shows_in_the_gradebook_and_not_in_the_quiz(mooc: Asking) -> None:
    user_id = mooc.site.user_id(str(CASES["override_up"][0]))
    items = mooc(GRADES, courseid=2, userid=user_id)["usergrades"][0]["gradeitems"]
    item = next(item for item in items if item["idnumber"] == "EVAL-AKADEMIK")
    assert (item["graderaw"], item["gradeisoverridden"]) == (85, True)
    assert mooc("mod_quiz_get_user_best_grade", quizid=4, userid=user_id)["grade"] == 55


def test_hidden_grade_item_needs_its_own_right(mooc: Asking) -> None:
    quiz = mooc.site.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    quiz.item_hidden = True
    user_id = mooc.site.user_id(str(CASES["score_exactly_70"][0]))
    assert len(mooc(GRADES, courseid=2, userid=user_id)["usergrades"][0]["gradeitems"]) == 5
    mooc.site.accounts[mooc.site.token].capabilities.remove("moodle/grade:viewhidden")
    items = mooc(GRADES, courseid=2, userid=user_id)["usergrades"][0]["gradeitems"]
    assert [item["idnumber"] for item in items] == ["LATIHAN-1", "LATIHAN-2", "LATIHAN-3", None]
    assert items[-1]["graderaw"] is None


def test_course_without_manual_enrolment_does_not_list_it(kelas: Asking) -> None:
    kelas.site.set_manual_enrolment("KLS-II", enabled=False)
    fields: dict[str, object] = {"field": "shortname", "value": "KLS-II"}
    [course] = kelas.with_fields("core_course_get_courses_by_field", fields)["courses"]
    assert course["enrollmentmethods"] == []


def test_changing_a_grade_changes_completion_as_moodle_does(campus: Campus) -> None:
    site = campus.mooc
    user_id, cmid = site.user_id(str(CASES["nothing_done"][0])), site.module_named("EVAL-AKADEMIK").cmid
    seen = []
    for value in (Decimal("69.99999"), Decimal(70), None):
        site.set_grade(user_id, cmid, value)
        seen.append(site.module(cmid).state_of(user_id))
    assert seen == [3, 2, 0]
