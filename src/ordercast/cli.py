"""The `ordercast` command. Each command imports what it needs when it is called, so all of them start at once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ordercast import outcomes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="When to buy, and how much: from price and sales tables to purchase orders.",
)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def repro(context: typer.Context) -> None:
    """Run what has changed, from data to published orders (`dvc repro`; its options may follow), and sum it up."""
    from ordercast import publish as publishing

    _params(whole=True)
    code = _reproduced("ordercast repro", *context.args)
    if code == 0:
        typer.echo()
        if publishing.ever(Path()):
            summary()
        else:  # only some of the stages were asked for
            typer.echo("nothing is published yet; `ordercast repro` without a stage runs them all and publishes")
    raise typer.Exit(code)


@app.command()
def nightly(
    time_limit: Annotated[float | None, typer.Option(help="minutes after which the run is ended", min=0.01)] = None,
    log: Annotated[Path, typer.Option(help="file that gets a JSON line per event")] = Path("data/nightly/log.jsonl"),
) -> None:
    """Run what has changed, for a scheduler: alone, within its time, with an exit code that says what happened.

    0 done, 1 a stage failed, 2 settings wrong, 3 busy, 4 timed out, 5 source or database not there, 128+n signal n;
    the same numbers as of every other command (docs/nightly.md).
    """
    from ordercast import nightly as nights

    raise typer.Exit(nights.run(time_limit_s=60 * time_limit if time_limit else None, log=log))


@app.command()
def watch() -> None:
    """Note down what DVC cannot see, for the stages that depend on it: the shop's state and people's decisions."""
    from ordercast import watch as watching

    given = _params()
    with _readable(watching.NotThere):
        typer.echo(watching.watch(Path(), given.data))


@app.command()
def publish() -> None:
    """Show a finished run to people: copy its results to data/published and make it the current one."""
    from ordercast import database, store
    from ordercast import publish as publishing

    _params()
    with _readable(publishing.PublishError, database.DatabaseError):
        deliver = database.delivery()
        run = publishing.publish(Path(), deliver)
    store.views(Path())
    also = " and in the database" if deliver else ""
    typer.echo(f"published run {run['run_id']}: {len(run['files'])} files in {publishing.current(Path())}{also}")


@app.command()
def snapshot() -> None:
    """Copy the input tables from the database to data/snapshot, where data.source says so (a stage of the run)."""
    from ordercast.database import DatabaseError
    from ordercast.database.snapshot import snapshot

    data = _params().data
    with _readable(DatabaseError):
        snapshot(data.source, data.tables, data.columns, tell=typer.echo)


@app.command()
def load(
    path: Annotated[str, typer.Argument(help="folder with the tables, or the word simulated")],
    url: Annotated[
        str | None, typer.Option("--database", help="mysql://user:password@host:3306/db; else ORDERCAST_DATABASE_URL")
    ] = None,
) -> None:
    """Put checked tables, or the simulated world of params.yaml, into MySQL: all or none."""
    from ordercast import database, sources
    from ordercast.database import load as loading

    if path != "simulated":
        _check_folder(path)
    given = _params()
    base, data = (section.model_dump(mode="json") for section in (given.base, given.data))
    source = {"source": "simulate"} if path == "simulated" else {"source": "files", "path": path}
    with _readable(database.DatabaseError, sources.InputError):
        address = database.address(url)
        loading.load(address, sources.take(data | source, base).raw.tables(), tell=typer.echo)
    typer.echo(f"loaded into database {address}")


@app.command()
def summary() -> None:
    """Say what the published run came to: data, forecast errors, orders to place, where to look."""
    from ordercast import publish as publishing
    from ordercast import summary as summing

    with _readable(publishing.PublishError):
        typer.echo(summing.text(Path()))


@app.command()
def check() -> None:
    """Check params.yaml and run nothing."""
    _params(whole=True)
    typer.echo("params.yaml is in order")


@app.command()
def tune(
    trials: Annotated[int, typer.Option(help="settings to try", min=1, max=1000)] = 25,
    write: Annotated[bool, typer.Option(help="write what is better to params.yaml")] = True,
) -> None:
    """Search for better training settings, judged before the first test day, and write them to params.yaml.

    What it learns from is brought up to date with params.yaml first (`ordercast repro features`).
    """
    from ordercast import store
    from ordercast import tune as tuning

    given, path = _params(whole=True), Path("params.yaml")
    with _readable(ValueError):
        tuning.rewritten(path.read_text(encoding="utf-8"), given.train, "")  # before the work rather than after
    if code := _reproduced("ordercast tune", "features"):
        raise typer.Exit(code)
    with _readable(FileNotFoundError, ValueError):
        tasks, until = tuning.tasks(given)
    found = tuning.search(
        tasks,
        given.train,
        trials=trials,
        seed=given.base.seed,
        threads=given.base.threads,
        tell=lambda number, loss: typer.echo(f"{number:>4}  loss {loss:.4f}{'' if number else '  (as it is)'}"),
    )
    store.write_json(tuning.report(found, given.data, until), "reports/tune.json")
    evidence = tuning.evidence(found, given.data, until)
    if not found.better:
        typer.echo(f"the settings in force stay: no other has a loss below theirs{evidence}")
    elif write:
        text = tuning.rewritten(path.read_text(encoding="utf-8"), found.settings, evidence)
        with store.replacing(path) as beside:
            beside.write_text(text, encoding="utf-8")
        typer.echo(f"params.yaml has the best{evidence}; `ordercast repro` uses it. All trials: reports/tune.json")
    else:
        typer.echo(f"the best{evidence}; params.yaml is as it was. All trials: reports/tune.json")


@app.command()
def validate(
    path: Annotated[Path, typer.Argument(help="folder with the tables")],
    form: Annotated[
        Literal["text", "csv", "html"] | None, typer.Option("--format", help="by default as --out ends, else text")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="file to write it to instead of here: .txt, .csv or .html")] = None,
) -> None:
    """Check the tables in a folder, row by row, and change nothing; columns are named as in params.yaml."""
    from ordercast import params, samples, sources, store, verdict

    _check_folder(path)
    with _readable(outcomes.UsageError):
        chosen = verdict.form(form, out, path)
    given = _params() if Path("params.yaml").exists() else params.Params()
    ahead, features = given.base.horizon_days, given.features
    found = verdict.judge(
        path,
        needs=sources.Needs(ahead, samples.least_days(ahead), features.ended_after_days, given.data.frequency),
        columns=given.data.columns,
        currency=given.base.currency,
        today=given.base.today,
        writing=sources.Writing(given.data.decimal, given.data.dates),
    )
    told = verdict.FORMS[chosen](found)
    if out:
        try:
            store.write_text("\ufeff" * (chosen == "csv") + told, out)  # the mark tells Excel that it is UTF-8
        except OSError as error:
            typer.echo(f"{out} cannot be written: {error.strerror}", err=True)
            raise typer.Exit(outcomes.CODES["failed"]) from None
        typer.echo(f"{verdict.in_short(found)} The details are in {out}")
    else:
        typer.echo(told, nl=False, err=chosen == "text" and not found.good)
    raise typer.Exit(0 if found.good else 1)


@app.command()
def export(
    forms: Annotated[str, typer.Option("--format", help="of the files, with commas")] = "xlsx,csv,ubl,ics",
    out: Annotated[Path, typer.Option(help="folder for the files")] = Path("data/export"),
) -> None:
    """Write the approved orders of the ledger, by supplier: workbook, CSV, UBL 2.1 orders, calendar."""
    from ordercast import ledger
    from ordercast.dashboard.files import Missing
    from ordercast.takeaway import approved

    with _readable(approved.NotExported, Missing, ledger.LedgerError, OSError):
        approved.write(Path(), forms.split(","), out, tell=typer.echo)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="the checks as JSON")] = False) -> None:
    """Say what is missing on this machine and how to get it; exit code 0 when all that is needed is there."""
    import datetime as dt
    import json

    from ordercast import doctor as doctors

    checks = doctors.look(Path(), os.environ, dt.datetime.now(dt.UTC))
    typer.echo(json.dumps(doctors.report(checks), indent=1) if as_json else doctors.lines(checks))
    raise typer.Exit(any(check.state == "missing" for check in checks))


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=1024, max=65535)] = 8866,
    token: Annotated[str, typer.Option(envvar="ORDERCAST_DASHBOARD_TOKEN", help="what visitors must bring")] = "",
) -> None:
    """Serve the page with prices, forecasts and orders on this machine until Ctrl-C."""
    from ordercast import publish as publishing

    with _readable(publishing.PublishError):
        publishing.current(Path())
    from ordercast import dashboard as pages
    from ordercast.runner import die_with

    if "MAKELEVEL" in os.environ:  # a killed `make` does not take its children along
        die_with(os.getppid())()
    with _readable(outcomes.UsageError):
        port = pages.free_port(port)
    command, environment = pages.serve_command(Path.cwd(), port, token)
    asked = "?token=..." if token else ""
    typer.echo(f"the dashboard is at http://127.0.0.1:{port}/{asked} (Ctrl-C ends it)")
    sys.stdout.flush()
    os.execve(command[0], command, environment)


def _reproduced(command: str, *arguments: str) -> int:
    """The exit code of `dvc repro` with these arguments, alone in this folder; command: what is said to be at it."""
    from ordercast import lock
    from ordercast import repro as running
    from ordercast.runner import die_with

    if "MAKELEVEL" in os.environ:  # a killed `make` does not take its children along
        die_with(os.getppid())()
    with _readable(lock.Busy, OSError), lock.alone(command):
        running.forget_the_dead()
        return running.run(["repro", *arguments])


def _check_folder(path: str | Path) -> None:
    with _readable(outcomes.UsageError):
        if not Path(path).is_dir():
            found = "is a file" if Path(path).exists() else "is not there"
            raise outcomes.UsageError(f"{path} {found}; name the folder that holds your tables")


def _params(whole: bool = False) -> Any:
    from ordercast import params

    with _readable(params.ParamsError):
        return params.load("params.yaml", whole=whole)


@contextmanager
def _readable(*errors: type[Exception]) -> Iterator[None]:
    """An error that is written for the reader is printed as it is, without a trace, and ends the command."""
    try:
        yield
    except errors as told:
        typer.echo(str(told), err=True)
        raise typer.Exit(outcomes.code_of(told)) from None


if __name__ == "__main__":
    app()
