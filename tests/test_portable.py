"""The same bytes on another CPU: the code paths for newer processors are switched off and everything is made again."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

# What a processor of 2012 lacks, said to NumPy, to the C library and to the compiler of the kernels.
OLDER = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX,-ERMS",
    "NUMBA_CPU_NAME": "generic",
}
MAKE = """
import sys
from datetime import date
import numpy as np
from ordercast import panel, params, samples, simulate, store
from ordercast.features import TARGETS, Problem, every_cell, rows

world = simulate.world(8, 400, 7, date(2026, 10, 31), "BRL")
known = panel.panels(world.prices, world.sales, world.prices["date"].max(), 1)
codes = samples.code_table(world.products, world.prices)
tables = world.tables() | {f"truth_{name}": table for name, table in world.truth.items()}
for name, each in known.items():
    own = samples.codes_of(each.ids, world.products, codes)
    problem = Problem(TARGETS[name], each, samples.horizons(14, 1), own, params.Features())
    learned = samples.training_cells(each, problem.horizons, problem.spec, 7)
    for kind, cells in (("learned", learned), ("asked", every_cell(problem, [each.steps - 1]))):
        tables[f"{kind}_{name}"] = samples.to_frame(rows(problem, cells), each)
store.write_folder(sys.argv[1], {f"{name}.parquet": table for name, table in tables.items()})
print(np.exp(np.linspace(0.1, 3, 1000)).tobytes().hex())
"""


def made_by(folder: Path, older: dict[str, str]) -> subprocess.Popen[str]:
    """A process that makes everything in a folder; compiled kernels are kept apart by processor."""
    return subprocess.Popen(
        [sys.executable, "-c", MAKE, str(folder)],
        env=os.environ | older,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(platform.machine() != "x86_64", reason="switches x86 features off")
def test_data_and_features_do_not_depend_on_the_processor(tmp_path):
    both = made_by(tmp_path / "new", {}), made_by(tmp_path / "old", OLDER)
    (new, new_fault), (old, old_fault) = (process.communicate() for process in both)
    assert [process.returncode for process in both] == [0, 0], new_fault + old_fault
    if new == old:
        pytest.skip("this processor has none of the newer features to switch off")
    made = sorted((tmp_path / "new").iterdir())
    assert {"prices.parquet", "learned_price.parquet", "asked_demand.parquet"} <= {file.name for file in made}
    for file in made:
        assert file.read_bytes() == (tmp_path / "old" / file.name).read_bytes(), file.name
