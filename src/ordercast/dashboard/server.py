"""Voila with the token that the environment holds: on a command line every user of the machine could read it."""

import os
import sys

from voila.app import Voila  # type: ignore[import-untyped]

from ordercast.dashboard import TOKEN


def main(arguments: list[str]) -> None:
    """Serve until the process is ended; where the environment holds a token, only to those who bring it."""
    token = os.environ.pop(TOKEN, "")  # the kernels need not know it
    Voila.launch_instance([*arguments, *([f"--token={token}"] if token else [])])


if __name__ == "__main__":
    main(sys.argv[1:])
