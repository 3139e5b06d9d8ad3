"""What is recorded of a site goes by the name that it has in the configuration, at whatever address it was recorded."""

from collections import Counter
from collections.abc import Collection, Mapping

from latsar_sync.domain.language import _, command, counted
from latsar_sync.rules.renamed_sites import names_in_class, names_of_the_source
from latsar_sync.run.context import RunContext
from latsar_sync.settings.addresses import moodle_at
from latsar_sync.store import renamed_sites as store


def follow_renamed_sites(context: RunContext) -> list[str]:
    """Give the sites their new names wherever anything of the programme is recorded, and return what to say of it.

    It is done before anything is read of what is known, and for a plan too: it changes no more than names.
    """
    programme, urls = context.programme, {name: each.url for name, each in context.tools.settings.sites.items()}
    source = {name: urls[name] for name in [programme.source.site] if name is not None}
    courses = {each.site: urls[each.site] for each in programme.angkatan if each.site is not None}
    with context.tools.database.reading() as connection:
        recorded = store.load_addresses(connection, context.name)
    of_source = names_of_the_source(_spelled(recorded), _spelled(source))
    of_courses = names_in_class(_spelled(recorded), _spelled(courses))
    by_address = {moodle_at(url): url for url in (*source.values(), *courses.values())}
    respelled = {was: by_address.get(moodle_at(was), was) for was in recorded.values()}
    respelled = {was: now for was, now in respelled.items() if was != now}
    names = of_source | of_courses
    now_recorded = {names.get(name, name): respelled.get(url, url) for name, url in recorded.items()}
    now_recorded |= source | courses
    if now_recorded == recorded or not (context.writes or of_source or of_courses or respelled):
        return []
    with context.lease.writing() as connection:
        if of_source:
            store.rename_source(connection, context.name, of_source)
        if of_courses:
            store.rename_in_class(connection, context.name, of_courses)
        for was, now in respelled.items():
            store.respell_address(connection, context.name, was, now)
        store.save_addresses(connection, context.name, now_recorded)
    told = dict.fromkeys((old, new) for old, new in (*of_source.items(), *of_courses.items()) if new in urls)
    said = _("Site {old} is called {new} in the configuration now: what is recorded of it goes by that name.")
    return [said.format(old=old, new=new) for old, new in told]


def of_accounts_chosen_elsewhere(sites: Collection[str | None], accounts: Mapping[str, tuple[str, int]]) -> list[str]:
    """Say how many people's account in class was chosen on none of these sites: there it means somebody else, perhaps.

    ``accounts`` are the site and the user id that persons chose, by internal id (rule 22).
    """
    lost = Counter(site for site, _number in accounts.values() if site not in sites)
    text = counted(
        "The account in class of {count} person was chosen on a site that is no longer configured ({sites}), and "
        "counts there alone. Did the same Moodle get another address? Before anything is accepted, choose it again: "
        "{where}.",
        "The accounts in class of {count} people were chosen on a site that is no longer configured ({sites}), and "
        "count there alone. Did the same Moodle get another address? Before anything is accepted, choose them again: "
        "{where}.",
        lost.total(),
    )
    told = text.format(count=lost.total(), sites=", ".join(sorted(lost)), where=command("identity account"))
    return [told] if lost else []


def _spelled(addresses: Mapping[str, str]) -> dict[str, str]:
    return {name: moodle_at(url) for name, url in addresses.items()}
