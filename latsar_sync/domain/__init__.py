"""The words: plain frozen values, reason codes, NIP, errors, language.

It must not know anything else of the service, nor I/O, nor a clock.
"""
