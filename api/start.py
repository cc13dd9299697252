"""Where `fundtrail` begins."""

import gc


def main() -> None:
    """Runs the command line, which is imported with the collector at rest.

    What is imported lives until the end: to look for garbage among it again and again, the last time when the process
    ends, took a third of the time of a short command.
    """
    gc.disable()
    from api import cli  # noqa: PLC0415 (what is above comes first)

    gc.freeze()
    gc.enable()
    cli.main()
