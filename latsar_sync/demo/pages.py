"""The few HTML pages of the campus, for a newcomer's browser. Everything shown is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from latsar_sync.demo.records import Course
from latsar_sync.demo.world import Site

_STYLE: Final = """
body { font-family: system-ui, sans-serif; line-height: 1.5; color: #1d2125; background: #f8f9fa; margin: 0; }
header { background: #0f6cbf; color: #fff; padding: 1rem 2rem; }
header a { color: #fff; }
main { max-width: 70rem; margin: 1.5rem auto; padding: 1rem 2rem; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #dee2e6; vertical-align: top; }
th { background: #f1f3f5; }
code, pre { background: #f1f3f5; padding: .1rem .3rem; }
pre { padding: .8rem; overflow-x: auto; }
.active { color: #2e6b2e; } .suspended { color: #a12622; }
"""

_ROLE_NAMES: Final = {1: "Manager", 3: "Teacher", 4: "Non-editing teacher", 5: "Student"}

BAD_GATEWAY: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)


def page(title: str, body: str) -> str:
    """A whole page from a title and a body that is already HTML."""
    name = escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{name}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<header><strong>{name}</strong></header>\n"
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table from headings and cells; the cells are HTML already, so that they may hold links."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"


def home(sites: Iterable[Site], address: str) -> str:
    """The front page of the campus: what it is, its two sites, their courses, and how to play faults."""
    parts = [
        "<p>This is a stand-in for two Moodle sites with made-up people. It answers the web-service functions that "
        "latsar-sync uses, and nothing leaves this computer.</p>"
    ]
    for site in sites:
        parts.append(f'<h2><a href="/{escape(site.name)}/">{escape(site.title)}</a></h2>')
        parts.append(course_list(site))
    parts.append("<h2>Things to try</h2>")
    parts.append(
        "<p>Make the target site answer 502 three times, look at the requests, then heal it:</p>\n<pre>"
        f"curl -X POST {escape(address)}/_campus/faults "
        '-d \'{"kind": "bad_gateway", "site": "kelas", "count": 3}\'\n'
        f"curl {escape(address)}/_campus/log\ncurl {escape(address)}/_campus/state\n"
        f"curl -X DELETE {escape(address)}/_campus/faults</pre>"
    )
    return page("Latsar campus", "\n".join(parts))


def course_list(site: Site) -> str:
    """The courses of a site with links to their participants."""
    with site.lock:
        rows = [
            [
                f'<a href="/{escape(site.name)}/user/index.php?id={course.id}">{escape(course.fullname)}</a>',
                escape(course.shortname),
                str(len(course.enrolments)),
                escape(", ".join(group.name for group in course.groups.values()) or "none"),
            ]
            for course in site.courses.values()
            if course.id > 1
        ]
    return table(["Course", "Short name", "Participants", "Groups"], rows)


def site_home(site: Site) -> str:
    """The home page of one site."""
    return page(site.title, course_list(site) + '\n<p><a href="/">Campus</a></p>')


def participants(site: Site, course: Course) -> str:
    """The Participants page of a course as Moodle shows it: name, NIP, role, groups, status."""
    with site.lock:
        now = site.clock()
        people = sorted((site.users[u] for u in course.enrolments), key=lambda u: (u.lastname, u.firstname, u.id))
        rows = []
        for user in people:
            active = course.is_active(user.id, now)
            word = "Active" if active else "Suspended or not current"
            roles = ", ".join(_ROLE_NAMES[role] for role in sorted(course.roles.get(user.id, ())))
            groups = ", ".join(group.name for group in course.groups_of(user.id))
            rows.append(
                [
                    escape(user.fullname),
                    escape(user.idnumber or "-"),
                    escape(roles or "No roles"),
                    escape(groups or "No groups"),
                    f'<span class="{"active" if active else "suspended"}">{word}</span>',
                ]
            )
    body = (
        f"<h1>Participants</h1>\n<p>{escape(course.fullname)} · {len(rows)} participants found</p>\n"
        + table(["First name / Last name", "ID number", "Roles", "Groups", "Status"], rows)
        + f'\n<p><a href="/{escape(site.name)}/">{escape(site.title)}</a> · <a href="/">Campus</a></p>'
    )
    return page(f"{course.shortname}: Participants", body)


def maintenance(site: Site) -> str:
    """The page of Moodle's command-line maintenance mode."""
    text = "The site is undergoing maintenance and is currently not available"
    return page(f"{site.title} under maintenance", f"<p>{text}</p>")


def login(site: Site) -> str:
    """A page that is no answer at all: what a login wall or a captive portal puts in the way."""
    return page(f"{site.title}: Log in to the site", "<p>Please log in to continue.</p>")


def message(title: str, text: str) -> str:
    """A page with one sentence."""
    return page(title, f"<p>{escape(text)}</p>\n<p><a href='/'>Campus</a></p>")
