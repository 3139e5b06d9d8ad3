"""How people are reached: by the address of an imported list, or as the MOOC knows them, asked when it is needed."""

from collections.abc import Iterable, Mapping

from latsar_sync.domain.participant import Participant
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course
from latsar_sync.moodle.new_accounts import Contact, can_read_contacts, parted, read_contacts
from latsar_sync.settings import ProgrammeSettings


def contacts_of(
    programme: ProgrammeSettings, people: Iterable[Participant], clients: Mapping[str, MoodleClient]
) -> dict[str, Contact]:
    """Return how these people are called and reached, by internal id; an ``email`` that nobody told is empty.

    Of a MOOC that may be asked, which ``clients`` has by name, addresses and names are those of the accounts there;
    they are kept nowhere. Raise the error of a MOOC that does not answer.
    """
    people = list(people)
    told: dict[int, Contact] = {}
    site, course = programme.source.site, programme.source.course
    client = clients.get(site or "")
    if people and client is not None and course is not None and can_read_contacts(client):
        asked = [each.person.user_id for each in people]
        told = read_contacts(client, find_course(client, course).id, asked)
    return {
        each.id: told.get(each.person.user_id) or Contact(*parted(each.person.name), each.person.email)
        for each in people
    }
