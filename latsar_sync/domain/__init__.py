"""The words: plain frozen values, reason codes, NIP, errors, language, and how very many of them are held.

It must not know anything else of the service, nor I/O, nor a clock.
"""
