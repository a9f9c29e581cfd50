"""Large files are read by several processes, and mean the same."""

import gzip

import pytest
from bills import focus, hashes, sample, staged, written

from hackathon.credits.service.bills import crew, stream
from hackathon.credits.service.bills.stage import read_file
from hackathon.shared.errors import Invalid


@pytest.fixture
def together(monkeypatch):
    """Every file is large, and dealt in small parts."""
    monkeypatch.setattr(crew, "is_worth_it", lambda _path: True)
    monkeypatch.setattr(stream, "BLOCK", 5_000)
    monkeypatch.setattr(crew, "HANDED", 12_000)


def summary(folder, data):
    with staged(folder, data) as (scan, stage):
        found = sorted(stage.cells())
        rejects = [(row.line, row.reason) for row in scan.rejects]
        return found, rejects, scan.rows, scan.rejected, scan.digest, scan.through, scan.tag_keys


MIXED = focus(
    *[
        {
            "ServiceName": f'two\nlines, "quoted" {number}' if number % 3 else "plain",
            "BilledCost": "oops" if number % 40 == 7 else f"{number}.0000000001",
            "Tags": '{"team": "owls"}' if number % 2 else "",
        }
        for number in range(400)
    ]
)


@pytest.mark.parametrize(
    "data", [sample(), gzip.compress(sample()), MIXED, b"\xef\xbb\xbf" + MIXED]
)
def test_several_processes_read_what_one_reads(tmp_path, together, monkeypatch, data):
    path = written(tmp_path, data)
    crew.read_together(path, path.with_suffix(".one"), crew.Wish(["team"]), lambda _done: None)
    found = summary(tmp_path, data), hashes(tmp_path, data)
    monkeypatch.setattr(crew, "is_worth_it", lambda _path: False)
    assert (summary(tmp_path, data), hashes(tmp_path, data)) == found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (MIXED[:-60], "Line 6"),
        (b"identity/LineItemId,lineItem/UnblendedCost\n1,2\n", "AWS Cost and Usage"),
        (b"", "empty"),
        (focus({}), 1),
        (
            focus(*[{"ServiceName": 'a "stray'}] * 200).replace(b'""', b'"').replace(b'"a', b"a"),
            200,
        ),
    ],
)
def test_what_several_cannot_read_one_reads_or_refuses_with_its_line(
    tmp_path, together, data, said
):
    path = written(tmp_path, data)
    if isinstance(said, int):
        assert read_file(path, path.with_suffix(".db"), ["team"]).rows == said
        return
    with pytest.raises(Invalid, match=said):
        read_file(path, path.with_suffix(".db"), ["team"])
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv", ".db"]


def on(monkeypatch, processors):
    monkeypatch.setattr(crew.os, "sched_getaffinity", lambda _pid: set(range(processors)))


@pytest.mark.parametrize("processors", [2, 64])
def test_workers_help_where_this_process_may_use_more_than_one_processor(
    tmp_path, monkeypatch, processors
):
    on(monkeypatch, processors)
    monkeypatch.setattr(crew, "LARGE", 1)
    assert crew.is_worth_it(written(tmp_path, b"x"))


def test_one_processor_reads_a_large_file_alone(tmp_path, monkeypatch):
    on(monkeypatch, 1)
    monkeypatch.setattr(crew, "LARGE", 1)
    assert not crew.is_worth_it(written(tmp_path, b"x"))


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, together):
    path = written(tmp_path, MIXED)

    def change(done):
        if done == len(MIXED):
            with path.open("ab") as file:
                file.write(b"\n")

    with pytest.raises(crew.Alone):
        crew.read_together(path, path.with_suffix(".one"), crew.Wish(["team"]), change)
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv"]


def test_who_takes_an_upload_back_ends_its_workers(tmp_path, together):
    path = written(tmp_path, MIXED)

    def cancel(_done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_file(path, path.with_suffix(".one"), ["team"], cancel)
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv"]


def test_a_small_file_is_not_worth_other_processes(tmp_path):
    assert not crew.is_worth_it(written(tmp_path, focus({})))
