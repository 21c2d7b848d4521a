"""The two replies to a request."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from contracts.base import View
from contracts.problem import Problem


class Done(View):
    """The request was carried out; `data` is its reply as the catalogue names it."""

    status: Literal["done"] = "done"
    data: Any = None


class Failed(View):
    """The request was refused or could not be carried out."""

    status: Literal["failed"] = "failed"
    problem: Problem


Reply = Done | Failed
REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="status")])
