from ordercast.kernels import compiled, levels, lists


def test_machine_code_is_kept_apart_for_every_state_of_all_kernels(tmp_path):
    """A kernel that is compiled into another must not live on there once it has changed."""
    (tmp_path / "caller.py").write_text("import part")
    (tmp_path / "part.py").write_text("rate = 1")
    before = compiled.cache_folder(tmp_path)
    assert compiled.cache_folder(tmp_path) == before
    (tmp_path / "part.py").write_text("rate = 2")
    assert compiled.cache_folder(tmp_path) != before


def test_kernels_are_kept_in_that_folder():
    assert levels.structures.stats.cache_path.startswith(str(compiled.CACHE))
    assert lists.rhythm.stats.cache_path.startswith(str(compiled.CACHE))
