"""What named persons decide: thresholds, overrides, identity, moves, decrees, approvals.

It must not know how it was asked, or how it is shown.
"""
