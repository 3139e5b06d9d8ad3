"""One run: load, read, judge, place, push, confirm, tell; the only folder that knows the order.

It must not know who asked for it, or how its outcome is shown.
"""
