"""What runs unattended: the daemon and its schedules, notices and their channels, meters, logs, systemd.

It must not know what happens inside a run.
"""
