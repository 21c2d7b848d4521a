"""The worker's settings for signing in."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from models.realms import Lifetimes, Policy, realms

Seconds = Annotated[int, Field(ge=1, le=315_360_000)]


def _check_pairs(listed: str) -> str:
    for pair in _parts(listed):
        if pair.count("/") != 1 or not all(pair.split("/")):
            raise ValueError(f"{pair!r} must be the code of an app and of a role of it, such as APPSTORE/GUEST")
    return listed


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]


class SignInSettings(BaseSettings):
    """How long sessions last, in seconds, the roles of new users (`APP/ROLE` codes, comma-separated), their names."""

    session_idle_seconds: Seconds = Lifetimes().idle
    session_remembered_seconds: Seconds = Lifetimes().remembered
    session_absolute_seconds: Seconds = Lifetimes().absolute
    usermgmt_idle_seconds: Seconds = Lifetimes().usermgmt
    user_token_seconds: Seconds = Lifetimes().tenant
    login_token_seconds: Seconds = Lifetimes().passport
    console_idle_seconds: Seconds = Lifetimes().console
    default_roles: Annotated[str, AfterValidator(_check_pairs)] = "APPSTORE/GUEST"
    single_script_usernames: bool = False

    @property
    def policy(self) -> Policy:
        """The same as a policy of the models."""
        lives = Lifetimes(
            idle=self.session_idle_seconds,
            remembered=self.session_remembered_seconds,
            usermgmt=self.usermgmt_idle_seconds,
            tenant=self.user_token_seconds,
            passport=self.login_token_seconds,
            console=self.console_idle_seconds,
            absolute=self.session_absolute_seconds,
        )
        granted = tuple((app, role) for app, _, role in (part.partition("/") for part in _parts(self.default_roles)))
        return Policy(realms(lives), timedelta(seconds=lives.absolute), granted, self.single_script_usernames)
