"""Asking ahead: one request for what is known to be asked, and the same answers, errors and guards as without it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
import responses

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.payloads import ALLOWED_GROUPS, COURSES, SITE_INFO, SiteInfo

AnswerWith = Callable[..., None]
FUNCTIONS = [Function.CALL_EXTERNAL_FUNCTIONS, Function.COURSES_BY_FIELD, Function.ACTIVITY_ALLOWED_GROUPS]
BY_NAME = {"field": "shortname", "value": "MOOC"}
COURSE = Call(Function.COURSES_BY_FIELD, BY_NAME)
GROUPS = Call(Function.ACTIVITY_ALLOWED_GROUPS, {"cmid": 7})


def info(*without: Function) -> dict[str, object]:
    functions = [{"name": each} for each in FUNCTIONS if each not in without]
    return {"sitename": "M", "siteurl": "https://m", "userid": 2, "username": "svc", "functions": functions}


def course(number: int) -> dict[str, object]:
    return {"courses": [{"id": number, "shortname": "MOOC", "fullname": "MOOC", "groupmode": 0}]}


def batch(*answers: object) -> str:
    told = [
        {"error": True, "exception": json.dumps({"errorcode": each})}
        if isinstance(each, str)
        else {"error": False, "data": json.dumps(each)}
        for each in answers
    ]
    return json.dumps({"responses": told})


def asked(site: responses.RequestsMock) -> list[str]:
    """Return the function of every request."""
    bodies = [str(call.request.body) for call in site.calls]
    return [body.split("wsfunction=")[1].split("&")[0] for body in bodies]


@pytest.fixture
def known(client: MoodleClient) -> MoodleClient:
    """A client that was told by an earlier one what the service holds."""
    client.remember(SiteInfo.model_validate(info()))
    return client


def test_what_was_asked_ahead_is_not_asked_again(
    known: MoodleClient, answer_with: AnswerWith, site: responses.RequestsMock
) -> None:
    answer_with(batch(course(5), {"groups": [], "canaccessallgroups": True}))

    with known.ahead([COURSE, GROUPS]):
        assert known.came_ahead(*_of(COURSE))
        assert known.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME).courses[0].id == 5
        [groups] = known.read_each(Function.ACTIVITY_ALLOWED_GROUPS, ALLOWED_GROUPS, [{"cmid": 7}])

    assert groups.canaccessallgroups
    assert asked(site) == [Function.CALL_EXTERNAL_FUNCTIONS]


def _of(call: Call) -> tuple[Function, Mapping[str, object]]:
    return call.function, call.arguments


def test_an_answer_is_given_once_and_none_outlives_the_reading(
    known: MoodleClient, answer_with: AnswerWith, site: responses.RequestsMock
) -> None:
    answer_with(batch(course(5), {"groups": []}))
    answer_with(json.dumps(course(6)))

    with known.ahead([COURSE, GROUPS]):
        numbers = [known.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME).courses[0].id for _time in range(2)]

    assert numbers == [5, 6]
    assert not known.came_ahead(*_of(GROUPS))


def test_a_write_lets_go_of_what_was_asked_before_it(known: MoodleClient, answer_with: AnswerWith) -> None:
    answer_with(batch(course(5), {"groups": []}))
    answer_with("null")

    with known.ahead([COURSE, GROUPS]):
        known.write(Function.ENROL_USERS, {"enrolments": [{"userid": 1}]})
        assert not known.came_ahead(*_of(COURSE))


@pytest.mark.parametrize(
    "first", ['{"exception": "e", "errorcode": "accessexception", "message": "m"}', "<html>", batch("invalidrecord")]
)
def test_what_fails_is_asked_again_as_ever(known: MoodleClient, answer_with: AnswerWith, first: str) -> None:
    answer_with(first)
    answer_with(json.dumps(course(6)))

    with known.ahead([COURSE, GROUPS]):
        assert known.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME).courses[0].id == 6


def test_a_function_that_is_no_more_in_the_service_lets_the_site_be_asked_what_it_holds(
    known: MoodleClient, answer_with: AnswerWith
) -> None:
    answer_with(batch(course(5), "accessexception"))
    answer_with(json.dumps(info(Function.ACTIVITY_ALLOWED_GROUPS)))

    with known.ahead([COURSE, GROUPS]):
        assert not known.supports(Function.ACTIVITY_ALLOWED_GROUPS)
        assert known.came_ahead(*_of(COURSE))
    assert known.site_info_told is not None


def test_a_site_info_that_is_too_old_goes_out_with_the_rest(
    client: MoodleClient, answer_with: AnswerWith, site: responses.RequestsMock
) -> None:
    client.remember(SiteInfo.model_validate(info()), anew=True)
    answer_with(batch(info(Function.ACTIVITY_ALLOWED_GROUPS), course(5)))

    with client.ahead([COURSE]):
        assert not client.supports(Function.ACTIVITY_ALLOWED_GROUPS)
        assert client.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME).courses[0].id == 5

    assert len(asked(site)) == 1


def test_nothing_is_asked_ahead_of_a_site_that_nobody_knows_yet(
    client: MoodleClient, answer_with: AnswerWith, site: responses.RequestsMock
) -> None:
    answer_with(json.dumps(info()))

    with client.ahead([COURSE, GROUPS]):
        assert client.read(Function.SITE_INFO, SITE_INFO).userid == 2

    assert asked(site) == [Function.SITE_INFO]


def test_the_sites_clock_is_that_of_the_first_answer(
    known: MoodleClient, answer_with: AnswerWith, monkeypatch: pytest.MonkeyPatch, clock: object
) -> None:
    original = known._exchange

    def slow(*arguments: object, **options: object) -> object:
        answer = original(*arguments, **options)  # type: ignore[arg-type]
        known._told_at += 30  # as if it had taken so long
        return answer

    monkeypatch.setattr(known, "_exchange", slow)
    answer_with(batch(course(5), {"groups": []}), headers={"Date": "Sun, 29 Nov 2026 02:00:30 GMT"})

    with known.ahead([COURSE, GROUPS]):
        assert known.site_time == datetime(2026, 11, 29, 2, 0, 0, tzinfo=UTC)


def test_an_error_of_the_site_is_still_raised_by_the_read_itself(known: MoodleClient, answer_with: AnswerWith) -> None:
    answer_with('{"exception": "e", "errorcode": "invalidtoken", "message": "m"}')

    with known.ahead([COURSE, GROUPS]), pytest.raises(SiteRefuses):
        known.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME)


def test_answers_that_are_asked_ahead_stay_until_other_ones_are_or_something_is_written(
    known: MoodleClient, answer_with: AnswerWith
) -> None:
    answer_with(batch(course(5), {"groups": []}))
    answer_with(batch({"groups": []}, course(6)))
    answer_with("null")

    known.ask_ahead([COURSE, GROUPS])
    assert known.came_ahead(*_of(GROUPS))
    known.ask_ahead([GROUPS, COURSE])
    assert known.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME).courses[0].id == 6
    known.write(Function.ENROL_USERS, {"enrolments": [{"userid": 1}]})

    assert not known.came_ahead(*_of(GROUPS))


def test_a_call_is_left_out_where_the_service_holds_the_function_that_stands_for_it(
    known: MoodleClient, answer_with: AnswerWith
) -> None:
    older = Call(Function.ACTIVITY_ALLOWED_GROUPS, {"cmid": 8}, unless=Function.COURSES_BY_FIELD)
    answer_with(batch(course(5), {"groups": []}))

    known.ask_ahead([COURSE, GROUPS, older])

    assert known.came_ahead(*_of(GROUPS))
    assert not known.came_ahead(*_of(older))


def test_what_takes_long_may_go_out_beside_the_rest(known: MoodleClient, site: responses.RequestsMock) -> None:
    def answer(request: object) -> tuple[int, dict[str, str], str]:
        lists = Function.ACTIVITY_ALLOWED_GROUPS in str(request.body)  # type: ignore[attr-defined]
        return 200, {}, batch({"groups": [], "canaccessallgroups": True} if lists else course(5))

    site.add_callback(responses.POST, f"{known.url}/webservice/rest/server.php", answer)

    known.ask_ahead([COURSE, GROUPS], beside={Function.ACTIVITY_ALLOWED_GROUPS})

    assert len(asked(site)) == 2
    assert known.read(Function.COURSES_BY_FIELD, COURSES, BY_NAME).courses[0].id == 5
    assert known.read(Function.ACTIVITY_ALLOWED_GROUPS, ALLOWED_GROUPS, {"cmid": 7}).canaccessallgroups
    assert len(asked(site)) == 2
