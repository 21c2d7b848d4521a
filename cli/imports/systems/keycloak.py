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
    passwords = [one for one in credentials if one.get("type") == "password"]
    found = _hash(passwords[0]) if passwords else None
    if passwords and found is None:
        record.report_loss("credentials of type password", "neither a hash nor a password is in it")
    return found


def _hash(credential: Fields) -> str | None:
    """The hash; older versions wrote its parts side by side, and realms made by hand have the password itself."""
    if "secretData" in credential:
        parts = {name: credential.get(name) for name in ("secretData", "credentialData")}
    elif "hashedSaltedValue" in credential:
        secret = {"value": credential["hashedSaltedValue"], "salt": credential.get("salt")}
        about = {name: credential.get(name) for name in ("hashIterations", "algorithm")}
        parts = {"secretData": secret, "credentialData": about}
    else:
        return f"{{noop}}{credential['value']}" if credential.get("value") else None
    return json.dumps(parts)


SYSTEM = System(user, people=("users",))
