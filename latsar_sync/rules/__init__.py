"""What is decided, from values to values: admission, guards, placement, roster, messages, retention.

It must not know I/O or a clock, nor who asks.
"""
