"""The functions that change the target site: all or nothing, and what they overwrite."""

from __future__ import annotations

from typing import Any

from campus_client import Asking

from latsar_sync.demo import CASES, VERSIONS, Campus


def enrolments(site_course: int, *user_ids: int) -> dict[str, object]:
    fields: dict[str, object] = {}
    for position, user_id in enumerate(user_ids):
        row = {"roleid": 5, "userid": user_id, "courseid": site_course}
        fields |= {f"enrolments[{position}][{name}]": value for name, value in row.items()}
    return fields


def nip(case: str) -> str:
    return str(CASES[case][0])


def test_one_bad_row_undoes_the_whole_batch(kelas: Asking) -> None:
    before = kelas.site.snapshot()
    good, course = kelas.site.user_id(nip("passed")), kelas.site.course("KLS-I").id
    answer = kelas.with_fields("enrol_manual_enrol_users", enrolments(course, good, 99999999))
    assert answer["errorcode"] == "invalidrecordunknown"
    assert kelas.site.snapshot() == before


def test_enrolling_again_reactivates_and_clears_dates(kelas: Asking) -> None:
    for case, course in (("already_suspended", "KLS-I"), ("already_own_dates", "KLS-II")):
        user_id = kelas.site.user_id(nip(case))
        fields = enrolments(kelas.site.course(course).id, user_id)
        assert kelas.with_fields("enrol_manual_enrol_users", fields) is None
        [row] = kelas.site.course(course).enrolments[user_id]
        assert (row.suspended, row.timestart, row.timeend) == (False, 0, 0)


def test_group_names_and_numbers_are_unique_in_a_course(kelas: Asking) -> None:
    course = kelas.site.course("KLS-I").id

    def create(name: str, number: str = "") -> Any:
        row = {"courseid": course, "name": name, "description": "", "idnumber": number}
        return kelas.with_fields("core_group_create_groups", {f"groups[0][{key}]": v for key, v in row.items()})

    assert create("Angkatan I")["errorcode"] == "invalidparameter"
    assert create("Angkatan Ib", "latsar:x:I")[0]["idnumber"] == "latsar:x:I"
    assert create("Angkatan Ic", "latsar:x:I")["errorcode"] == "idnumbertaken"


def test_members_must_be_enrolled_and_may_be_added_twice(kelas: Asking) -> None:
    group = kelas.site.group("KLS-I", "Angkatan I")
    inside, outside = kelas.site.user_id(nip("already_in_group")), kelas.site.user_id(nip("passed"))

    def add(*user_ids: int) -> Any:
        fields: dict[str, object] = {}
        for position, user_id in enumerate(user_ids):
            fields |= {f"members[{position}][groupid]": group.id, f"members[{position}][userid]": user_id}
        return kelas.with_fields("core_group_add_group_members", fields)

    assert add(inside) is None
    assert add(kelas.site.user_id(nip("already_suspended")), outside)["errorcode"] == "invalidparameter"
    assert len(group.members) == 3


def test_hooks_stand_around_each_write(campus: Campus, kelas: Asking) -> None:
    seen: list[tuple[str, int]] = []
    course = campus.kelas.course("KLS-III")
    campus.before_write = lambda name, params: seen.append((name, len(course.enrolments)))
    campus.after_write = lambda name, params: seen.append((name, len(course.enrolments)))
    kelas.with_fields("enrol_manual_enrol_users", enrolments(course.id, campus.kelas.user_id(nip("passed"))))
    kelas("core_enrol_get_enrolled_users", courseid=course.id)
    assert seen == [("enrol_manual_enrol_users", 2), ("enrol_manual_enrol_users", 3)]


def test_course_without_manual_enrolment_refuses(kelas: Asking) -> None:
    kelas.site.set_manual_enrolment("KLS-II", enabled=False)
    fields = enrolments(kelas.site.course("KLS-II").id, kelas.site.user_id(nip("passed")))
    assert kelas.with_fields("enrol_manual_enrol_users", fields)["errorcode"] == "wsnoinstance"


def test_role_that_may_not_be_assigned_is_refused(kelas: Asking) -> None:
    kelas.site.accounts[kelas.site.token].assignable_roles.clear()
    fields = enrolments(kelas.site.course("KLS-II").id, kelas.site.user_id(nip("passed")))
    assert kelas.with_fields("enrol_manual_enrol_users", fields)["errorcode"] == "wsusercannotassign"


def test_an_unconfirmed_account_is_told_by_its_field_and_refused_since_the_person_is_looked_up_first(
    kelas: Asking,
) -> None:
    """Moodle 4.0 and 4.3 enrol it, 4.5 refuses the batch (recordings enrol_manual_enrol_users.*unconfirmed-account)."""
    number = nip("passed")
    user_id = kelas.site.user_id(number)
    kelas.site.confirm_user(user_id, confirmed=False)
    fields = enrolments(kelas.site.course("KLS-II").id, user_id)
    looked_up = {"field": "idnumber", "values[0]": number}

    [account] = kelas.with_fields("core_user_get_users_by_field", looked_up)
    refused = kelas.with_fields("enrol_manual_enrol_users", fields)
    kelas.site.moodle = VERSIONS["4.3"]

    assert account["confirmed"] is False
    assert refused["errorcode"] == "usernotconfirmed"
    assert kelas.with_fields("enrol_manual_enrol_users", fields) is None


def test_the_members_of_a_deleted_group_stay_in_the_course(kelas: Asking) -> None:
    user_id = kelas.site.user_id(nip("already_in_group"))
    kelas.site.delete_group("KLS-I", "Angkatan I")

    assert not kelas.site.course("KLS-I").groups_of(user_id)
    assert user_id in kelas.site.course("KLS-I").enrolments
