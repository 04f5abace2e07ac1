"""Where the database is: one URL from the environment or an untracked .env; its password is never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ordercast.database.words import DatabaseError
from ordercast.sentences import say

VARIABLE = "ORDERCAST_DATABASE_URL"
FORM = "mysql://user:password@host:3306/database"
ESCAPES = say("in a password @ is written %40, : %3A, / %2F, # %23 and % %25")
DEFAULT_PORT = 3306
SYSTEM = ("mysql", "information_schema", "performance_schema", "sys")


class Settings(BaseSettings):
    """What the environment, else a file .env, says."""

    model_config = SettingsConfigDict(
        env_prefix="ORDERCAST_", env_file_encoding="utf-8", extra="ignore", hide_input_in_errors=True
    )
    database_url: SecretStr | None = None


@dataclass(frozen=True)
class Address:
    """One database of one server, and who asks. As text it is `database at host:port`, without user and password."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def __str__(self) -> str:
        """Return what a message may say of it."""
        return f"{self.database} at {self.host}:{self.port}"

    def check_own(self) -> None:
        """Raise DatabaseError where the database is one of the server's own, in which nothing is to be written."""
        if self.database.lower() in SYSTEM:
            told = say(
                "Database %(database)s at %(host)s:%(port)s is the server's own: nothing is written there. CREATE "
                "DATABASE one for Ordercast, and name it at the end of %(variable)s.",
                database=self.database,
                host=self.host,
                port=str(self.port),
                variable=VARIABLE,
            )
            raise DatabaseError(told)

    def scrubbed(self, text: str) -> str:
        """Return the text with *** where the password stood, also as a URL writes it."""
        for secret in {self.password, quote(self.password, safe=""), quote_plus(self.password)} - {""}:
            text = text.replace(secret, "***")
        return text


def given(root: str | Path = ".") -> Address | None:
    """The database of the setting, or None where there is none. Raises DatabaseError for a URL that is none.

    root: the project's folder, whose .env counts where the environment says nothing.
    """
    url = Settings(_env_file=Path(root) / ".env").database_url  # type: ignore[call-arg]  # pydantic takes it off
    return parse(url.get_secret_value()) if url and url.get_secret_value().strip() else None


def address(url: str | None = None) -> Address:
    """The database of a URL, by default of the setting. Raises DatabaseError where there is none, or no URL."""
    found = parse(url) if url else given()
    if found is None:
        raise DatabaseError(f"No database is named. Set {VARIABLE}={FORM} in the environment or in a file .env here.")
    return found


def parse(url: str) -> Address:
    """The parts of a URL, with what it writes as %40 decoded. Raises DatabaseError that repeats none of it."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    how = {"form": FORM, "escapes": ESCAPES}
    try:
        parts = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise DatabaseError(say("The database's URL is not of the form %(form)s; %(escapes)s.", **how)) from None
    if parts.get_backend_name() not in ("mysql", "mariadb"):
        told = say("Only MySQL and MariaDB can be used as the database: its URL must read %(form)s.", **how)
        raise DatabaseError(told)
    if not (parts.host and parts.username and parts.database):
        told = say("The database's URL must name a user, a host and a database: %(form)s; %(escapes)s.", **how)
        raise DatabaseError(told)
    if "@" in parts.host + parts.database:  # the end of a password, which no message may repeat
        raise DatabaseError(say("The database's URL holds an @ too many: %(escapes)s.", **how))
    if parts.query:
        told = say("The database's URL must end with the database's name, without ?...: %(form)s.", **how)
        raise DatabaseError(told)
    # The two clients would take "localhost" for different things, a port and a socket.
    host = "127.0.0.1" if parts.host == "localhost" else parts.host
    return Address(host, parts.port or DEFAULT_PORT, parts.username, str(parts.password or ""), parts.database)
