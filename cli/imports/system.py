"""How another system writes its people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cli.imports.record import Record
from cli.imports.row import Fields


@dataclass(frozen=True, slots=True)
class System:
    """How another system writes its people.

    `user` turns a person into a row of `user.import`; None for a record that is no person; raises `LeftOut`. `people`
    are the arrays (dotted paths, "" for the document itself) and tables that hold people, `side` those whose rows
    belong to people, with the field by which they are found. `columns` are those of a CSV file without a heading,
    `known` the only ones that one may have. `escaped` are the suffixes of files as `mysql --batch` writes them.
    """

    user: Callable[[Record], Fields | None]
    people: Sequence[str]
    side: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] = ()
    known: Sequence[str] = ()
    escaped: Sequence[str] = ()
