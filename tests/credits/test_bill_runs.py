"""The folder a bill is staged in: gone with the block, and what a kill left behind goes later."""

import os
import time
from fcntl import LOCK_EX, flock

import pytest

from hackathon.credits.service.bills import runs


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(runs.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left(folder, name, seconds):
    path = folder / name
    path.mkdir()
    (path / "stage.db").write_bytes(b"left")
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_the_folder_goes_with_the_block_even_when_it_fails(temporary):
    with pytest.raises(ValueError, match="bad"), runs.place_for_stage() as place:
        assert place.parent == temporary
        raise ValueError("bad")
    assert list(temporary.iterdir()) == []


def test_what_a_kill_left_an_hour_ago_goes_and_nothing_else(temporary):
    left(temporary, "hackathon-bill-killed", 4000)
    kept = {
        left(temporary, "hackathon-bill-young", 60),
        left(temporary, "hackathon-bill-held", 4000),
        left(temporary, "another-thing", 4000),
    }
    holder = os.open(temporary / "hackathon-bill-held", os.O_RDONLY)
    flock(holder, LOCK_EX)
    with runs.place_for_stage() as place:
        assert set(temporary.iterdir()) == kept | {place}
    os.close(holder)


def test_two_imports_at_once_leave_each_other_alone(temporary):
    with runs.place_for_stage() as first:
        os.utime(first, (1, 1))  # a very long import
        with runs.place_for_stage() as second:
            assert (first.exists(), second.exists()) == (True, True)
