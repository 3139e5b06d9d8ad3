"""The client against a real socket on this machine: what a mocked adapter cannot show."""

import gzip
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from latsar_sync.domain.errors import (
    ConfigurationError,
    NoMoodleThere,
    RecordRejected,
    SiteRefuses,
    SiteUnavailable,
    WriteUnknown,
)
from latsar_sync.moodle.connection import connection_problem, open_session
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.payloads import BEST_GRADE

GRADE = b'{"hasgrade":true,"grade":70}'
ENROLMENTS = {"enrolments": [{"roleid": 5, "userid": 18, "courseid": 4}]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.behave(self)

    def do_CONNECT(self):
        self.server.behave(self)

    def send(self, body, length=None, **headers):
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_arguments):
        pass  # a client that hangs up is what some tests are about


@pytest.fixture
def server():
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def read_grade(client):
    return client.read(Function.BEST_GRADE, BEST_GRADE, {"quizid": 4, "userid": 5})


def test_a_compressed_answer_is_read(server, make_client):
    server.behave = lambda handler: handler.send(gzip.compress(GRADE), Content_Encoding="gzip")
    assert read_grade(make_client(server.url)).grade == 70


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def test_what_a_server_says_before_its_answer_is_no_answer_and_shifts_no_other(server, make_client):
    grades = iter((70, 71))

    def behave(handler):
        body = b'{"hasgrade":true,"grade":%d}' % next(grades)
        handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
        handler.wfile.flush()
        handler.wfile.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    server.behave = behave
    client = make_client(server.url)
    assert [read_grade(client).grade for _number in range(2)] == [70, 71]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (b"Content-Encoding: gzip\r\nContent-Length: 28\r\n", "is not packed as it says"),
        (b"Content-Length: 28\r\nContent-Length: 29\r\n", "contradict each other"),
    ],
)
def test_an_answer_that_is_wrong_http_is_told_as_that_and_a_write_is_unknown(server, make_client, headers, said):
    server.behave = lambda handler: handler.wfile.write(HEAD + headers + b"\r\n" + GRADE)
    client = make_client(server.url, limits={"retry_attempts": 1})
    with pytest.raises(SiteUnavailable, match=f"{said}.*Content-Encoding"):
        read_grade(client)
    with pytest.raises(WriteUnknown, match=said):
        client.write(Function.ENROL_USERS, ENROLMENTS)


def test_no_more_requests_run_at_once_than_allowed(server, make_client):
    lock, three = threading.Lock(), threading.Barrier(3)
    running, most = 0, 0

    def behave(handler):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        three.wait(timeout=30)
        with lock:
            running -= 1
        handler.send(GRADE)

    server.behave = behave
    client = make_client(server.url, limits={"max_parallel": 3})
    threads = [threading.Thread(target=read_grade, args=(client,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3
    assert client.requests_sent == 12


def test_requests_a_second_are_limited(server, make_client):
    server.behave = lambda handler: handler.send(GRADE)
    client = make_client(server.url, limits={"requests_per_second": 4})
    began = time.monotonic()
    for _ in range(5):
        read_grade(client)
    assert time.monotonic() - began >= 0.9


def test_the_rate_wants_no_thread_and_holds_no_request_that_counts_no_more():
    url = "https://mooc.example.go.id"
    late = open_session("sites.mooc", url, None, None, 1000, 1).get_adapter(url).limiter.bucket_factory
    asked = late.wrap_item("mooc.example.go.id")
    long_ago = late.wrap_item("mooc.example.go.id")
    long_ago.timestamp -= 2000  # thousandths of a second
    late.get(asked).put(long_ago)
    late.get(asked).put(asked)

    assert late.get(asked).items == [asked]
    assert not [each.name for each in threading.enumerate() if "Leaker" in each.name]


def test_an_answer_cut_in_the_middle_is_asked_again(server, make_client, clock):
    lengths = [len(GRADE), len(GRADE) + 50]

    def behave(handler):
        handler.close_connection = True
        handler.send(GRADE, length=lengths.pop())

    server.behave = behave
    assert read_grade(make_client(server.url)).grade == 70
    assert len(clock.slept) == 1


def test_a_connection_closed_after_a_write_was_sent_is_unknown(server, make_client):
    server.behave = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    client = make_client(server.url)
    with pytest.raises(WriteUnknown, match="no answer from"):
        client.write(Function.ENROL_USERS, ENROLMENTS)
    assert client.requests_sent == 1


def test_a_write_that_takes_too_long_is_unknown(server, make_client):
    done = threading.Event()
    server.behave = lambda _handler: done.wait(5)
    client = make_client(server.url, limits={"read_timeout": 0.05})
    with pytest.raises(WriteUnknown, match="no answer in time"):
        client.write(Function.ENROL_USERS, ENROLMENTS)
    done.set()
    assert client.requests_sent == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "https://no-such-host.invalid"])
def test_a_site_that_cannot_be_reached_leaves_a_write_undone(make_client, url):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = url.format(port=unused.getsockname()[1])
    with pytest.raises(SiteUnavailable, match="no connection to") as caught:
        make_client(url).write(Function.ENROL_USERS, ENROLMENTS)
    assert type(caught.value) is SiteUnavailable


def test_a_proxy_that_cannot_be_reached_leaves_a_write_undone(make_client):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(SiteUnavailable, match=r"the proxy lets nobody through to http.*`proxy`") as caught:
        make_client(proxy=proxy).write(Function.ENROL_USERS, ENROLMENTS)
    assert type(caught.value) is SiteUnavailable


def test_an_odd_proxy_is_a_mistake_of_the_configuration(make_client):
    with pytest.raises(ConfigurationError, match="`proxy`"):
        make_client(proxy="http://:bad:port:").write(Function.ENROL_USERS, ENROLMENTS)


@pytest.fixture
def certificate(tmp_path):
    """A certificate for this machine that nobody else has signed."""
    key, file = tmp_path / "key.pem", tmp_path / "site.pem"
    names = "subjectAltName=IP:127.0.0.1"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {file} -days 2 -subj /CN=x -addext {names}"
    subprocess.run(command.split(), check=True, capture_output=True)
    return key, file


def test_a_private_certificate_needs_its_file_in_ca_bundle(server, make_client, certificate):
    key, file = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.behave = lambda handler: handler.send(GRADE)
    url = server.url.replace("http:", "https:")
    with pytest.raises(NoMoodleThere, match=r"certificate .* cannot be verified.*`ca_bundle`"):
        make_client(url).write(Function.ENROL_USERS, ENROLMENTS)
    assert read_grade(make_client(url, ca_bundle=file)).grade == 70
    with pytest.raises(NoMoodleThere, match=r"certificate of https://localhost.* is for another name.*`url`"):
        read_grade(make_client(url.replace("127.0.0.1", "localhost"), ca_bundle=file))


def test_a_port_that_speaks_no_tls_leaves_a_write_undone_and_is_told_as_that(server, make_client):
    server.behave = lambda handler: handler.send(GRADE)
    with pytest.raises(SiteUnavailable, match=r"no common TLS \(wrong version number\).*port") as caught:
        make_client(server.url.replace("http:", "https:")).write(Function.ENROL_USERS, ENROLMENTS)
    assert type(caught.value) is SiteUnavailable


@pytest.mark.parametrize(("code", "said"), [(10, "has expired"), (9, "is not valid yet"), (19, "cannot be verified")])
def test_what_is_wrong_with_a_certificate_is_said(code, said):
    wrong = ssl.SSLCertVerificationError()
    wrong.verify_code = code
    told = connection_problem("mooc", "https://lms.go.id", requests.exceptions.SSLError(wrong), SiteUnavailable)
    assert f"the TLS certificate of https://lms.go.id {said}." in str(told)


def test_a_redirect_is_not_followed(server, make_client):
    seen = []

    def behave(handler):
        seen.append(handler.path)
        handler.send_response(302)
        handler.send_header("Location", f"{server.url}/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.behave = behave
    with pytest.raises(ConfigurationError, match="redirects to"):
        read_grade(make_client(server.url))
    assert seen == ["/webservice/rest/server.php"]


@pytest.mark.parametrize("location", ["https://[lms", "https://lms.go.id/b\xe9da", "//", "x" * 9000])
def test_a_redirect_to_what_is_no_address_is_told_as_one_and_a_write_is_not_done(server, make_client, location):
    def behave(handler):
        handler.send_response(302)
        handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.behave = behave
    client = make_client(server.url)
    for ask in (lambda: read_grade(client), lambda: client.write(Function.ENROL_USERS, ENROLMENTS)):
        with pytest.raises(ConfigurationError, match="redirects to"):
            ask()


def test_the_first_error_stops_what_is_not_begun(server, make_client):
    site_info = b'{"sitename":"x","siteurl":"y","userid":1,"username":"z","functions":[]}'
    refused = b'{"exception":"x","errorcode":"nopermissions","message":"no"}'
    answers = iter([site_info, refused])
    server.behave = lambda handler: handler.send(next(answers, refused))
    client = make_client(server.url, limits={"max_parallel": 1})
    with pytest.raises(Exception, match="nopermissions") as caught:
        client.read_each(Function.BEST_GRADE, BEST_GRADE, [{"quizid": 4, "userid": user} for user in range(200)])
    assert not isinstance(caught.value, RecordRejected)
    assert client.requests_sent < 100


# Answers without end


def drip(pieces, seconds=0.05):
    """Send an answer piece by piece; none of them is long in coming."""

    def behave(handler):
        handler.close_connection = True
        try:
            for piece in pieces:
                handler.wfile.write(piece)
                handler.wfile.flush()
                if handler.server.over.wait(seconds):
                    return
        except OSError:
            pass

    return behave


DRIPS = {
    "its body": [HEAD + b"Content-Length: 500\r\n\r\n", *[b" "] * 400],
    "its body without a length": [HEAD + b"Connection: close\r\n\r\n", *[b"["] * 400],
    "its headers": [HEAD, *[b"X-A: b\r\n"] * 400],
    "its first line": [*[b" "] * 400],
}


@pytest.mark.parametrize("part", DRIPS)
def test_an_answer_that_drips_in_is_given_up_when_its_time_is_over(server, make_client, part):
    server.over = threading.Event()
    server.behave = drip(DRIPS[part])
    client = make_client(server.url, limits={"read_timeout": 0.3, "retry_attempts": 1})
    began = time.monotonic()
    with pytest.raises(SiteUnavailable, match="no answer in time"):
        read_grade(client)
    server.over.set()
    assert time.monotonic() - began < 3


def test_a_proxy_whose_answer_drips_in_is_given_up_when_its_time_is_over(server, make_client):
    server.over = threading.Event()
    server.behave = drip([b"HTTP/1.1 200 Connection established\r\n", *[b"X-A: b\r\n"] * 400])
    client = make_client(proxy=server.url, limits={"read_timeout": 0.3, "retry_attempts": 1})
    began = time.monotonic()
    with pytest.raises(SiteUnavailable, match="no answer"):
        read_grade(client)
    server.over.set()
    assert time.monotonic() - began < 3


def test_a_write_whose_answer_drips_in_is_unknown(server, make_client):
    server.over = threading.Event()
    server.behave = drip(DRIPS["its body"])
    client = make_client(server.url, limits={"read_timeout": 0.2})
    with pytest.raises(WriteUnknown, match="no answer in time"):
        client.write(Function.ENROL_USERS, ENROLMENTS)
    server.over.set()


def test_a_connection_that_was_kept_is_not_cut_by_the_clock_of_an_earlier_answer(server, make_client):
    server.behave = lambda handler: handler.send(GRADE)
    client = make_client(server.url, limits={"read_timeout": 0.2})
    for _number in range(3):
        assert read_grade(client).grade == 70
        time.sleep(0.15)  # the time of the answer before passes while this one is waited for


BOMB = gzip.compress(b"[" + b" " * 3_000_000 + b"]", 9)


def test_an_answer_that_unpacks_beyond_all_bounds_is_refused(server, make_client):
    server.behave = lambda handler: handler.send(BOMB, Content_Encoding="gzip")
    client = make_client(server.url, limits={"largest_answer": 1_000_000})
    with pytest.raises(SiteRefuses, match="larger than 1 MB") as caught:
        read_grade(client)
    lists = [each for entry in caught.traceback for each in entry.locals.values() if isinstance(each, list)]
    assert not any(isinstance(part, bytes) for each in lists for part in each)  # many such errors may be kept
    with pytest.raises(WriteUnknown):
        client.write(Function.ENROL_USERS, ENROLMENTS)
