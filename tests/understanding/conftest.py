"""The model that the tests of this folder look at."""

import pytest

from bot.engine.training import find_model, train
from bot.settings import Settings, read_settings


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Where a current model is: that of the installation, or one that is trained for the tests."""
    installed = read_settings()
    if find_model(installed).current:
        return installed
    fresh = installed.model_copy(update={"models_dir": tmp_path_factory.mktemp("models")})
    train(fresh)
    return fresh
