"""What is sent, what is repeated, what is never repeated, and that the token shows nowhere."""

import logging
import ssl
import traceback
from urllib.parse import parse_qsl

import pytest
import requests
import responses
import urllib3
from pydantic import SecretStr

from latsar_sync.domain.errors import (
    ConfigurationError,
    LatsarError,
    NoMoodleThere,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.connection import site_url
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.payloads import BEST_GRADE, ENROLLED_USERS, GROUPS, SITE_INFO

TOKEN = "0123456789abcdef0123456789abcdef"
ENROLMENTS = {"enrolments": [{"roleid": 5, "userid": 18, "courseid": 4}]}
MAINTENANCE = '{"exception":"moodle_exception","errorcode":"sitemaintenance","message":"maintenance"}'
CODING_ERROR = '{"exception":"coding_exception","errorcode":"codingerror","message":"User ID does not exist"}'


def read_site_info(client):
    return client.read(Function.SITE_INFO, SITE_INFO)


def enrol(client):
    client.write(Function.ENROL_USERS, ENROLMENTS)


def test_a_read_posts_a_form_and_answers_objects(client, site, answer_with, recording):
    answer_with(recording("core_enrol_get_enrolled_users.success-userfields"))
    options = [{"name": "userfields", "value": "id,username"}]
    people = client.read(Function.ENROLLED_USERS, ENROLLED_USERS, {"courseid": 2, "options": options})
    assert people[0].username == "200104072026032001"
    (call,) = site.calls
    assert call.request.url == "https://lms.example.go.id/webservice/rest/server.php"
    assert call.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "gzip" in call.request.headers["Accept-Encoding"]
    assert "Accept-Language" not in call.request.headers
    assert parse_qsl(call.request.body) == [
        ("wstoken", TOKEN),
        ("wsfunction", "core_enrol_get_enrolled_users"),
        ("moodlewsrestformat", "json"),
        ("moodlewssettinglang", "en"),
        ("courseid", "2"),
        ("options[0][name]", "userfields"),
        ("options[0][value]", "id,username"),
    ]


def test_a_call_has_time_outs_verifies_certificates_and_follows_no_redirect(client, site, answer_with, recording):
    answer_with(recording("core_webservice_get_site_info.success"))
    read_site_info(client)
    sent = site.calls[0].request.req_kwargs
    assert sent["timeout"] == (10.0, 120.0)
    assert sent["verify"] is True
    assert sent["proxies"] == {}


def test_nothing_is_taken_from_the_environment(make_client, site, answer_with, recording, monkeypatch, tmp_path):
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    answer_with(recording("core_webservice_get_site_info.success"))
    read_site_info(make_client())
    assert site.calls[0].request.req_kwargs["proxies"] == {}
    assert site.calls[0].request.req_kwargs["verify"] is True


def test_proxy_and_certificate_file_are_used_when_set(make_client, site, answer_with, recording):
    bundle = requests.certs.where()
    answer_with(recording("core_webservice_get_site_info.success"))
    read_site_info(make_client(proxy="http://proxy:3128", ca_bundle=bundle))
    sent = site.calls[0].request.req_kwargs
    assert sent["verify"] == bundle
    assert sent["proxies"]["https"] == "http://proxy:3128"


def test_site_info_is_asked_once(client, site, answer_with, recording):
    answer_with(recording("core_webservice_get_site_info.success"))
    assert client.site_info().userid == 2023
    assert client.supports(Function.ENROL_USERS)
    assert not client.supports(Function.USER_QUIZ_ATTEMPTS)
    assert client.requests_sent == len(site.calls) == 1


# Repeating


def test_a_read_is_repeated_while_the_site_is_unavailable(client, site, answer_with, recording, clock):
    answer_with(MAINTENANCE)
    answer_with("", status=502)
    answer_with(requests.ConnectionError("reset"))
    answer_with(recording("core_webservice_get_site_info.success"))
    assert read_site_info(client).userid == 2023
    assert client.requests_sent == len(site.calls) == 4
    first, second, third = clock.slept
    assert 1 <= first <= 2 <= second <= 3 < 4 <= third <= 5


def test_a_body_that_breaks_off_is_asked_again(client, answer_with, recording):
    whole = recording("core_webservice_get_site_info.success")
    answer_with(whole.body[:500])
    answer_with(whole)
    assert read_site_info(client).userid == 2023


def test_attempts_are_limited(client, site, answer_with, clock):
    answer_with(MAINTENANCE)
    with pytest.raises(SiteUnavailable, match="sitemaintenance"):
        read_site_info(client)
    assert len(site.calls) == 5
    assert len(clock.slept) == 4


def test_the_wait_a_site_asks_for_is_kept(client, answer_with, recording, clock):
    answer_with("", status=429, headers={"Retry-After": "40"})
    answer_with(recording("core_webservice_get_site_info.success"))
    read_site_info(client)
    assert clock.slept == [40]


def test_a_wait_beyond_the_budget_is_not_begun(client, site, answer_with, recording, clock):
    answer_with(recording("core_webservice_get_site_info.error-maintenance-cli-mode-503"))
    with pytest.raises(SiteUnavailable) as caught:
        read_site_info(client)
    assert caught.value.retry_after == 300
    assert clock.slept == []
    assert len(site.calls) == 1


def test_the_budget_covers_the_time_of_the_requests_too(make_client, site, clock):
    def slow(request):
        clock.now += 70
        return (502, {}, "")

    site.add_callback(responses.POST, "https://lms.example.go.id/webservice/rest/server.php", slow)
    with pytest.raises(SiteUnavailable):
        read_site_info(make_client(limits={"retry_budget": 100, "read_timeout": 80}))
    first, second = (call.request.req_kwargs["timeout"][1] for call in site.calls)
    assert first == 80
    assert second == pytest.approx(100 - 70 - clock.slept[0])


@pytest.mark.parametrize(("budget", "sent"), [(180, 1), (300, 2)])
def test_what_was_not_answered_in_its_whole_time_is_not_asked_again_with_less(make_client, site, clock, budget, sent):
    def silent(request):
        clock.now += request.req_kwargs["timeout"][1]
        raise requests.ReadTimeout

    site.add_callback(responses.POST, "https://lms.example.go.id/webservice/rest/server.php", silent)
    with pytest.raises(SiteUnavailable, match="no answer in time"):
        read_site_info(make_client(limits={"retry_budget": budget, "read_timeout": 120}))
    assert len(site.calls) == sent


@pytest.mark.parametrize(
    ("body", "error_class", "whole_site"),
    [
        ('{"exception":"x","errorcode":"invalidtoken","message":"Invalid token"}', SiteRefuses, True),
        ('{"exception":"x","errorcode":"forcepasswordchangenotice","message":"change"}', SiteRefuses, True),
        ('{"exception":"x","errorcode":"requireloginerror","message":"hidden"}', SiteRefuses, False),
        ('{"exception":"x","errorcode":"userdeleted","message":"deleted"}', RecordRejected, False),
        ("<html>", NoMoodleThere, True),
        ('{"other":1}', SiteRefuses, False),
    ],
)
def test_what_does_not_pass_is_not_repeated(client, site, answer_with, body, error_class, whole_site):
    answer_with(body)
    with pytest.raises(LatsarError) as caught:
        read_site_info(client)
    assert type(caught.value) is error_class
    assert caught.value.message.startswith("mooc: core_webservice_get_site_info: ")
    assert (client.trouble is not None) is whole_site
    assert len(site.calls) == 1


# Writing


def test_a_write_that_answers_null_is_done(client, site, answer_with, recording):
    answer_with(recording("enrol_manual_enrol_users.success"))
    enrol(client)
    assert ("enrolments[0][roleid]", "5") in parse_qsl(site.calls[0].request.body)


def test_a_write_that_makes_something_answers_it(client, answer_with, recording):
    answer_with(recording("core_group_create_groups.success"))
    (group,) = client.write_returning(Function.CREATE_GROUPS, GROUPS, {"groups": [{"name": "x"}]})
    assert (group.id, group.idnumber) == (448, "REK-7514")


def refused_connection():
    reason = urllib3.exceptions.NewConnectionError(None, "Failed to establish a new connection")
    reason.__cause__ = ConnectionRefusedError(111, "Connection refused")
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/?x", reason))


def unverified_certificate():
    wrong = ssl.SSLCertVerificationError(1, "certificate verify failed")
    return requests.exceptions.SSLError(urllib3.exceptions.MaxRetryError(None, "/", urllib3.exceptions.SSLError(wrong)))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (requests.ReadTimeout("no answer"), None),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "reset"))),
            None,
        ),
        (requests.exceptions.ChunkedEncodingError("cut"), None),
        (urllib3.exceptions.DecodeError("not gzip"), None),
        ("", 500),
        ("<html>Bad Gateway</html>", 502),
        ("<html>Timeout</html>", 504),
        ("", 200),
        ("<html>Hello</html>", 200),
        ('{"exception":"moodle_ex', 200),
        ("[]", 200),
        ("true", 200),
    ],
)
def test_a_write_without_a_proved_answer_is_unknown_and_sent_once(client, site, answer_with, clock, answer, status):
    answer_with(answer, status=status or 200)
    with pytest.raises(WriteUnknown, match="enrol_manual_enrol_users"):
        enrol(client)
    assert len(site.calls) == 1
    assert clock.slept == []


@pytest.mark.parametrize(
    ("answer", "status", "error_class"),
    [
        (CODING_ERROR, 200, RecordRejected),
        (MAINTENANCE, 200, SiteUnavailable),
        ('{"exception":"x","errorcode":"wsnoinstance","message":"m"}', 200, SiteRefuses),
        ("", 403, SiteRefuses),
        ("", 429, SiteUnavailable),
        ("<html>", 404, NoMoodleThere),
        ("", 301, NoMoodleThere),
        (requests.ConnectTimeout("slow"), None, SiteUnavailable),
        (refused_connection(), None, SiteUnavailable),
        (requests.exceptions.ProxyError("refused"), None, SiteUnavailable),
        (unverified_certificate(), None, NoMoodleThere),
    ],
)
def test_a_write_that_surely_was_not_done_has_its_own_error_and_is_not_repeated(
    client, site, answer_with, clock, answer, status, error_class
):
    answer_with(answer, status=status or 200)
    with pytest.raises(LatsarError) as caught:
        enrol(client)
    assert type(caught.value) is error_class
    assert len(site.calls) == 1
    assert clock.slept == []


def test_a_write_is_not_accepted_as_a_read_nor_a_read_as_a_write(client):
    with pytest.raises(ValueError, match="changes the site"):
        client.read(Function.ENROL_USERS, GROUPS, ENROLMENTS)
    with pytest.raises(ValueError, match="changes the site"):
        client.read_each(Function.ENROL_USERS, GROUPS, [ENROLMENTS])
    with pytest.raises(ValueError, match="not listed as a write"):
        client.write(Function.BEST_GRADE, {"quizid": 1})


# Telling


def test_a_redirect_names_the_target_and_the_setting(client, site, answer_with):
    answer_with("", status=303, headers={"Location": "https://www.lms.example.go.id/"})
    with pytest.raises(NoMoodleThere) as caught:
        read_site_info(client)
    assert "https://www.lms.example.go.id" in caught.value.message
    assert "wwwroot" in caught.value.remedy
    assert len(site.calls) == 1


def test_a_certificate_that_cannot_be_verified_asks_for_the_ca_bundle(client, answer_with):
    answer_with(unverified_certificate())
    with pytest.raises(ConfigurationError, match="ca_bundle"):
        read_site_info(client)


def test_a_refused_connection_is_told_in_plain_words(client, answer_with):
    answer_with(refused_connection())
    with pytest.raises(SiteUnavailable, match=r"no connection to https://lms.example.go.id \(Connection refused\)"):
        read_site_info(client)


def test_the_observer_hears_of_every_request(client, answer_with, recording):
    heard = []
    client.observer = lambda *news: heard.append(news)
    answer_with("", status=502)
    answer_with(requests.ConnectionError("reset"))
    answer_with(recording("core_webservice_get_site_info.success"))
    read_site_info(client)
    assert heard == [(Function.SITE_INFO, 0.0, outcome) for outcome in ("502", "no answer", "200")]


ECHO = f"You sent wstoken={TOKEN}&x=1"


@pytest.mark.parametrize(
    "answer",
    [
        *(requests.ConnectionError(ECHO), requests.ReadTimeout(ECHO), requests.exceptions.SSLError(ECHO)),
        *(requests.exceptions.InvalidURL(ECHO), urllib3.exceptions.HTTPError(ECHO)),
        *(ECHO, f"<html><title>{ECHO}</title>", f"<?xml ?>{ECHO}", f"[{ECHO}", ""),
        f'{{"exception":"x","errorcode":"y","message":"{ECHO}","debuginfo":"{ECHO}"}}',
        f'{{"errorcode":"{ECHO}"}}',
        f'{{"sitename":"{ECHO}","functions":[]}}',
    ],
)
@pytest.mark.parametrize("status", [200, 403, 404, 500])
@pytest.mark.parametrize("call", [read_site_info, enrol])
def test_the_token_shows_in_no_error_and_no_log(client, answer_with, caplog, answer, status, call):
    caplog.set_level(logging.DEBUG)
    answer_with(answer, status=status)
    with pytest.raises(LatsarError) as caught:
        call(client)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(vars(error)) + caplog.text
    assert TOKEN not in shown
    assert "0123456789abcdef" not in repr(client) + repr(vars(client))


# Preparing


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://lms.example.go.id/", "https://lms.example.go.id"),
        ("https://lms.example.go.id/moodle//", "https://lms.example.go.id/moodle"),
        (" https://lms.example.go.id:8443 ", "https://lms.example.go.id:8443"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_address_is_kept_without_trailing_slash(given, kept):
    assert site_url("mooc", given) == kept


@pytest.mark.parametrize(
    "url",
    [
        *("http://lms.example.go.id", "http://10.0.0.7", "http://localhost.example.go.id", "ftp://lms.example.go.id"),
        *("lms.example.go.id", "", "https://", "https://lms.example.go.id/?x=1", "https://a:b@lms.example.go.id"),
        *("https://[broken", "https://lms.example.go.id:port"),
    ],
)
def test_an_address_that_is_open_or_odd_is_refused(url):
    with pytest.raises(ConfigurationError, match=r"sites\.mooc\.url"):
        site_url("mooc", url)


def test_the_client_refuses_such_an_address_and_an_empty_token(tmp_path):
    with pytest.raises(ConfigurationError, match="http: the token"):
        MoodleClient("mooc", "http://lms.example.go.id", SecretStr(TOKEN))
    with pytest.raises(ConfigurationError, match="token is empty"):
        MoodleClient("mooc", "https://lms.example.go.id", SecretStr(" "))
    for bundle in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ConfigurationError, match="ca_bundle"):
            MoodleClient("mooc", "https://lms.example.go.id", SecretStr(TOKEN), ca_bundle=bundle)


def test_a_number_arrives_at_moodle_s_five_places(client, answer_with, recording):
    answer_with(recording("mod_quiz_get_user_best_grade.success-69996"))
    assert str(client.read(Function.BEST_GRADE, BEST_GRADE, {"quizid": 4}).grade) == "69.99600"
