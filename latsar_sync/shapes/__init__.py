"""What is shown of what is known: one contract for ``--json``, API, pages and exports.

It must not know how it is printed, and decides nothing.
"""
