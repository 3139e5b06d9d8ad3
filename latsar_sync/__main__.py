"""The program: ``latsar-sync``, or ``python -m latsar_sync``."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while it is still loaded ends it without a traceback


def main() -> None:
    """Load the command line, which ends in order from then on, and run it."""
    from latsar_sync.cli import main as run
    from latsar_sync.cli.stopping import leave_if_stopped, leave_in_time

    leave_in_time()
    try:
        run()
    except SystemExit as ended:
        leave_if_stopped(ended.code)
        raise


if __name__ == "__main__":
    main()
