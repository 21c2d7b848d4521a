"""What every program checks in its environment before it starts: the broker's URL, and mistyped names of settings."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, SecretStr, ValidationInfo, field_validator

from contracts.broker_addresses import require_amqp_url
from contracts.tls import TlsFiles, with_amqp_files, with_mongo_files

PREFIX = "USERBUS_"
SIMILARITY = 0.85  # variables of other programs, and those that Kubernetes adds for services, are less similar


def _require_secret_amqp_url(url: SecretStr) -> SecretStr:
    return SecretStr(require_amqp_url(url.get_secret_value()))


AmqpUrl = Annotated[str, AfterValidator(require_amqp_url)]
SecretAmqpUrl = Annotated[SecretStr, AfterValidator(_require_secret_amqp_url)]


class TlsSettings(BaseModel):
    """Part of a program's settings: files for TLS to its servers, which become options of their URLs."""

    tls_ca_file: Path | None = None
    tls_certificate_file: Path | None = None

    @property
    def tls_files(self) -> TlsFiles:
        """Both files."""
        return TlsFiles(self.tls_ca_file, self.tls_certificate_file)

    @field_validator("amqp_url", "console_amqp_url", "console_broker_amqp_url", check_fields=False)
    @classmethod
    def _add_amqp_files(cls, given: str | SecretStr | None, info: ValidationInfo) -> str | SecretStr | None:
        if given is None:
            return None
        if isinstance(given, SecretStr):
            return SecretStr(with_amqp_files(given.get_secret_value(), _files(info)))
        return with_amqp_files(given, _files(info))

    @field_validator("mongo_url", check_fields=False)
    @classmethod
    def _add_mongo_files(cls, given: str, info: ValidationInfo) -> str:
        return with_mongo_files(given, _files(info))


def _files(info: ValidationInfo) -> TlsFiles:
    return TlsFiles(info.data.get("tls_ca_file"), info.data.get("tls_certificate_file"))


def describe_mistyped(given: Iterable[str], fields: Iterable[str]) -> list[str]:
    """Return one sentence for each USERBUS_ variable that is not a setting but resembles one.

    `fields` are the names of the settings, without the prefix. Variables that resemble none are ignored: Kubernetes
    injects USERBUS_SERVICE_HOST and the like, and other programs have settings of their own.
    """
    known = [field.upper() for field in fields]
    names = sorted(name.removeprefix(PREFIX) for name in given if name.startswith(PREFIX))
    similar = {name: get_close_matches(name, known, 3, SIMILARITY) for name in names if name not in known}
    return [
        f"{PREFIX}{name}: there is no such setting; did you mean {' or '.join(PREFIX + match for match in matches)}?"
        for name, matches in similar.items()
        if matches
    ]
