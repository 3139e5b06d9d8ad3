"""Where in Moodle something about a person is seen and mended, as addresses."""

from latsar_sync.settings import Settings
from latsar_sync.store.listings import Row


def places_of(settings: Settings, person: Row, mooc_course: int | None) -> dict[str, str]:
    """Return the addresses by the kind of place (``domain.reason_remedies.PLACES``) as far as they are known.

    ``profile``, ``grade``, ``completion`` and ``groups`` are in the MOOC, ``course`` and ``account`` in the in-class
    LMS, ``users`` is that site's list of users.
    """
    found: dict[str, str] = {}
    mooc = settings.sites.get(person["source_site"])
    if mooc is not None:
        user = person["source_user_id"]
        found["profile"] = f"{mooc.url}/user/profile.php?id={user}"
        if mooc_course:
            found["grade"] = f"{mooc.url}/grade/report/user/index.php?id={mooc_course}&userid={user}"
            found["completion"] = f"{mooc.url}/report/progress/index.php?course={mooc_course}"
            found["groups"] = f"{mooc.url}/group/index.php?id={mooc_course}"
    site = settings.sites.get(person["site"] or "")
    if site is None:
        programme = settings.programme(person["programme"])
        site = next((settings.sites[each.site] for each in programme.angkatan if each.site in settings.sites), None)
    if site is not None:
        found["users"] = f"{site.url}/admin/user.php"
        if person["target_user_id"]:
            found["account"] = f"{site.url}/user/profile.php?id={person['target_user_id']}"
        if person["course_id"]:
            found["course"] = f"{site.url}/user/index.php?id={person['course_id']}"
    return found
