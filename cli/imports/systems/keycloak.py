"""Keycloak: `kc.sh export`, in one file or in `<realm>-users-<n>.json`."""

import json

from cli.imports.record import LeftOut, Record, mark
from cli.imports.row import Fields
from cli.imports.system import System

PHONES = ("attributes.phoneNumber", "attributes.phone_number", "attributes.phone", "attributes.mobile")


def user(record: Record) -> Fields:
    """A person; a telephone stands in an attribute, the hash in a credential of two JSON texts."""
    if record.take("serviceAccountClientId"):
        raise LeftOut("the account of a service, not of a person")
    return {
        **record.take_identity("id"),
        "username": record.take_text("username"),
        "email": record.take_text("email"),
        "name": record.take_name("attributes.displayName", "firstName", "lastName"),
        "telephone": record.take_telephone(*PHONES),
        "email_verified": mark(record.take_flag("emailVerified")),
        "created_at": record.take_time("createdTimestamp"),
        "disabled": mark(record.take_flag("enabled") is False),
        "password_hash": _password(record),
    }


def _password(record: Record) -> str | None:
    credentials = record.take("credentials") or []
    for credential in credentials:
        if credential.get("type") != "password":
            record.report_loss(f"credentials of type {credential.get('type')}", "userbus has no second factors")
    passwords = [one for one in credentials if one.get("type") == "password" and "secretData" in one]
    return json.dumps({name: passwords[0][name] for name in ("secretData", "credentialData")}) if passwords else None


SYSTEM = System(user, people=("users",))
