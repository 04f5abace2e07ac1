"""How a command ends: one table of outcomes and exit codes for all of them, in words in docs/nightly.md.

code  outcome    what happened
0     done       what was asked is done
1     failed     it could not be done: a stage failed, a table has faults, there is no run to show
2     settings   params.yaml, dvc.yaml or the command line is at fault; nothing or not all was run
3     busy       another run is on in this folder; nothing was done
4     timed_out  the time limit came, and everything was ended
5     not_there  the source of the data, or the database, is not there or lets us not do it
128+n stopped    by signal n
"""

CODES = {"done": 0, "failed": 1, "settings": 2, "busy": 3, "timed_out": 4, "not_there": 5}
TOLD_BY_A_STAGE = {CODES[outcome]: outcome for outcome in ("settings", "not_there")}


class UsageError(Exception):
    """The command line names something that cannot be; the text says what to name instead."""

    outcome = "settings"


def code_of(error: Exception) -> int:
    """The exit code of an error that is written for the reader: its class names its `outcome`, else it is `failed`."""
    return CODES[getattr(error, "outcome", "failed")]
