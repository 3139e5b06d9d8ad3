"""What is asked ahead about each of many people: in few requests, in an order that spares the site, nobody lost."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest
import responses

from latsar_sync.domain.errors import RecordRejected
from latsar_sync.domain.participant import Person
from latsar_sync.moodle.accounts_by_nip import read_accounts_by_id
from latsar_sync.moodle.asking_ahead import AboutOne
from latsar_sync.moodle.calls_ahead import calls_about
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.grade_reports import of_one, read_grades, reports_that_serve
from latsar_sync.moodle.mooc_values import SourceCourse
from latsar_sync.moodle.payloads import ACTIVITY_STATUSES, SiteInfo

COURSE, GROUP = 5, 9
COMPLETION = Function.ACTIVITIES_COMPLETION_STATUS
HELD = (Function.CALL_EXTERNAL_FUNCTIONS, Function.GRADE_ITEMS, COMPLETION)
WANTED = SourceCourse("MOOC", "idnumber", ("student",), item="EVAL")

Answer = Callable[[str, Mapping[str, int]], Any]


class Asked(list[list[tuple[str, int, int]]]):
    """Each request as the calls in it: function, user and group."""


@pytest.fixture
def known(client: MoodleClient) -> MoodleClient:
    functions = [{"name": each} for each in HELD]
    told = {"sitename": "M", "siteurl": "https://m", "userid": 2, "username": "svc", "functions": functions}
    client.remember(SiteInfo.model_validate(told))
    return client


@pytest.fixture
def asked(known: MoodleClient, site: responses.RequestsMock) -> Asked:
    """Let the site answer batches as Moodle does, up to the first call that fails: whoever is 13 is refused."""
    found = Asked()

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        form = dict(parse_qsl(request.body))
        count = sum(key.endswith("[function]") for key in form)
        calls = [
            (form[f"requests[{i}][function]"], json.loads(form[f"requests[{i}][arguments]"])) for i in range(count)
        ]
        found.append([(function, each["userid"], each.get("groupid", 0)) for function, each in calls])
        told: list[dict[str, Any]] = []
        for function, each in calls:
            if each["userid"] == 13:
                told.append({"error": True, "exception": json.dumps({"errorcode": "usernotconfirmed", "message": "m"})})
                break
            told.append({"error": False, "data": json.dumps(_answer(function, each))})
        return 200, {}, json.dumps({"responses": told})

    site.add_callback(responses.POST, f"{known.url}/webservice/rest/server.php", answer)
    return found


def _answer(function: str, each: Mapping[str, int]) -> Any:
    if function == COMPLETION:
        return {"statuses": []}
    users = [11, 12, 13] if each["userid"] == 0 else [each["userid"]]
    return {"usergrades": [{"userid": user, "gradeitems": []} for user in users]}


def about(
    *user_ids: int, members: Mapping[int, Collection[int]] | None = None, late: tuple[int, ...] = ()
) -> list[AboutOne]:
    return calls_about(WANTED, COURSE, user_ids, members, late)


def test_grades_of_some_people_and_then_their_completion_go_out_in_one_request(
    known: MoodleClient, asked: Asked
) -> None:
    known.ask_ahead([], about=about(11, 12))

    assert asked == [
        [(Function.GRADE_ITEMS, 11, 0), (Function.GRADE_ITEMS, 12, 0), (COMPLETION, 11, 0), (COMPLETION, 12, 0)]
    ]
    assert known.read_each(COMPLETION, ACTIVITY_STATUSES, [of_one(COURSE, 12)])
    assert len(asked) == 1


def test_whoever_is_refused_is_told_so_without_another_request_and_costs_nobody_else_an_answer(
    known: MoodleClient, asked: Asked
) -> None:
    known.ask_ahead([], about=about(11, 13, 12))
    sent = len(asked)
    answers = known.read_each(COMPLETION, ACTIVITY_STATUSES, [of_one(COURSE, each) for each in (11, 13, 12)])

    assert [isinstance(each, RecordRejected) for each in answers] == [False, True, False]
    assert len(asked) == sent


def test_whoever_was_refused_before_is_asked_last_of_all(known: MoodleClient, asked: Asked) -> None:
    known.ask_ahead([], about=about(13, 11, 12, late=(13,)))

    assert [len(each) for each in asked] == [6]  # to an account that is not confirmed nothing else is answered either


def test_a_report_of_a_group_serves_for_all_but_whoever_is_refused_alone(known: MoodleClient, asked: Asked) -> None:
    people = [Person(user_id=each, name="", raw_key=None) for each in (11, 12, 13)]
    members = {GROUP: frozenset({11, 12, 13, *range(20, 24)})}
    known.ask_ahead([], about=about(11, 12, 13, *range(20, 24), members=members))
    first = asked[0]
    asked.clear()

    reports = read_grades(known, COURSE, people, members, None)

    assert [each for each in first if each[0] == Function.GRADE_ITEMS] == [(Function.GRADE_ITEMS, 0, GROUP)]
    assert reports.keys() >= {11, 12}
    assert asked == []


def test_reports_are_read_of_groups_nearly_all_of_whom_are_asked() -> None:
    groups = {1: range(10), 2: range(10, 40), 3: range(100, 103), 4: range(200, 600)}

    assert set(reports_that_serve(range(600), groups).values()) == {1, 2}
    assert set(reports_that_serve(range(12), groups).values()) == {1}


def test_requests_of_as_many_people_hold_as_many_reports_where_somebody_is_asked_last() -> None:
    members = {group: range(100 * group, 100 * group + 40) for group in (1, 2, 3, 4)}
    asked = about(*(user_id for users in members.values() for user_id in users), members=members, late=(107,))

    halves = [
        [call for each in some for call in each.calls if call.function == Function.GRADE_ITEMS]
        for some in (asked[:80], asked[80:])
    ]

    assert [[call.arguments["groupid"] for call in some] for some in halves] == [[1, 2], [3, 4]]


def test_of_very_many_people_nothing_is_asked_ahead() -> None:
    assert about(*range(1, 3001))
    assert not about(*range(1, 3002))


def test_an_account_of_which_moodle_still_tells_that_was_deleted_is_none(
    client: MoodleClient, answer_with: Callable[..., None], recording: Callable[[str], Any]
) -> None:
    answer_with(recording("core_user_get_users_by_field.deleted-account-by-id"))

    assert read_accounts_by_id(client, [22033], set()) == {}
