"""A few hundred of the files that `python -m tests.fuzz_sources` draws by the hundred thousand."""

from pathlib import Path

from tests import fuzz_sources


def test_some_hundred_strange_files_are_read_or_refused_in_words(tmp_path: Path):
    counts = fuzz_sources.cases(0, 300, tmp_path)
    assert counts["failures"] == 0
    assert counts["files"] >= 300
    assert min(counts["table read"], counts["table refused"], counts["table with faults"]) > 20
    assert counts["folders"] > 0


def test_a_failure_is_told_with_its_case(tmp_path: Path, monkeypatch, capsys):
    class Panic(BaseException):
        pass

    def panics(number: int, folder: Path) -> None:
        if number == 2:
            raise Panic("out of bounds")
        return fuzz_sources.Counter(files=1)

    monkeypatch.setattr(fuzz_sources, "case", panics)
    assert fuzz_sources.cases(0, 4, tmp_path) == {"files": 3, "failures": 1}
    assert capsys.readouterr().err == "case 2: Panic: out of bounds\n"
