"""What dvc says is understood; the texts are dvc's own, as it printed them."""

from pathlib import Path
from typing import Any

import pytest

from ordercast.dvc_log import Story, scrubber

RAN = [
    "Running stage 'watch':",
    "> exec python -m ordercast.cli watch",
    "source: simulate",
    "Updating lock file 'dvc.lock'",
]
FAILED = [
    *RAN,
    "",
    "Stage 'data' didn't change, skipping",
    "Running stage 'features':",
    "> exec python -m ordercast.runner features",
    "2 features · 1/3 Load the quotes · 0.4 s · failed",
    "stage features failed in notebook notebooks/2_features.ipynb, cell 1 (Load the quotes): ValueError: bad (row 3)",
    "the cells as they ran, with the traceback: reports/unfinished/2_features.ipynb",
    "ERROR: failed to reproduce 'features': failed to run: exec python -m ordercast.runner features, exited with 1",
]

PRINTED = ("Running stage", "Stage '", "> ", "source: ", "2 features", "prices ")  # not on standard error


def heard(lines: list[str], code: int) -> tuple[Story, list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    times = iter(range(100, 0, -7))  # a clock that jumps back: the seconds are wrong, the outcome is not
    story = Story(lambda event, **fields: events.append({"event": event, **fields}), lambda: float(next(times)))
    for line in lines:
        story.hear(line + "\n", error=not line.startswith(PRINTED))
    story.end(code)
    return story, events


def test_a_failing_cell_is_named_with_its_notebook_and_stage():
    story, events = heard(FAILED, 255)
    assert [(event["stage"], event["how"], event.get("rc")) for event in events] == [
        ("watch", "ran", 0),
        ("data", "unchanged", None),
        ("features", "ran", 1),
    ]
    assert story.told(story.outcome(255), story.message(255)) == {
        "outcome": "failed",
        "message": FAILED[-3],
        "stage": "features",
        "notebook": "notebooks/2_features.ipynb",
        "cell": 1,
        "title": "Load the quotes",
    }


@pytest.mark.parametrize(
    ("lines", "code", "outcome", "message"),
    [
        pytest.param(RAN, 0, "done", "the run is complete", id="done"),
        pytest.param(
            [
                "Running stage 'watch':",
                "prices               4 rows from shop.prices",
                "The tables of database shop at h:3306 cannot be read:",
                "- prices: there is no table shop.prices.",
                "ERROR: failed to reproduce 'watch': failed to run: exec python -m ordercast.cli watch, exited with 5",
            ],
            255,
            "not_there",
            "stage watch failed: The tables of database shop at h:3306 cannot be read: - prices: there is no table "
            "shop.prices.",
            id="database",
        ),
        pytest.param(
            ["ERROR: failed to reproduce 'data': [Errno 2] No such file or directory: '/srv/shop'"],
            255,
            "not_there",
            "stage data needs /srv/shop, which is not there. data.path in params.yaml names the folder of your tables",
            id="no_folder",
        ),
        pytest.param(
            ["ERROR: failed to reproduce 'data': missing data 'source': data/input"],
            255,
            "not_there",
            "stage data needs data/input, which is not there. data.path in params.yaml",
            id="no_source",
        ),
        pytest.param(
            ["ERROR: failed to reproduce 'features': dependency 'data/raw' does not exist"],
            255,
            "not_there",
            "stage features needs data/raw, which is not there",
            id="no_dependency",
        ),
        pytest.param(
            [
                "Running stage 'data':",
                "dvc.yaml: stage data declares base.sead, which is no parameter",
                "ERROR: failed to reproduce 'data': failed to run: exec python -m ordercast.runner data, exited with 2",
            ],
            255,
            "settings",
            "stage data failed: dvc.yaml: stage data declares base.sead, which is no parameter",
            id="settings",
        ),
        pytest.param(
            [
                "ERROR: failed to reproduce 'a': '/srv/a.txt' is busy, it is being blocked by:",
                "  (PID 19582): /srv/dvc/__main__.py repro",
                "",
                "If there are no processes with such PIDs, you can manually remove '.dvc/tmp/rwlock' and try again.",
            ],
            255,
            "busy",
            "pid 19582 (/srv/dvc/__main__.py repro) is at it in this folder. Wait for its end, or end that process",
            id="somebody_runs_dvc",
        ),
        pytest.param(
            ["ERROR: Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly."],
            255,
            "busy",
            "another dvc is at it in this folder. Wait",
            id="dvc_between_two_stages",
        ),
        pytest.param(
            [
                "Running stage 'data':",
                "Traceback (most recent call last):",
                '  File "x.py", line 1, in <module>',
                "KeyError: 'sku'",
                "ERROR: failed to reproduce 'data': failed to run: exec python x.py, exited with 1",
            ],
            255,
            "failed",
            "stage data failed: KeyError: 'sku'",
            id="traceback",
        ),
        pytest.param(
            [
                *FAILED[:-3],
                "stage features failed in notebook notebooks/2.ipynb, cell 1 (Load): InputError: The input has faults:",
                "- prices (prices.csv) row 3: bad",
                *FAILED[-2:],
            ],
            255,
            "failed",
            "stage features failed in notebook notebooks/2.ipynb, cell 1 (Load): InputError: The input has faults: "
            "- prices (prices.csv) row 3: bad",
            id="faults_of_the_input",
        ),
        pytest.param(["ERROR: you are not inside of a DVC"], 253, "failed", "ERROR: you", id="no_dvc"),
        pytest.param([], -9, "failed", "dvc ended with -9", id="dvc_was_killed"),
    ],
)
def test_the_outcome_of_a_run(lines: list[str], code: int, outcome: str, message: str):
    story, _ = heard(lines, code)
    assert story.outcome(code) == outcome
    assert story.message(code).startswith(message)
    assert "\n" not in story.message(code)


def test_what_is_said_better_is_told_apart():
    lines = [
        "WARNING: odd",
        "ERROR: failed to reproduce 'a': '/srv/a.txt' is busy, it is being blocked by:",
        "  (PID 1): dvc repro",
        "",
        "If there are no processes with such PIDs, you can manually remove '.dvc/tmp/rwlock' and try again.",
    ]
    story = Story()
    assert [story.hear(line, error=True) for line in lines] == [False, True, True, True, True]


@pytest.mark.parametrize("where", ["environment", "file"])
def test_passwords_do_not_get_further(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    if where == "environment":
        monkeypatch.setenv("ORDERCAST_DATABASE_URL", "mysql://shop:s3cret-one@h/db")
    else:
        Path(".env").write_text("ORDERCAST_DATABASE_URL=mysql://shop:s3cret-one@h/db\n")
    lines = ["Running stage 'data':", "mysql://a:other@h/db refused, the password was s3cret-one"]
    story, _ = heard([*lines, "ERROR: failed to reproduce 'data': failed to run: x, exited with 1"], 255)
    assert story.message(255) == "stage data failed: mysql://***@h/db refused, the password was ***"


def test_the_example_of_an_address_is_no_secret():
    text = "Set ORDERCAST_DATABASE_URL=mysql://user:password@host:3306/database; mysql://me:a@b@host/db is wrong"
    assert scrubber()(text) == text.replace("me:a@b", "***")
