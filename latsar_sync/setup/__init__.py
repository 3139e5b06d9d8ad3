"""From an address and a token to a configuration that is right: discovery, draft, diagnosis, pairing of groups.

It must not know how it is asked or printed, and writes nothing into an LMS.
"""
