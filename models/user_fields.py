"""The fields of users that a search may name."""

from models.store.conditions import number_field, number_list_field, text_field, time_field
from models.users import TEXTS

FIELDS = {
    **{name: text_field(name, indexed="") for name in (*TEXTS, "contact")},
    **{name: text_field(name) for name in ("display_name", "display_email")},
    "email": text_field("email", indexed="folded.display_email"),
    **{name: text_field(name, folded=False) for name in ("uuid", "usertype")},
    **{name: number_field(name) for name in ("status", "disabled", "root", "sort")},
    **{name: number_list_field(name) for name in ("role_ids", "group_ids")},
    **{name: time_field(name) for name in ("created_at", "updated_at")},
    "id": number_field("id", "_id"),
}
