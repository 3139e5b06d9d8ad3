"""When what an in-class course shows of its people is so ill read that nobody is sent into it (rule 20)."""

import json

import pytest

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.in_class import CourseAsRead
from latsar_sync.moodle.in_class_course import read_people

COURSE = CourseAsRead("kelas", 41, "KLS-I", {}, nip_by_account={"idnumber": {}})


def listed(unreadable, people=10):
    """Answer a list of people, of so many of whom the roles cannot be read."""
    roles = [{"roleid": 5, "name": "", "shortname": "student", "sortorder": 0}]
    rows = [
        {"id": number, "fullname": "x", "groups": [], "roles": None if number <= unreadable else roles}
        for number in range(1, people + 1)
    ]
    return json.dumps(rows)


@pytest.mark.parametrize(("unreadable", "people"), [(5, 10), (1, 1), (8, 40)])
def test_a_few_whose_rows_cannot_be_read_are_set_aside(client, answer_with, recording, unreadable, people):
    answer_with(recording("core_webservice_get_site_info.success-low"))
    answer_with(listed(unreadable, people))

    course = read_people(client, COURSE)

    assert course.unread == {*range(1, unreadable + 1)}


@pytest.mark.parametrize(("unreadable", "people"), [(6, 10), (2, 2), (9, 40)])
def test_where_most_rows_cannot_be_read_the_course_is_not(client, answer_with, recording, unreadable, people):
    answer_with(recording("core_webservice_get_site_info.success-low"))
    answer_with(listed(unreadable, people))

    with pytest.raises(SiteRefuses) as caught:
        read_people(client, COURSE)

    assert "(KLS-I): the answer has an unexpected shape: roles" in str(caught.value)
