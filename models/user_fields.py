"""The fields of users that a search may name."""

from models.store.conditions import number_field, number_list_field, text_field, time_field
from models.users import TEXTS

FIELDS = {
    **{name: text_field(name, indexed="") for name in TEXTS},
    **{name: text_field(name, indexed="", trigrams_of=(name,)) for name in ("username", "name", "telephone", "mobile")},
    "email": text_field("email", indexed="folded.display_email", trigrams_of=("email",)),
    "display_name": text_field("display_name", trigrams_of=("name", "username")),
    "display_email": text_field("display_email", trigrams_of=("email",)),
    "contact": text_field("contact", indexed="", trigrams_of=("mobile", "telephone")),
    **{name: text_field(name, folded=False) for name in ("uuid", "usertype")},
    **{name: number_field(name) for name in ("status", "disabled", "root", "sort")},
    **{name: number_list_field(name) for name in ("role_ids", "group_ids")},
    **{name: time_field(name) for name in ("created_at", "updated_at")},
    "id": number_field("id", "_id"),
}
