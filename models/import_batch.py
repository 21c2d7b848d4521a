"""A batch of users to import, checked one by one."""

from collections.abc import Callable
from dataclasses import dataclass, field

from models.errors.base import Refusal
from models.turns import take_turns
from models.users import User


@dataclass(slots=True)
class ImportBatch:
    """Users by their index; one that a rule refuses moves to `refused`, or is only counted as skipped."""

    users: dict[int, User] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)
    skipped: int = 0

    async def apply_rule(self, rule: Callable[[User], None], skip: bool = False) -> None:
        """Check each remaining user with a rule that may raise a `Refusal`."""
        async for index, user in take_turns([*self.users.items()]):
            try:
                rule(user)
            except Refusal as refusal:
                del self.users[index]
                self.skipped += skip
                if not skip:
                    self.refused[index] = refusal
