"""The command line `nn`: trains, tests, asks and shows networks (`pip install nn-model[cli]`)."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command that this process was started with, and end the process with its exit code.

    0 is success, 1 a fault of data, model or files, 2 a wrong usage; 130, 143 and 129 an end by SIGINT, SIGTERM and
    SIGHUP. Every fault is one line on standard error.
    """
    try:
        from nn_model.cli import process  # noqa: PLC0415  # the command line is an extra
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit("nn: click is needed for the command line and not installed; run: pip install nn-model[cli]")
    except KeyboardInterrupt:
        sys.exit(130)
    process.run()
