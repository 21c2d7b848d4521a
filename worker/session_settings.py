"""The settings of signing in, a part of the worker's."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from models.realms import Lifetimes, Policy, realms

Seconds = Annotated[int, Field(ge=1, le=315_360_000)]


def _pairs(listed: str) -> str:
    for given in _parts(listed):
        if given.count("/") != 1 or not all(given.split("/")):
            raise ValueError(f"{given!r} must be the code of an app and of a role of it, such as APPSTORE/GUEST")
    return listed


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]


class AccessSettings(BaseSettings):
    """How long sign-ins last, in seconds, and what newcomers get: `APP/ROLE` codes, comma-separated."""

    session_idle_seconds: Seconds = Lifetimes().idle
    session_remembered_seconds: Seconds = Lifetimes().remembered
    session_absolute_seconds: Seconds = Lifetimes().absolute
    usermgmt_idle_seconds: Seconds = Lifetimes().usermgmt
    user_token_seconds: Seconds = Lifetimes().tenant
    login_token_seconds: Seconds = Lifetimes().passport
    default_roles: Annotated[str, AfterValidator(_pairs)] = "APPSTORE/GUEST"

    @property
    def policy(self) -> Policy:
        """The same in the words of the models."""
        lives = Lifetimes(
            idle=self.session_idle_seconds,
            remembered=self.session_remembered_seconds,
            usermgmt=self.usermgmt_idle_seconds,
            tenant=self.user_token_seconds,
            passport=self.login_token_seconds,
            absolute=self.session_absolute_seconds,
        )
        granted = tuple((app, role) for app, _, role in (part.partition("/") for part in _parts(self.default_roles)))
        return Policy(realms(lives), timedelta(seconds=lives.absolute), granted)
