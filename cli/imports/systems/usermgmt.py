"""user-mgmt: its tables `tbl_tenant` and `tbl_tenant_role`, from pg_dump."""

from cli.imports.record import Record, mark
from cli.imports.row import Fields
from cli.imports.system import System


def user(record: Record) -> Fields:
    """A person with its UUID; roles are others than those of userbus."""
    uuid = record.take_text("tenantid")
    for row in record.find_rows("tbl_tenant_role", uuid):
        record.report_loss(f"role {row.get('roleid')}", "roles of user-mgmt are its own: assign those of userbus")
    telephone = record.take_telephone("telephonenumber")
    return {
        "uuid": uuid,
        "username": record.take_text("username"),
        "email": record.take_text("mailaddress"),
        "telephone": telephone,
        "mobile": telephone,
        "company": record.take_text("company"),
        "gender": record.take_text("gender"),
        "disabled": mark(record.take_flag("isallowed") is False),
        "password_hash": record.take_text("password"),
    }


SYSTEM = System(user, people=("", "tbl_tenant"), side={"tbl_tenant_role": "tenantid"})
