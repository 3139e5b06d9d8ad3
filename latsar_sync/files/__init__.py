"""One reader for every table of an office: open it, find its columns, read its cells, check them, record it whole.

It must not know what a run does with what it recorded.
"""
