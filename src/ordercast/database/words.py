"""What went wrong with the database, in a sentence: what, where, what to do. A password is never part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ordercast.sentences import Sentence, Value, say

if TYPE_CHECKING:
    from ordercast.database.settings import Address

RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW"
AGAIN = say("Nothing was lost; run the same command again")


class DatabaseError(Exception):
    """The database cannot be used; the text is written for the reader and holds no password."""

    outcome = "not_there"


class Cause(NamedTuple):
    """One kind of error: how it is recognised in a server's message, what it means, what to do."""

    pattern: str
    what: Sentence
    cure: Sentence


# In the order in which they are tried. Both clients hand the server's own words on, in English or by number.
CAUSES = tuple(
    Cause(*texts)
    for texts in (
        (
            r"\b1044\b|Access denied for user \S+ to database",
            say("user %(user)s has no rights in database %(database)s"),
            say("Let its owner GRANT %(rights)s ON %(database)s.*, or only SELECT where it is but read"),
        ),
        (
            r"\b1045\b|\b1698\b|Access denied for user",
            say("the server refuses user %(user)s with this password"),
            say("Correct user and password in ORDERCAST_DATABASE_URL; a sign such as @ is written %%40 there"),
        ),
        (
            r"(?P<right>[A-Z ]+) command denied to user \S+ for table (?P<table>\S+)",
            say("user %(user)s may not %(right)s in table %(table)s"),
            say("Let its owner GRANT %(rights)s ON %(database)s.*, or only SELECT where it is but read"),
        ),
        (
            r"\b1142\b|\b1227\b|\b1370\b|[Cc]ommand denied|you need .* privilege",
            say("user %(user)s lacks a right for it"),
            say("Let its owner GRANT %(rights)s ON %(database)s.*"),
        ),
        (
            r"\b1049\b|Unknown database",
            say("there is no database %(database)s on this server"),
            say("Correct its name in ORDERCAST_DATABASE_URL, or CREATE DATABASE it"),
        ),
        (
            r"\b200[235]\b|Can't connect|Unknown (MySQL )?server host|Name or service not known",
            say("no server answers at %(host)s:%(port)s"),
            say("Start it, or correct host and port in ORDERCAST_DATABASE_URL"),
        ),
        (
            r"\b(2006|2013|1927|1053|1152|1158|1160)\b|Lost connection|gone away|was killed|shutdown in progress"
            r"|Failed to fetch|[Bb]roken pipe|reset by peer|Packet sequence|invalid transaction is rolled back",
            say("the connection was lost"),
            say("See to it that the server runs. %(again)s"),
        ),
        (
            r"\b1205\b|[Ll]ock wait timeout",
            say("another session held a lock for more than %(wait)s s"),
            say("SHOW PROCESSLIST names it; wait for it or end it. %(again)s"),
        ),
        (r"\b1213\b|Deadlock", say("another session wanted the same rows at the same time"), Sentence("%(again)s")),
        (
            r"\b(1114|1021)\b|table '[^']*' is full|Disk full",
            say("the server's disk is full"),
            say("Free space there. %(again)s"),
        ),
        (
            r"No space left|File too large|disk quota|out of disk",
            say("the disk of this folder is full"),
            say("Free space on it. %(again)s"),
        ),
        (
            r"\b(1290|1836|1792)\b|read[ -]only",
            say("the server is read-only"),
            say("Name the server that takes writes in ORDERCAST_DATABASE_URL"),
        ),
        (
            r"\b1040\b|Too many connections",
            say("the server has no connection left"),
            say("Wait a moment. %(again)s"),
        ),
        (
            r"\b1153\b|max_allowed_packet",
            say("a row is larger than the server takes"),
            say("Raise its max_allowed_packet"),
        ),
        (
            r"\b(1146|1054|1051)\b|doesn't exist|Unknown column",
            say("a table or column is not as it was a moment ago (%(said)s)"),
            say("See who changes the schema. %(again)s"),
        ),
    )
)


@contextmanager
def told(address: Address, doing: str, wait_seconds: int = 0) -> Iterator[None]:
    """Turn an error of either client into a DatabaseError that begins with `doing`.

    wait_seconds: how long this session waits for a lock.
    """
    import duckdb
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (duckdb.Error, SQLAlchemyError, OSError) as error:
        raise DatabaseError(sentence(error, address, doing, wait_seconds)) from None


def sentence(
    error: BaseException, address: Address, doing: str, wait_seconds: int = 0, again: Sentence = AGAIN
) -> Sentence:
    """Return the error in words: what was done, on which database, why it failed, what to do.

    again: what to do once the cause is gone.
    """
    said = _server_words(error)
    parts = {name: address.scrubbed(str(getattr(address, name))) for name in ("user", "host", "port", "database")}
    for cause in CAUSES:
        if found := re.search(cause.pattern, said):
            named = {key: re.sub("[ `'\")]", "", value or "") for key, value in found.groupdict().items()}
            known = {key: address.scrubbed(value) for key, value in (named | {"said": said}).items()}
            values: dict[str, Value] = {**parts, **known, "rights": RIGHTS, "wait": wait_seconds, "again": again}
            what, cure = Sentence(cause.what, values), Sentence(cause.cure, values)
            break
    else:
        what = Sentence("%(said)s", {"said": address.scrubbed(said.rstrip("."))})
        cure = say("%(again)s; if it fails again, the server's log may say more", again=again)
    place = say("%(database)s at %(host)s:%(port)s", **parts)
    return say(
        "%(doing)s failed, database %(place)s: %(what)s. %(cure)s.", doing=doing, place=place, what=what, cure=cure
    )


def _server_words(error: BaseException) -> str:
    """What the server or the system said, on one line, without the statement that it was about."""
    text = str(getattr(error, "orig", None) or error)
    text = re.sub(r'(Failed to (?:run|prepare|execute)[^"]*query) ".*": ', "", text, flags=re.DOTALL)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^(IO|Invalid Input|Binder|TransactionContext) Error: ", "", lines[0]) if lines else repr(error)
