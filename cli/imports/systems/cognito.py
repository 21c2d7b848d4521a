"""Amazon Cognito: `aws cognito-idp list-users`, or CSV with the header of its import. No hash leaves Cognito."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A person without a password; `list-users` has the attributes as a list of names and values."""
    attributes = {one.get("Name"): one.get("Value") for one in record.take("Attributes") or []}
    record.add(attributes)
    record.drop("cognito:mfa_enabled")
    return {
        **record.take_identity("sub"),
        "username": record.take_text("cognito:username", "preferred_username", "Username"),
        "email": record.take_text("email"),
        "name": record.take_name("name", "given_name", "family_name"),
        "telephone": record.take_telephone("phone_number"),
        "email_verified": mark(record.take_flag("email_verified")),
        "telephone_verified": mark(record.take_flag("phone_number_verified")),
        "created_at": record.take_time("UserCreateDate"),
        "disabled": mark(record.take_flag("Enabled") is False),
        "gender": record.take_text("gender"),
    }


SYSTEM = System(user, people=("", "Users"))
