"""By which names the sites go of which something is recorded: a site is its address. Pure (rule 22)."""

from collections.abc import Mapping

SITE_NAME = 64
"""So many letters the database keeps of a site's name."""


def names_of_the_source(recorded: Mapping[str, str], configured: Mapping[str, str]) -> dict[str, str]:
    """Return by which name the MOOC goes now, by those that it had.

    ``recorded`` are the addresses by the names under which anything is recorded, ``configured`` that of the MOOC by its
    name now; each in one spelling. The same name at another address stays: whether people are still those, a guard
    asks (``source_replaced``).
    """
    names = {address: name for name, address in configured.items()}
    found = {old: names[address] for old, address in recorded.items() if address in names}
    return {old: new for old, new in found.items() if old != new}


def names_in_class(recorded: Mapping[str, str], configured: Mapping[str, str]) -> dict[str, str]:
    """Return by which names the sites of the in-class courses go now, by those that they had.

    ``configured`` are the addresses by the names in the configuration, the rest as above. A site
    that lost its name to another one goes by its address: a user id there means somebody else than on the other.
    """
    names = {address: name for name, address in configured.items()}
    found = {}
    for old, address in recorded.items():
        if configured.get(old) != address and (address in names or old in configured):
            found[old] = names.get(address, address[:SITE_NAME])
    return found
