"""Scripts of the letters of a username."""

import pytest

from models.username_scripts import has_mixed_scripts


@pytest.mark.parametrize(
    "username",
    ["ada_1815", "张三", "张三abc", "ひらカナ漢字x", "김철수kim", "Ψηφίο", "иван.2", "josé", "ｗｉｄｅ", "1+1"],
)
def test_scripts_that_are_written_together(username: str) -> None:
    assert not has_mixed_scripts(username)


@pytest.mark.parametrize("username", ["p\u0430ypal", "αda", "张三\u0430", "adaא", "ıv\u0430n"])
def test_scripts_that_are_not(username: str) -> None:
    assert has_mixed_scripts(username)
