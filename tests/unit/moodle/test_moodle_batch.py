"""Many reads in few requests: order, rejected records, resending, and errors that would hit all."""

import json
import re
from contextlib import closing
from itertools import pairwise
from threading import Barrier, get_ident
from urllib.parse import parse_qsl

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle.calls_together import chunks, in_parallel, in_pieces
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.payloads import ACTIVITY_STATUSES, ATTEMPTS, BEST_GRADE

URL = "https://lms.example.go.id"
ENDPOINT = f"{URL}/webservice/rest/server.php"
TOKEN = "0123456789abcdef0123456789abcdef"
FAST = SiteLimits(requests_per_second=10_000)
DELETED = {"errorcode": "userdeleted", "message": "error/userdeleted"}


class Campus:
    """A site that grades every user with their own id, and fails as told, the way Moodle does."""

    def __init__(self, *, batching=True):
        self.functions = ["mod_quiz_get_user_best_grade"] + ["tool_mobile_call_external_functions"] * batching
        self.errors = {}
        self.cut = None
        self.batches = []
        self.seconds_per_call = 0.0
        self.clock = None

    def answer(self, request):
        form = dict(parse_qsl(request.body))
        if form["wsfunction"] == "core_webservice_get_site_info":
            functions = [{"name": name} for name in self.functions]
            info = {"sitename": "x", "siteurl": "y", "userid": 1, "username": "z", "functions": functions}
            return (200, {}, json.dumps(info))
        if form["wsfunction"] == "mod_quiz_get_user_best_grade":
            grade, exception = self.grade(int(form["userid"]))
            return (200, {}, json.dumps({"exception": "x", **exception}) if exception else grade)
        asked = [json.loads(text) for key, text in form.items() if re.fullmatch(r"requests\[\d+\]\[arguments\]", key)]
        self.batches.append([arguments["userid"] for arguments in asked])
        if self.clock:
            self.clock.now += self.seconds_per_call * len(asked)
        answers = []
        for arguments in asked[: self.cut]:
            grade, exception = self.grade(arguments["userid"])
            if exception:
                answers.append({"error": True, "exception": json.dumps(exception)})
                break
            answers.append({"error": False, "data": grade})
        return (200, {}, json.dumps({"responses": answers}))

    def grade(self, user):
        exception = self.errors.get(user)
        if isinstance(exception, list):
            exception = exception.pop() if exception else None
        return f'{{"hasgrade":true,"grade":{user}.999994999999999}}', exception


@pytest.fixture
def campus(site):
    campus = Campus()
    site.add_callback(responses.POST, ENDPOINT, campus.answer)
    return campus


def read_grades(client, users):
    return client.read_each(Function.BEST_GRADE, BEST_GRADE, [{"quizid": 4, "userid": user} for user in users])


def shown(outcomes):
    return [o.errorcode if isinstance(o, RecordRejected) else int(o.grade) for o in outcomes]


def test_a_hundred_grades_take_one_request(client, campus):
    outcomes = read_grades(client, range(1, 101))
    assert shown(outcomes) == list(range(1, 101))
    assert str(outcomes[68].grade) == "69.99999"
    assert client.requests_sent == 2  # with the one for site info


def test_batches_are_cut_evenly_to_size_and_their_order_is_kept(client, campus):
    assert shown(read_grades(client, range(1, 251))) == list(range(1, 251))
    assert sorted(map(len, campus.batches)) == [83, 83, 84]


def test_a_batch_that_is_answered_by_a_gateway_error_is_repeated_in_smaller_parts(client, campus, site, clock):
    client.site_info()
    site.reset()
    site.add(responses.POST, ENDPOINT, body="<html>", status=504)
    site.add_callback(responses.POST, ENDPOINT, campus.answer)

    assert shown(read_grades(client, range(1, 41))) == list(range(1, 41))

    assert sorted(map(len, campus.batches)) == [20, 20]


def test_a_batch_that_takes_too_long_makes_the_next_one_half_as_large(client, campus, clock):
    campus.seconds_per_call = 0.2
    campus.clock = clock
    limits = SiteLimits(requests_per_second=10_000, max_parallel=1)
    with closing(
        MoodleClient("mooc", URL, SecretStr(TOKEN), limits=limits, sleep=clock.sleep, monotonic=clock.monotonic)
    ) as alone:
        assert shown(read_grades(alone, range(1, 201))) == list(range(1, 201))

    assert list(map(len, campus.batches)) == [100, 50, 25, 25]  # 50 in 10 s is still too near to slow


def test_batches_of_a_quick_site_grow_slowly(client, campus, clock):
    limits = SiteLimits(requests_per_second=10_000, max_parallel=1)
    with closing(
        MoodleClient("mooc", URL, SecretStr(TOKEN), limits=limits, sleep=clock.sleep, monotonic=clock.monotonic)
    ) as alone:
        assert shown(read_grades(alone, range(1, 1001))) == list(range(1, 1001))

    sizes = list(map(len, campus.batches))
    assert len(sizes) < 8
    assert all(after <= before * 1.5 for before, after in pairwise(sizes))


def test_nothing_to_ask_sends_nothing(client, site):
    assert read_grades(client, []) == []
    assert len(site.calls) == 0


def test_the_form_of_a_batch_names_function_and_arguments_per_call(client, campus, site):
    read_grades(client, [7])
    assert parse_qsl(site.calls[1].request.body)[4:] == [
        ("requests[0][function]", "mod_quiz_get_user_best_grade"),
        ("requests[0][arguments]", '{"quizid": 4, "userid": 7}'),
    ]


def test_a_rejected_record_in_the_middle_does_not_cost_the_others(client, campus):
    campus.errors = {3: DELETED}
    outcomes = read_grades(client, [1, 2, 3, 4, 5])
    assert shown(outcomes) == [1, 2, "userdeleted", 4, 5]
    assert "mooc: mod_quiz_get_user_best_grade" in outcomes[2].message
    assert campus.batches == [[1, 2, 3, 4, 5], [4, 5]]


def test_rejected_records_at_both_ends_and_in_a_row_end_too(client, campus):
    campus.errors = {1: DELETED, 2: DELETED, 5: DELETED}
    assert shown(read_grades(client, [1, 2, 3, 4, 5])) == ["userdeleted", "userdeleted", 3, 4, "userdeleted"]


@settings(max_examples=30, deadline=None)
@given(rejected=st.sets(st.integers(1, 12)), cut=st.integers(1, 12))
def test_every_record_gets_its_own_outcome(rejected, cut):
    campus = Campus()
    campus.errors = dict.fromkeys(rejected, DELETED)
    campus.cut = cut
    with responses.RequestsMock() as site, closing(MoodleClient("mooc", URL, SecretStr(TOKEN), limits=FAST)) as client:
        site.add_callback(responses.POST, ENDPOINT, campus.answer)
        outcomes = read_grades(client, range(1, 13))
    assert shown(outcomes) == ["userdeleted" if user in rejected else user for user in range(1, 13)]
    assert len(campus.batches) <= 12


def test_calls_that_were_not_reached_are_asked_again(client, campus):
    campus.cut = 2
    assert shown(read_grades(client, [1, 2, 3, 4, 5])) == [1, 2, 3, 4, 5]
    assert campus.batches == [[1, 2, 3, 4, 5], [3, 4, 5], [5]]


def test_a_batch_that_answers_nothing_is_refused_instead_of_asked_for_ever(client, campus):
    campus.cut = 0
    with pytest.raises(SiteRefuses, match="0 answers to a batch of 2 calls"):
        read_grades(client, [1, 2])
    assert len(campus.batches) == 1


def test_more_answers_than_calls_are_refused(client, site, recording):
    campus = Campus()
    two = recording("tool_mobile_call_external_functions.success").body
    site.add_callback(
        responses.POST,
        ENDPOINT,
        lambda request: campus.answer(request) if "site_info" in request.body else (200, {}, two),
    )
    with pytest.raises(SiteRefuses, match="2 answers to a batch of 1 calls"):
        client.read_each(Function.USER_ATTEMPTS, ATTEMPTS, [{"quizid": 4, "userid": 5}])


def test_an_error_that_would_hit_all_is_raised_at_once(client, campus):
    campus.errors = {2: {"errorcode": "accessexception", "module": "webservice"}}
    with pytest.raises(SiteRefuses, match=r"mod_quiz_get_user_best_grade: .*accessexception"):
        read_grades(client, [1, 2, 3])
    assert len(campus.batches) == 1


def test_an_error_that_passes_is_asked_again_with_the_rest(client, campus, clock):
    campus.errors = {2: [{"errorcode": "dmlwriteexception", "message": "Error writing"}] * 2}
    assert shown(read_grades(client, [1, 2, 3])) == [1, 2, 3]
    assert campus.batches == [[1, 2, 3], [2, 3], [2, 3]]
    assert len(clock.slept) == 1


def test_an_error_of_one_record_that_does_not_pass_sets_that_one_aside(client, campus, clock):
    campus.errors = {2: {"errorcode": "dmlwriteexception", "message": "Error writing"}}
    assert shown(read_grades(client, [1, 2, 3])) == [1, "dmlwriteexception", 3]
    assert len(clock.slept) == 4


def test_an_error_of_each_record_is_one_of_the_site(client, campus):
    campus.errors = {user: {"errorcode": "dmlreadexception", "message": "Error reading"} for user in range(1, 9)}
    with pytest.raises(SiteUnavailable, match="dmlreadexception"):
        read_grades(client, list(range(1, 9)))
    assert len(campus.batches) == 15  # three people, five times each


def test_a_rejected_batch_as_a_whole_rejects_no_single_record(client, campus, site):
    client.site_info()
    site.reset()
    site.add(responses.POST, ENDPOINT, body='{"exception":"x","errorcode":"invalidresponse","message":"m"}')
    with pytest.raises(SiteRefuses) as caught:
        read_grades(client, [1, 2])
    assert caught.value.errorcode == "invalidresponse"


def test_without_the_batch_function_records_are_asked_one_by_one(client, campus):
    campus.functions = []
    campus.errors = {2: DELETED}
    assert shown(read_grades(client, [1, 2, 3])) == [1, "userdeleted", 3]
    assert campus.batches == []
    assert client.requests_sent == 4


def test_a_recorded_batch_gives_the_states_of_both_people(client, site, recording):
    campus = Campus()
    body = recording("tool_mobile_call_external_functions.success-completion").body
    site.add_callback(
        responses.POST,
        ENDPOINT,
        lambda request: campus.answer(request) if "site_info" in request.body else (200, {}, body),
    )
    sets = [{"courseid": 2, "userid": 5}, {"courseid": 2, "userid": 4}]
    passed, nothing = client.read_each(Function.ACTIVITIES_COMPLETION_STATUS, ACTIVITY_STATUSES, sets)
    assert {status.state for status in passed.statuses} == {1, 2}
    assert {status.state for status in nothing.statuses} == {0}


@given(st.lists(st.integers()), st.integers(1, 10))
def test_pieces_put_together_are_the_whole(rows, size):
    pieces = list(chunks(rows, size))
    assert [row for piece in pieces for row in piece] == rows
    assert all(0 < len(piece) <= size for piece in pieces)


def test_calls_that_go_out_in_one_request_start_no_thread():
    threads = in_pieces(lambda rows: [get_ident() for _row in rows], range(5), lambda waiting, _begun: waiting, 4)
    assert threads == [get_ident()] * 5


def test_pieces_are_done_side_by_side_and_come_back_in_order():
    both = Barrier(2, timeout=30)  # nobody passes alone
    assert in_parallel(lambda row: (both.wait(), row)[1], range(6), 2) == list(range(6))


def test_after_an_unforeseen_error_no_other_piece_is_begun():
    begun = []

    def fail(row):
        begun.append(row)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_parallel(fail, range(100), 2)
    assert len(begun) <= 2
