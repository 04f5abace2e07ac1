"""What went wrong with the database, in a sentence: what, where, what to do. A password is never part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ordercast.database.settings import Address

RIGHTS = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW"
AGAIN = "Nothing was lost; run the same command again"


class DatabaseError(Exception):
    """The database cannot be used; the text is written for the reader and holds no password."""

    outcome = "not_there"


class Cause(NamedTuple):
    """One kind of error: how it is recognised in a server's message, what it means, what to do."""

    pattern: str
    what: str
    cure: str


# In the order in which they are tried. Both clients hand the server's own words on, in English or by number.
CAUSES = tuple(
    Cause(*texts)
    for texts in (
        (
            r"\b1044\b|Access denied for user \S+ to database",
            "user {user} has no rights in database {database}",
            "Let its owner GRANT " + RIGHTS + " ON {database}.*, or only SELECT where it is but read",
        ),
        (
            r"\b1045\b|\b1698\b|Access denied for user",
            "the server refuses user {user} with this password",
            "Correct user and password in ORDERCAST_DATABASE_URL; a sign such as @ is written %40 there",
        ),
        (
            r"(?P<right>[A-Z ]+) command denied to user \S+ for table (?P<table>\S+)",
            "user {user} may not {right} in table {table}",
            "Let its owner GRANT " + RIGHTS + " ON {database}.*, or only SELECT where it is but read",
        ),
        (
            r"\b1142\b|\b1227\b|\b1370\b|[Cc]ommand denied|you need .* privilege",
            "user {user} lacks a right for it",
            "Let its owner GRANT " + RIGHTS + " ON {database}.*",
        ),
        (
            r"\b1049\b|Unknown database",
            "there is no database {database} on this server",
            "Correct its name in ORDERCAST_DATABASE_URL, or CREATE DATABASE it",
        ),
        (
            r"\b200[235]\b|Can't connect|Unknown (MySQL )?server host|Name or service not known",
            "no server answers at {host}:{port}",
            "Start it, or correct host and port in ORDERCAST_DATABASE_URL",
        ),
        (
            r"\b(2006|2013|1927|1053|1152|1158|1160)\b|Lost connection|gone away|was killed|shutdown in progress"
            r"|Failed to fetch|[Bb]roken pipe|reset by peer|Packet sequence|invalid transaction is rolled back",
            "the connection was lost",
            "See to it that the server runs. {again}",
        ),
        (
            r"\b1205\b|[Ll]ock wait timeout",
            "another session held a lock for more than {wait} s",
            "SHOW PROCESSLIST names it; wait for it or end it. {again}",
        ),
        (r"\b1213\b|Deadlock", "another session wanted the same rows at the same time", "{again}"),
        (
            r"\b(1114|1021)\b|table '[^']*' is full|Disk full",
            "the server's disk is full",
            "Free space there. {again}",
        ),
        (
            r"No space left|File too large|disk quota|out of disk",
            "the disk of this folder is full",
            "Free space on it. {again}",
        ),
        (
            r"\b(1290|1836|1792)\b|read[ -]only",
            "the server is read-only",
            "Name the server that takes writes in ORDERCAST_DATABASE_URL",
        ),
        (r"\b1040\b|Too many connections", "the server has no connection left", "Wait a moment. {again}"),
        (r"\b1153\b|max_allowed_packet", "a row is larger than the server takes", "Raise its max_allowed_packet"),
        (
            r"\b(1146|1054|1051)\b|doesn't exist|Unknown column",
            "a table or column is not as it was a moment ago ({said})",
            "See who changes the schema. {again}",
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


def sentence(error: BaseException, address: Address, doing: str, wait_seconds: int = 0, again: str = AGAIN) -> str:
    """Return the error in words: what was done, on which database, why it failed, what to do.

    again: what to do once the cause is gone.
    """
    said = _server_words(error)
    parts = {"user": address.user, "host": address.host, "port": address.port, "database": address.database}
    for cause in CAUSES:
        if found := re.search(cause.pattern, said):
            named = {key: re.sub("[ `'\")]", "", value or "") for key, value in found.groupdict().items()}
            known = parts | named | {"wait": wait_seconds, "said": said, "again": again}
            text = f"{cause.what}. {cause.cure}".format_map({key: str(value) for key, value in known.items()})
            break
    else:
        text = f"{said.rstrip('.')}. {again}; if it fails again, the server's log may say more"
    return address.scrubbed(f"{doing} failed, database {address}: {text}.")


def _server_words(error: BaseException) -> str:
    """What the server or the system said, on one line, without the statement that it was about."""
    text = str(getattr(error, "orig", None) or error)
    text = re.sub(r'(Failed to (?:run|prepare|execute)[^"]*query) ".*": ', "", text, flags=re.DOTALL)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"^(IO|Invalid Input|Binder|TransactionContext) Error: ", "", lines[0]) if lines else repr(error)
