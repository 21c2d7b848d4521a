"""Many users judged one by one: who fails, who is skipped, who is left."""

from collections.abc import Callable
from dataclasses import dataclass, field

from models.errors.base import Refusal
from models.users import User


@dataclass(slots=True)
class Batch:
    """Users by their place in the list; whoever a rule refuses moves to `refused`, or is only counted as skipped."""

    users: dict[int, User] = field(default_factory=dict)
    refused: dict[int, Refusal] = field(default_factory=dict)
    skipped: int = 0

    def judge(self, rule: Callable[[User], None], skip: bool = False) -> None:
        """Hold each user that is left against a rule that may raise a `Refusal`."""
        for index, user in [*self.users.items()]:
            try:
                rule(user)
            except Refusal as refusal:
                del self.users[index]
                self.skipped += skip
                if not skip:
                    self.refused[index] = refusal
