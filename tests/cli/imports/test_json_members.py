"""Members are cut out of a document alike, whole in one piece of text or in pieces of any size."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from cli.imports.json_members import json_members
from cli.imports.row import UnreadableFile

TEXTS = ("", "a", "a,b", '"', "\\", "[{", "}]", '\\"]', "é\n", '{"a": [1]}')


def value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(5 if depth else 3)
    if kind == 3:
        return [value(chance, depth - 1) for _ in range(chance.randrange(3))]
    if kind == 4:
        return {chance.choice(TEXTS): value(chance, depth - 1) for _ in range(chance.randrange(3))}
    return (None, chance.choice(TEXTS), chance.randrange(-9, 99))[kind]


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def members(text: str, size: int) -> list[Any]:
    return [json.loads(member) for _, member in json_members(pieces(text, size), {"users"})]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("seed", range(20))
def test_the_size_of_the_pieces_changes_nothing(seed: int, indent: int | None) -> None:
    chance = random.Random(seed)
    users = [value(chance, 9) for _ in range(chance.randrange(30))]
    text = json.dumps({"realm": "[", "users": users, "groups": [1]}, indent=indent, ensure_ascii=seed % 2 == 0)
    assert [members(text, size) for size in (1, 7, 64, len(text))] == [users] * 4


@pytest.mark.parametrize("depth", [3, 5, 6, 7, 200])
def test_a_member_may_be_nested_deeply(depth: int) -> None:
    deep = f"{'[' * depth}1{']' * depth}"
    text = f'{{"users": [1, {deep}, {{"a": {deep}}}]}}'
    assert [members(text, size) for size in (5, len(text))] == [json.loads(text)["users"]] * 2


@pytest.mark.parametrize("cut", ["1, [[", '{"a": "b', '"a\\', "[1]", "1,"])
def test_an_array_that_is_cut_off_is_told(cut: str) -> None:
    for size in (1, 100):
        with pytest.raises(UnreadableFile, match="cut off"):
            list(json_members(pieces(f'{{"users": [{cut}', size), {"users"}))
