"""What is recorded of a site goes by the name that it has in the configuration, at whatever address it was recorded."""

from collections.abc import Mapping

from latsar_sync.domain.language import _
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


def _spelled(addresses: Mapping[str, str]) -> dict[str, str]:
    return {name: moodle_at(url) for name, url in addresses.items()}
