"""Settings come from the environment, a file `.env`, or files of secrets."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import SECRETS_FOLDER_VARIABLE, Settings


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of secrets, and nothing else that sets anything."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SECRETS_FOLDER_VARIABLE, str(folder))
    for name in ("FUNDTRAIL_DATABASE_URL", "FUNDTRAIL_PORT"):
        monkeypatch.delenv(name, raising=False)
    return folder


def test_a_file_is_the_value_of_the_setting_that_it_is_named_after(secrets: Path) -> None:
    (secrets / "fundtrail_database_url").write_text(
        "postgresql+psycopg://app:pw@database/fundtrail\n", encoding="utf-8"
    )
    assert Settings().database_url == "postgresql+psycopg://app:pw@database/fundtrail"


def test_the_environment_and_the_file_of_settings_win_over_files_of_secrets(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / "fundtrail_port").write_text("1", encoding="utf-8")
    assert Settings().port == 1
    Path(".env").write_text("FUNDTRAIL_PORT=2\n", encoding="utf-8")
    assert Settings().port == 2
    monkeypatch.setenv("FUNDTRAIL_PORT", "3")
    assert Settings().port == 3
    assert Settings(port=4).port == 4


def test_a_value_out_of_range_in_a_file_is_refused(secrets: Path) -> None:
    (secrets / "fundtrail_port").write_text("many", encoding="utf-8")
    with pytest.raises(ValidationError):
        Settings()


def test_a_folder_that_is_not_there_says_nothing(secrets: Path) -> None:
    secrets.rmdir()
    assert Settings().port == 8000
