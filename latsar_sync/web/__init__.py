"""Pages and JSON API: what the service answers over HTTP, on loopback unless the configuration says otherwise.

It must not know how Moodle is asked, and decides no rule.
"""
