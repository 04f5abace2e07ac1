"""What docs/nightly.md says of a data remote, done: a fresh clone pulls and computes nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIPELINE = """
stages:
  watch:
    cmd: exec python -c "open('seen', 'w').write('the same')"
    always_changed: true
    outs: [seen]
  heavy:
    cmd: exec python heavy.py
    deps: [heavy.py, seen]
    outs: [made]
"""
HEAVY = (
    "import os\nos.mkdir('made')\nopen('made/table', 'w').write('42')\nopen(os.environ['COUNTS'], 'a').write('ran ')\n"
)


def blocks() -> list[str]:
    """The shell commands of the section, block by block: folder, clone, S3."""
    section = (ROOT / "docs/nightly.md").read_text().partition("## A data remote")[2]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def test_a_fresh_clone_pulls_instead_of_computing(tmp_path: Path):
    counts, first, second = tmp_path / "counts", tmp_path / "first", tmp_path / "second"
    environment = os.environ | {
        "COUNTS": str(counts),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def shell(script: str, folder: Path) -> str:
        done = subprocess.run(["sh", "-ec", script], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    (first / ".dvc").mkdir(parents=True)
    (first / ".dvc/config").write_text((ROOT / ".dvc/config").read_text())
    (first / "dvc.yaml").write_text(PIPELINE)
    (first / "heavy.py").write_text(HEAVY)
    (first / ".gitignore").write_text("/made\n/seen\n/.dvc/tmp\n/.dvc/cache\n/.dvc/config.local\n")
    shell("git init -q && git add -A && dvc repro -q && git add -A && git commit -qm run", first)
    assert counts.read_text() == "ran "

    push, pull, s3 = blocks()
    assert "/srv/ordercast-store" in push
    shell(push.replace("/srv/ordercast-store", "../store"), first)
    shell("git clone -q first second", tmp_path)
    said = shell(pull, second)
    assert (second / "made/table").read_text() == "42"
    assert counts.read_text() == "ran ", "the heavy stage did not run again"
    assert re.findall("Running stage '(.*)':", said) == ["watch"]
    assert shell("git status --porcelain", second) == ""

    for line in ("dvc remote add -d store s3://", "endpointurl", "--local store secret_access_key"):
        assert line in s3
