"""What a reading of the in-class courses is known to ask, sent in few requests before it asks.

It only saves requests, as ``ahead_of_reading`` does in the MOOC: whoever follows how courses are read may pass it over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from latsar_sync.domain.in_class import Angkatan, CourseKey
from latsar_sync.moodle import in_class_course
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.functions import Function
from latsar_sync.run.account_lookup import PEOPLE_A_CALL, AccountLookup
from latsar_sync.run.context import RunContext

COURSES_A_CALL = 10
"""In-class courses that one request reads, with ``PEOPLE_A_CALL`` who may be in them."""

MANY_LOOK_UPS = 3
"""Calls that look accounts up, some two hundred in each, from which on they go out beside the lists of people."""


@dataclass(frozen=True, slots=True)
class AheadOfCourses:
    """Asks ahead what reading the ``configured`` courses will ask; ``known_ids`` are the courses' ids by angkatan."""

    context: RunContext
    configured: Mapping[CourseKey, Sequence[Angkatan]]
    accounts: AccountLookup
    known_ids: dict[str, int]

    def find_new(self, wanted: Iterable[CourseKey]) -> None:
        """Find the ids of courses of which none is known yet; those of a site are asked for together."""
        tools = self.context.tools
        new: dict[str, dict[str, list[str]]] = {}
        for site, name in wanted:
            angkatan = [each.id for each in self.configured[site, name]]
            if site not in tools.left_alone and not self.known_ids.keys() & set(angkatan):
                new.setdefault(site, {})[name] = angkatan
        for site, names in new.items():
            ids = in_class_course.find_ids(tools.clients[site], sorted(names))
            self.known_ids.update((each, number) for name, number in ids.items() for each in names[name])

    def together(
        self, wanted: Iterable[CourseKey], people: Mapping[CourseKey, int]
    ) -> Iterator[tuple[str, list[CourseKey]]]:
        """Yield the courses in parts that one request can carry, each part of one site, in their order."""
        by_site: dict[str, list[CourseKey]] = {}
        for key in wanted:
            by_site.setdefault(key[0], []).append(key)
        for site, keys in by_site.items():
            part: list[CourseKey] = []
            for key in keys:
                if part and (len(part) >= COURSES_A_CALL or sum(people[each] for each in (*part, key)) > PEOPLE_A_CALL):
                    yield site, part
                    part = []
                part.append(key)
            yield site, part

    @contextmanager
    def of(self, site: str, some: Iterable[CourseKey]) -> Iterator[None]:
        """Ask what reading these courses of one site is known to ask; a site that is closed is asked nothing."""
        if site in self.context.tools.left_alone:
            yield
            return
        client, known_ids = self.context.tools.clients[site], self.known_ids
        configured = {key[1]: self.configured[key] for key in some}
        ids = {name: known_ids[each.id] for name, these in configured.items() for each in these if each.id in known_ids}
        calls: list[Call] = []
        for name, these in configured.items():
            calls += in_class_course.course_calls(name, ids.get(name), {each.target_key for each in these})
        looked_up = self.accounts.expect(site, [each for these in configured.values() for each in these])
        calls += [Call(Function.USERS_BY_FIELD, each) for each in looked_up]
        # last: where the right to all groups lacks the first of these ends the request
        calls += [in_class_course.all_groups_call(each) for each in ids.values()]
        with client.ahead(calls, {Function.USERS_BY_FIELD} if len(looked_up) >= MANY_LOOK_UPS else ()):
            yield
