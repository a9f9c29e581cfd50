"""Settings: every problem at once, secrets masked and kept private."""

import pytest

from hackathon.shared.settings import BadSettings, keep_settings, prepare_folder, read_settings


def test_every_wrong_setting_is_reported_at_once(monkeypatch):
    monkeypatch.setenv("HACKATHON_PUBLIC_URL", "ftp://x")
    monkeypatch.setenv("HACKATHON_MAIL_PORT", "0")
    monkeypatch.setenv("HACKATHON_SECRET_KEY", "short")
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    with pytest.raises(BadSettings) as wrong:
        read_settings()
    lines = str(wrong.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "DATABASE_URL",
        "HACKATHON_SECRET_KEY",
        "HACKATHON_PUBLIC_URL",
        "HACKATHON_MAIL_PORT",
    ]


def test_secrets_are_masked(tmp_path):
    settings = read_settings(instance=tmp_path, secret_key="s" * 40, mail_password="hush")
    assert settings.shown()["secret_key"] == "***"
    assert settings.shown()["mail_password"] == "***"


def test_the_secret_is_made_once_and_is_private(tmp_path):
    settings = read_settings(instance=tmp_path / "instance")
    first = prepare_folder(settings)
    assert prepare_folder(settings) == first
    assert len(first) >= 32
    assert (settings.folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert settings.folder.stat().st_mode & 0o777 == 0o700


def test_the_demo_has_a_database_of_its_own_and_is_always_sqlite(tmp_path):
    settings = read_settings(instance=tmp_path, demo=True)
    assert settings.database == f"sqlite:///{tmp_path / 'demo' / 'hackathon.db'}"
    with pytest.raises(BadSettings, match="demo is always SQLite"):
        read_settings(instance=tmp_path, demo=True, database_url="postgresql://x/y")


def test_a_postgresql_address_gets_its_driver():
    settings = read_settings(database_url="postgresql://user@host/db")
    assert settings.database == "postgresql+psycopg://user@host/db"


def test_https_decides_about_secure_cookies():
    assert read_settings(public_url="https://hack.example.com/").secure
    assert not read_settings(public_url="http://10.0.0.5:5000").secure


def test_what_was_told_on_a_page_is_kept_privately_and_masked(tmp_path, monkeypatch):
    keep_settings(tmp_path, {"mail_server": "smtp.example.com", "mail_password": "hush"})
    keep_settings(tmp_path, {"public_url": "http://10.0.0.5:5000/", "secret_key": "s" * 40})
    settings = read_settings(instance=tmp_path)
    assert (settings.mail_server, settings.public_url) == (
        "smtp.example.com", "http://10.0.0.5:5000",
    )  # fmt: skip
    assert settings.shown()["mail_password"] == "***"
    assert "secret_key" not in (tmp_path / "settings.json").read_text()
    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("HACKATHON_MAIL_SERVER", "other.example.com")
    assert read_settings(instance=tmp_path).mail_server == "other.example.com"
    assert read_settings(instance=tmp_path, demo=True).mail_password == ""


@pytest.mark.parametrize("kept", [{"public_url": "ftp://x"}, {"mail_port": 0}])
def test_a_wrong_setting_is_not_kept(tmp_path, kept):
    with pytest.raises(BadSettings):
        keep_settings(tmp_path, kept)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_of_settings_is_named(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(BadSettings, match=r"settings\.json cannot be read"):
        read_settings(instance=tmp_path)
