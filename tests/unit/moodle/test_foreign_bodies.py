"""What comes in an answer's place is told by its kind and never quoted; what can be read is read (rule 20)."""

import json

import pytest

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle.answers import LONGEST_WAIT, Answer, parse, proves_refusal, refusal, understand
from latsar_sync.moodle.payloads import ENROLLED_USERS

WHERE = "mooc: core_enrol_get_enrolled_users"
PEOPLE = json.dumps(
    [{"id": 7, "fullname": "Siti Aminah", "institution": "BKD Sleman", "idnumber": "199003182015032003"}]
)
PRIVATE = ("Siti", "Aminah", "BKD", "Sleman", "199003182015032003", "2003")


def failure_of(body: bytes | str, status: int = 200, headers: dict[str, str] | None = None) -> LatsarError:
    with pytest.raises(LatsarError) as caught:
        parse(WHERE, ENROLLED_USERS, understand(WHERE, Answer(status, headers or {}, raw(body))))
    return caught.value


def raw(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff", " \n\ufeff \n"])
def test_a_byte_order_mark_before_the_answer_is_read(mark: str) -> None:
    body = understand(WHERE, Answer(200, {}, (mark + PEOPLE).encode()))

    assert [user.id for user in parse(WHERE, ENROLLED_USERS, body)] == [7]


NOTICES = {
    "html": "<br />\n<b>Deprecated</b>:  Type of Siti in <b>/srv/moodle/local/x/lib.php</b> on line <b>12</b><br />\n",
    "plain": "\nWarning: Undefined array key Siti in /srv/moodle/local/x/lib.php on line 12\n",
    "prefixed": "PHP Notice:  Undefined index: Siti in /srv/moodle/local/x/lib.php:12\n",
    "xdebug": "<br /><font size='1'><th>( ! ) Warning: Undefined in /srv/moodle/local/x/lib.php on line <i>12</i>",
    "without its file": "<br />\n<b>Notice</b>:  Undefined Siti",
}


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("where", ["before", "behind"])
def test_a_message_of_php_beside_the_answer_is_named_as_such(notice: str, where: str) -> None:
    text = NOTICES[notice]

    error = failure_of(text + PEOPLE if where == "before" else PEOPLE + text)

    assert type(error) is SiteRefuses
    assert "PHP prints a message" in error.message
    assert ("/srv/moodle/local/x/lib.php" in error.message) is (notice != "without its file")
    assert "display_errors" in error.remedy
    assert "wwwroot" not in str(error)
    assert not any(word in str(error) for word in PRIVATE)


@pytest.mark.parametrize(
    ("page", "kind", "remedy"),
    [
        ("<html><form><input type='password' name=p>Siti</form>", "a sign-in page", "sign-on proxy"),
        ('<!doctype html><a href="https://lms.example.go.id/login/index.php">Siti</a>', "a sign-in page", "login page"),
        ("<html><title>WiFi Hotspot BKD Sleman</title>", "a page that leads elsewhere", "portal of a network"),
        ('<html><meta http-equiv="refresh" content="0;url=http://10.0.0.1/">', "a page that leads elsewhere", "portal"),
        ("<html><title>Siti Aminah</title>BKD Sleman</html>", "a web page", "wwwroot"),
    ],
)
def test_login_page_portal_and_any_other_page_are_told_apart(page: str, kind: str, remedy: str) -> None:
    error = failure_of(page)

    assert type(error) is ConfigurationError
    assert f"is {kind} instead" in error.message
    assert remedy in error.remedy
    assert not any(word in str(error) for word in PRIVATE)


@pytest.mark.parametrize("status", [200, 400, 403, 404, 418, 429, 500, 502, 503])
@pytest.mark.parametrize(
    "body",
    [
        "x" + PEOPLE,
        PEOPLE[20:],
        PEOPLE[:-20],
        "Siti Aminah; BKD Sleman; 199003182015032003\n" * 3,
        "<p>" + PEOPLE,
        "<?xml version='1.0'?><KEY>Siti Aminah</KEY>",
        "ï»¿" + PEOPLE,
        "\x1f\x8b\x08" + PEOPLE,
        "<html><title>Siti Aminah</title>",
        json.dumps({"message": "Siti Aminah", "institution": "BKD Sleman"}),
        '"Siti Aminah"',
        "Siti Aminah,BKD Sleman",
    ],
)
def test_nothing_of_an_answer_about_people_is_quoted(body: str, status: int) -> None:
    error = failure_of(body, status)

    assert not any(word in str(error) for word in PRIVATE)
    assert str(status) in error.message or status == 200
    assert str(error).isprintable()


def test_a_sentence_of_a_firewall_is_kept_without_what_commands_a_terminal() -> None:
    error = failure_of("Request\x1b[2J blocked\x07 by the gateway\r\n", 403)

    assert "blocked" not in error.message or "\x1b" not in error.message
    assert str(error).isprintable()
    assert "Request blocked by the gateway" in failure_of("Request blocked\x07 by the gateway\r\n", 403).message


@pytest.mark.parametrize("code", ["brandnew", "formatnotsupported"])
def test_the_sentence_of_an_error_that_is_not_listed_is_not_quoted(code: str) -> None:
    error = refusal(WHERE, {"exception": "core\\some_exception", "errorcode": code, "message": "Siti Aminah of BKD"})

    assert type(error) is RecordRejected
    assert f'"some_exception" ({code})' in error.message
    assert not any(word in str(error) for word in PRIVATE)


def test_the_sentence_of_a_listed_error_ends_where_content_begins() -> None:
    said = "Invalid parameter value detected\x1b (fullname => <b>Siti Aminah</b>)"

    error = refusal(WHERE, {"errorcode": "invalidparameter", "message": said})

    assert "Invalid parameter value detected" in error.message
    assert not any(word in str(error) for word in PRIVATE)
    assert str(error).isprintable()


@pytest.mark.parametrize("value", [{"x": "Siti Aminah"}, ["Siti Aminah"], 7, True])
def test_an_error_whose_fields_are_of_another_kind_is_an_error_of_ours(value: object) -> None:
    error = refusal(WHERE, {"exception": value, "errorcode": value, "message": value})

    assert not any(word in str(error) for word in PRIVATE)


def test_an_error_that_is_nested_without_end_is_an_error_of_ours() -> None:
    deep = '{"exception": "x", "debuginfo": ' + "[" * 100_000

    assert failure_of(deep).remedy
    assert failure_of(deep + "]" * 100_000 + "}").remedy


@pytest.mark.parametrize(
    "asked",
    [str(10**20), "-5", "1.5", "1e3", "٣", "Tue, 31 Dec 9999 23:59:59 GMT", "86401", "x" * 5000, "Mon, 99 Xxx 2026"],
)
def test_a_senseless_wait_is_no_wait(asked: str) -> None:
    error = failure_of("", 503, {"Retry-After": asked, "Date": "Mon, 07 Dec 2026 08:00:00 GMT"})

    assert isinstance(error, SiteUnavailable)
    assert error.retry_after is None


def test_a_wait_of_a_day_is_the_longest() -> None:
    error = failure_of("", 503, {"Retry-After": "86400"})

    assert isinstance(error, SiteUnavailable)
    assert error.retry_after == LONGEST_WAIT


@pytest.mark.parametrize(("age", "is_kept"), [("", False), ("0", False), ("x", False), ("1", True), ("0300", True)])
def test_an_answer_that_a_proxy_kept_is_none(age: str, is_kept: bool) -> None:
    answer = Answer(200, {"Age": age}, PEOPLE.encode())

    if is_kept:
        with pytest.raises(SiteRefuses, match="an old one that a proxy kept"):
            understand(WHERE, answer)
    else:
        assert understand(WHERE, answer) == PEOPLE.encode()
    assert not proves_refusal(answer)  # of a write it is not known whether it was done
