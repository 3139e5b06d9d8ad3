"""The program: ``latsar-sync``, or ``python -m latsar_sync``."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while it is still loaded ends it without a traceback


def main() -> None:
    """Load the command line, which ends in order from then on, and run it."""
    from latsar_sync.cli import main as run

    run()


if __name__ == "__main__":
    main()
