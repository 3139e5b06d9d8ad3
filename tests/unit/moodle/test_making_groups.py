"""Which answer proves that groups were made, and which of them is whose."""

import json

import pytest

from latsar_sync.domain.errors import WriteUnknown
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.moodle import in_class_writes

ONE, OTHER = (
    (CourseAsRead("kelas", number, f"KLS-{name}", {}), Angkatan(name, f"Angkatan {name}", f"latsar:uji:{name}"))
    for number, name in ((41, "I"), (42, "II"))
)


def made(number, name):
    return {"id": number, "courseid": 41, "name": f"Angkatan {name}", "idnumber": f"latsar:uji:{name}"}


def test_the_groups_of_an_answer_are_those_that_were_asked_for_in_their_order(client, answer_with):
    answer_with(json.dumps([made(7, "I"), made(8, "II")]))

    assert in_class_writes.make_groups(client, [ONE, OTHER]) == [7, 8]


@pytest.mark.parametrize(
    "answer", [[], [made(7, "I")], [made(7, "I"), made(8, "II"), made(9, "III")], [made(8, "II"), made(7, "I")]]
)
def test_an_answer_about_other_groups_proves_nothing_and_puts_nobody_into_them(client, answer_with, answer):
    answer_with(json.dumps(answer))

    with pytest.raises(WriteUnknown) as caught:
        in_class_writes.make_groups(client, [ONE, OTHER])

    assert "not about these groups" in str(caught.value)
