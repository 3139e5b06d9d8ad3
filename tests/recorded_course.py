"""The course that was recorded on four Moodles, on the campus: the same people, in the same order of ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from latsar_sync.demo import Campus, Site, records
from latsar_sync.demo.reached import Quiz
from latsar_sync.demo.records import Module, ServiceAccount
from latsar_sync.demo.rights import EVERY_CAPABILITY, EVERY_FUNCTION
from latsar_sync.demo.versions import VERSIONS

FULL, LOW = "f" * 32, "1" * 32
MOOC, IN_CLASS, NO_MANUAL, NO_CRITERIA, MANUAL_OFF = (
    "REK-LATSAR", "REK-KLS", "REK-TANPAMANUAL", "REK-TANPAKRITERIA", "REK-MANUALMATI",
)  # fmt: skip
NOT_KNOWN = frozenset(
    {
        "moodle/course:update",
        "mod/qbank:view",
        "moodle/site:viewfullnames",
        "moodle/course:viewhiddengroups",
        "moodle/course:viewhiddensections",
    }
)
"""Rights that the recording account did not have."""


@dataclass(frozen=True)
class FirstIds:
    """The first ids that were given out on one of the recorded sites, and that of the evaluation quiz."""

    user: int
    course: int
    group: int
    quiz: int


FIRST: Final[Mapping[str, FirstIds]] = {
    "4.0": FirstIds(379, 47, 214, 52),
    "4.3": FirstIds(4072, 8, 1, 1),
    "4.5": FirstIds(366, 35, 91, 34),
    "5.1": FirstIds(344, 7, 68, 7),
}

PEOPLE: Final = (
    ("Siti", "Rahmawati", "199810102025032511"),
    ("Budi", "Santoso, S.H.", "199911112025031512"),
    ("Ni Made", "Sari", "200012122025032513"),
    ("I Gede", "Putra", "199001132025031514"),
    ("Ayu", "Lestari", "199102142025032515"),
    ("Rizky", "Pratama", "199203152025031516"),
    ("Dewi", "Anggraini", "199304162025032517"),
    ("Agus", "Wijaya", "199405172025031518"),
    ("Maria", "Hutapea", "199506182025032519"),
    ("Yohanes", "Ndun", "199607192025031520"),
    ("Nur", "Hidayati", "199708202025032521"),
    ("Muhammad", "Akbar", "199809212025031522"),
    ("Putri", "D'Ornay & Co", "199910222025032523"),
    ("Bagus", "Müller", "200011232025031524"),
    ("Rina", "Kusuma", "199012242025032525"),
    ("Tika", "Wulandari", "199101252025031526"),
    ("Kembar", "Satu", "199202262025032527"),
    ("Kembar", "Dua", "199202262025032527"),
    ("Belum", "Dikonfirmasi", "199404282025032529"),
    ("Akun", "Terhapus", "199505012025031530"),
    ("Wahyu", "Nugroho", "199606022025032531"),
    ("Akun", "Suspensi", "199707032025031532"),
    ("Calon", "Satu", "199808042025031533"),
    ("Calon", "Dua", "199909052025031534"),
    ("Pengajar", "Kelas", ""),
)
(
    PASSED, FAILED, NOTHING, IN_PROGRESS, OVERDUE, ABANDONED, ESSAY, SUSPENDED_ENROLMENT, SUSPENDED_ACCOUNT, UNENROLLED,
    ALMOST, EXACTLY, SUBMITTED, NOT_STARTED, STRANGER, ANGLE, TWIN, OTHER_TWIN, UNCONFIRMED, DELETED, OVERRIDDEN,
    SUSPENDED_THERE, CANDIDATE, OTHER_CANDIDATE, TEACHER,
) = range(len(PEOPLE))  # fmt: skip
SECOND_GROUP: Final = (ESSAY, SUBMITTED, NOT_STARTED, TWIN)


class RecordedCourse:
    """The recorded site, played by the campus as one Moodle; `account` is the recording account."""

    def __init__(self, version: str) -> None:
        """Build it anew, not yet served."""
        self.first = FIRST[version]
        self.campus = Campus(seed=None)
        self.site: Site = Site("mooc", "m51", self.first.user, self.first.course)
        self.site.moodle, self.site.restrictions_enabled = VERSIONS[version], True
        self.site.identity_fields = set()
        self.campus.mooc = self.site
        self.ids = [self._person(*each) for each in PEOPLE]
        self.account: ServiceAccount = self.site.add_account(
            FULL, "svc-rekaman", "Sinkronisasi Latsar", EVERY_CAPABILITY - NOT_KNOWN, EVERY_FUNCTION
        )
        low = self.site.add_account(LOW, "svc-terbatas", "Terbatas", {"webservice/rest:use"}, EVERY_FUNCTION)
        for account in (self.account, low):
            self.site.users[account.user_id].country = ""
        self._courses()
        self._activities()
        self._enrolments()
        self._results()

    def _person(self, first: str, last: str, nip: str) -> int:
        user = self.site.add_user(first, last, nip, institution="Pemerintah Kabupaten Bantul")
        user.department, user.country = "Dinas Kesehatan", ""
        return user.id

    def _courses(self) -> None:
        site = self.site
        for name, title, mode in (
            (MOOC, 'Latsar CPNS & PPPK "Uji"', records.SEPARATE_GROUPS),
            (IN_CLASS, "Klasikal", records.SEPARATE_GROUPS),
            (NO_MANUAL, "Tanpa cara manual", 0),
            (NO_CRITERIA, "Tanpa kriteria", 0),
            (MANUAL_OFF, "Cara manual mati", 0),
        ):
            course = site.add_course(name, title, mode, manual=name != NO_MANUAL)
            course.category = 4
        site.course(MOOC).idnumber = "REK-LATSAR-2026"
        site.course(IN_CLASS).completion_enabled = False
        site.course(NO_CRITERIA).completion_criteria = False
        site.set_manual_enrolment(MANUAL_OFF, False)
        columns = ("user:username", "completion:completed", "completion:timecompleted", "completion:grade")
        for number, audience in ((2, None), (3, None), (5, frozenset[int]())):
            course_id = site.course(MOOC).id
            site.reports[number] = records.Report(
                number, course_id, (*columns, "access:timeaccess"), "Rekaman ringan", audience, students_only=False
            )

    def _activities(self) -> None:
        site, automatic = self.site, records.TRACKING_AUTOMATIC
        site.course(MOOC).sections = ["General", "New section", "New section"]
        for number in (1, 2, 3):
            site.add_module(MOOC, "page", f"Modul {number}: Agenda {number}", 1, "", automatic, ("completionview",))
        site.add_module(MOOC, "forum", "Forum diskusi", 1, "", records.TRACKING_MANUAL)
        attempted = ("completionminattempts",)
        site.add_module(MOOC, "quiz", "Latihan 1", 2, "", automatic, attempted, Quiz(Decimal(100), Decimal(2)))
        site.add_module(MOOC, "quiz", "Evaluasi esai", 2, "", quiz=Quiz(Decimal(100), Decimal(10)))
        passed = ("completionusegrade", "completionpassgrade")
        evaluation = Quiz(Decimal(100), Decimal(10), Decimal(70), weight=1)
        self.evaluation: Module = site.add_module(
            MOOC, "quiz", "Evaluasi Akademik", 2, "EVAL-AKADEMIK", automatic, passed, evaluation
        )

    def _enrolments(self) -> None:
        site, ids = self.site, self.ids
        absent = (STRANGER, OTHER_TWIN, UNCONFIRMED, DELETED, SUSPENDED_THERE, CANDIDATE, OTHER_CANDIDATE, TEACHER)
        people = [number for number in range(len(PEOPLE)) if number not in absent]
        for number in people:
            site.enrol(MOOC, ids[number])
        first = [ids[number] for number in people if number not in SECOND_GROUP]
        site.add_group(MOOC, "Angkatan I", "REK-I", first)
        site.add_group(MOOC, "Angkatan II & III", "REK-II", [ids[number] for number in SECOND_GROUP])
        site.suspend_enrolment(MOOC, ids[SUSPENDED_ENROLMENT])
        for number in (PASSED, SUSPENDED_THERE):
            site.enrol(IN_CLASS, ids[number])
        site.enrol(IN_CLASS, ids[TEACHER], role="editingteacher")
        site.enrol(NO_CRITERIA, ids[PASSED])
        site.add_group(IN_CLASS, "Kelompok A", "REK-KLS-A", [ids[PASSED]])
        site.add_group(IN_CLASS, "Angkatan XL & XLI", "REK-XL", [ids[SUSPENDED_THERE]])
        site.suspend_user(ids[SUSPENDED_ACCOUNT])
        site.suspend_user(ids[SUSPENDED_THERE])
        site.confirm_user(ids[UNCONFIRMED], False)
        site.delete_user(ids[DELETED])

    def _results(self) -> None:
        site, ids, now = self.site, self.ids, self.site.clock()
        pages = [module for module in site.course(MOOC).modules if module.modname in ("page", "forum")]
        practice, essay = site.module_named("Latihan 1"), site.module_named("Evaluasi esai")
        for number in (PASSED, FAILED, EXACTLY, OVERRIDDEN, ALMOST, UNENROLLED, SUSPENDED_ACCOUNT, SUSPENDED_ENROLMENT):
            for module in pages:
                site.set_completion(ids[number], module.cmid, records.COMPLETE)
            if number != ALMOST:
                site.add_attempt(ids[number], practice.cmid, Decimal(2))
        marks = {
            PASSED: (6, 8), FAILED: (5,), EXACTLY: (7,), ALMOST: (Decimal("6.9996"),), OVERRIDDEN: (5,),
            UNENROLLED: (8,), SUSPENDED_ACCOUNT: (8,), SUSPENDED_ENROLMENT: (8,),
        }  # fmt: skip
        for number, each in marks.items():
            for points in each:
                site.add_attempt(ids[number], self.evaluation.cmid, Decimal(points))
        site.set_grade(ids[OVERRIDDEN], self.evaluation.cmid, Decimal(75), overridden=True)
        site.set_completion(ids[IN_PROGRESS], pages[0].cmid, records.COMPLETE)
        states = {IN_PROGRESS: "inprogress", OVERDUE: "overdue", ABANDONED: "abandoned"}
        if site.moodle.has_true_attempt_states:
            states |= {SUBMITTED: "submitted", NOT_STARTED: "notstarted"}
        for number, state in states.items():
            site.add_attempt(ids[number], self.evaluation.cmid, None, state)
        site.add_attempt(ids[ESSAY], essay.cmid, None)
        site.unenrol(MOOC, ids[UNENROLLED])
        site.run_cron()
        site.course(MOOC).completed.setdefault(ids[PASSED], now)

    def translated(self, value: Any, key: str = "") -> Any:
        """A recorded parameter with the campus's ids of groups and quizzes; people and courses have the same."""
        if isinstance(value, dict):
            if value.get("name") == "groupid":
                return {"name": "groupid", "value": self.translated(value["value"], "groupid")}
            if value.get("field") == "category":
                return {**value, "value": str(self.site.course(MOOC).category)}
            return {name: self.translated(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item, key) for item in value]
        if key == "arguments" and value.startswith('{"'):
            return json.dumps(self.translated(json.loads(value)))
        group_ids = sorted(group for course in self.site.courses.values() for group in course.groups)
        quizzes = [module.instance for module in self.site.course(MOOC).modules if module.quiz is not None]
        known = {
            "groupid": {self.first.group + place: group for place, group in enumerate(group_ids)},
            "quizid": {self.first.quiz + place: quiz for place, quiz in enumerate(quizzes)},
        }
        kind = {"groupids": "groupid"}.get(key, key)
        if kind == "since" and value != 1:
            return self.site.clock() + 60
        return known[kind].get(value, value) if kind in known and isinstance(value, int) else value
