"""Backups while others write, and their return."""

import fcntl
import io
import json
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest
from make import make_person

from hackathon.office.service import copies
from hackathon.people import service as people
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, transaction
from hackathon.shared.errors import Conflict, Invalid, NotFound

ROOT = Path(__file__).parents[2]


def _add(count, begin=0):
    for number in range(begin, begin + count):
        with transaction() as session:
            people.add_person(
                session, COMMAND_LINE, email=f"p{number}@example.com", name=f"P {number}"
            )


def _names(path):
    connection = sqlite3.connect(path)
    found = {row[0] for row in connection.execute("SELECT email FROM people")}
    connection.close()
    return found


@pytest.fixture
def file(app, tmp_path):
    """The database of the application, with three people and the tables of every feature."""
    with app.app_context():
        _add(3)
    return Path(tmp_path / "hackathon.db")


def _restore(packed, database, tmp_path):
    return copies.restore_backup(packed, database, tmp_path / "uploads")


def _let_go_of(app):
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_backup_taken_under_writers_holds_everything_acknowledged_before_it(app, file, tmp_path):
    acknowledged = []

    def write(worker):
        with app.app_context():
            for number in range(15):
                _add(1, begin=1000 * worker + number)
                acknowledged.append(f"p{1000 * worker + number}@example.com")

    writers = [threading.Thread(target=write, args=(worker,)) for worker in (1, 2, 3, 4)]
    for writer in writers:
        writer.start()
    promised = []
    for number in range(3):
        promised.append(set(acknowledged))
        copies.write_backup(file, tmp_path / "uploads", tmp_path / f"{number}.tar")
    for writer in writers:
        writer.join()
    for number, wanted in enumerate(promised):
        with tarfile.open(tmp_path / f"{number}.tar") as tar:
            (tmp_path / str(number)).mkdir()
            content = tar.extractfile("hackathon.db").read()
            (tmp_path / str(number) / "hackathon.db").write_bytes(content)
        assert wanted <= _names(tmp_path / str(number) / "hackathon.db")


def test_a_backup_comes_back_and_the_old_database_is_kept(app, file, tmp_path):
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "picture.png").write_bytes(b"before")
    packed = tmp_path / "backup.tar"
    made = copies.write_backup(file, uploads, packed)
    assert (made.uploads, made.facts, packed.stat().st_mode & 0o777) == (1, 3, 0o600)
    with app.app_context():
        _add(1, begin=50)
    (uploads / "picture.png").write_bytes(b"after")
    _let_go_of(app)
    done = _restore(packed, file, tmp_path)
    assert _names(file) == {f"p{number}@example.com" for number in range(3)}
    assert (uploads / "picture.png").read_bytes() == b"before"
    old = next(path for path in done.kept if path.name.startswith("hackathon.db.before"))
    assert "p50@example.com" in _names(old)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".restore")]
    with app.app_context():
        _add(1, begin=60)


def test_the_secret_key_is_not_in_a_backup(app, file, tmp_path):
    copies.write_backup(file, tmp_path / "uploads", tmp_path / "backup.tar")
    secret = (tmp_path / "instance" / "secret_key").read_bytes().strip()
    assert secret not in (tmp_path / "backup.tar").read_bytes()
    with tarfile.open(tmp_path / "backup.tar") as tar:
        assert tar.getnames() == ["backup.json", "hackathon.db"]


def _pack(target, files):
    with tarfile.open(target, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"hackathon.db": b"x"},
        {"backup.json": b"[]", "hackathon.db": b"x"},
        {"backup.json": b"{}", "hackathon.db": b"x"},
        {"../evil": b"x"},
        {"/evil": b"x"},
        {"uploads/../../evil": b"x"},
        {"secret_key": b"x"},
    ],
    ids=["empty", "bare", "list", "nothing", "above", "root", "out", "secret"],
)
def test_what_is_no_backup_is_refused_and_nothing_changes(file, tmp_path, files):
    before = _names(file)
    packed = _pack(tmp_path / "bad.tar", files)
    with pytest.raises(Invalid, match="no backup"):
        _restore(packed, file, tmp_path)
    assert _names(file) == before
    assert not (tmp_path.parent / "evil").exists()


def test_a_link_inside_a_backup_is_refused(file, tmp_path):
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        member = tarfile.TarInfo("hackathon.db")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(Invalid, match="no backup"):
        _restore(tmp_path / "bad.tar", file, tmp_path)


def test_a_text_is_no_backup(file, tmp_path):
    (tmp_path / "bad.tar").write_text("hello")
    with pytest.raises(Invalid, match="no backup"):
        _restore(tmp_path / "bad.tar", file, tmp_path)


def _changed(file, tmp_path, statements, *, honest):
    """A backup whose database was changed; with `honest` the manifest fits the change."""
    copies.write_backup(file, tmp_path / "uploads", tmp_path / "good.tar")
    with tarfile.open(tmp_path / "good.tar") as tar:
        (tmp_path / "open").mkdir(exist_ok=True)
        for name in ("hackathon.db", "backup.json"):
            (tmp_path / "open" / name).write_bytes(tar.extractfile(name).read())
    database = tmp_path / "open" / "hackathon.db"
    connection = sqlite3.connect(database, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    manifest = json.loads((tmp_path / "open" / "backup.json").read_text())
    if honest:
        manifest["sha256"] = copies._digest(database)
    return _pack(
        tmp_path / "changed.tar",
        {"backup.json": json.dumps(manifest).encode(), "hackathon.db": database.read_bytes()},
    )


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["DROP TRIGGER facts_no_update", "UPDATE facts SET kind = 'x'"], "fit its chain"),
        (["DROP TRIGGER facts_no_delete", "DELETE FROM facts WHERE position = 1"], "missing"),
        (["INSERT INTO site_roles VALUES (1, 99, 'admin', '2026-01-01')"], "refers to a row"),
        (["UPDATE alembic_version SET version_num = '9999'"], "newer"),
    ],
    ids=["chain", "gap", "reference", "revision"],
)
def test_a_damaged_backup_is_refused_and_nothing_changes(file, tmp_path, statements, said):
    before = _names(file)
    packed = _changed(file, tmp_path, statements, honest=True)
    with pytest.raises(Conflict, match=said):
        _restore(packed, file, tmp_path)
    assert _names(file) == before


def test_a_backup_with_another_database_inside_is_refused(file, tmp_path):
    packed = _changed(file, tmp_path, ["DELETE FROM notices"], honest=False)
    packed = _changed(file, tmp_path, ["CREATE TABLE more (id)"], honest=False)
    with pytest.raises(Invalid, match="not the one"):
        _restore(packed, file, tmp_path)


def test_a_database_that_somebody_reads_is_not_replaced(app, file, tmp_path):
    copies.write_backup(file, tmp_path / "uploads", tmp_path / "backup.tar")
    _let_go_of(app)
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM people").fetchone()
    with pytest.raises(Conflict, match="uses the database"):
        _restore(tmp_path / "backup.tar", file, tmp_path)
    reader.close()
    assert _restore(tmp_path / "backup.tar", file, tmp_path).facts == 3


def test_a_restore_replaces_a_database_that_cannot_be_read(app, file, tmp_path):
    copies.write_backup(file, tmp_path / "uploads", tmp_path / "backup.tar")
    _let_go_of(app)
    file.write_bytes(b"no database at all" * 500)
    done = _restore(tmp_path / "backup.tar", file, tmp_path)
    assert done.kept
    assert len(_names(file)) == 3


def test_a_damaged_database_gives_no_backup(app, file, tmp_path):
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("DROP TRIGGER facts_no_update")
    connection.execute("UPDATE facts SET kind = 'x'")
    connection.close()
    with pytest.raises(Conflict, match="damaged"):
        copies.write_backup(file, tmp_path / "uploads", tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


def test_a_backup_needs_a_folder_and_a_database(tmp_path):
    with pytest.raises(NotFound, match="no folder"):
        copies.write_backup(tmp_path / "x.db", tmp_path / "uploads", tmp_path / "no" / "b.tar")
    with pytest.raises(NotFound, match="no database"):
        copies.write_backup(tmp_path / "x.db", tmp_path / "uploads", tmp_path / "b.tar")


def test_the_commands_back_up_restore_and_refuse_beside_a_server(hackathon, tmp_path):
    instance = hackathon.instance
    assert hackathon("people", "add", "a@example.com", "--name", "A").returncode == 0
    made = hackathon("backup", str(tmp_path / "b.tar"))
    assert (made.returncode, "Checked" in made.stdout) == (0, True)
    assert hackathon("people", "add", "b@example.com", "--name", "B").returncode == 0
    with (instance / "server.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = hackathon("restore", str(tmp_path / "b.tar"))
    assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
    done = hackathon("restore", str(tmp_path / "b.tar"))
    assert (done.returncode, "Kept:" in done.stdout) == (0, True)
    assert _names(instance / "hackathon.db") == {"a@example.com"}
    assert hackathon("verify").stdout == "Everything fits.\n"
    assert hackathon("restore", str(tmp_path / "none.tar")).returncode == 2
    bad = hackathon("restore", str(tmp_path / "b.tar"), HACKATHON_MAIL_PORT="0")
    assert (bad.returncode, "HACKATHON_MAIL_PORT" in bad.stderr) == (1, True)


def test_postgresql_is_left_to_its_own_tool():
    with pytest.raises(Conflict, match=r"pg_dump .*postgresql://u:\*\*\*@h/d"):
        copies.sqlite_file("postgresql+psycopg://u:secret@h/d", otherwise="pg_dump '{address}'")


def test_a_person_made_by_hand_is_in_the_backup(app, file, tmp_path):
    with app.app_context(), transaction() as session:
        make_person(session, name="Olga")
    copies.write_backup(file, tmp_path / "uploads", tmp_path / "b.tar")
    _let_go_of(app)
    _restore(tmp_path / "b.tar", file, tmp_path)
    assert "olga@example.com" in _names(file)
