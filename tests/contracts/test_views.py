"""Views that are made of fields which need no check."""

from contracts.user_views import AccountView, UserView
from models.store.document import now


def test_a_view_of_fields_is_the_one_that_pydantic_would_construct() -> None:
    at = now()
    given = {"id": 7, "uuid": "u", "username": "ada", "created_at": at, "updated_at": at, "revision": 3}
    accounts = [AccountView(account_id=1, integration="mail", account="ada")]
    usual = UserView(**given, accounts=accounts)
    made = UserView.from_fields({name: getattr(usual, name) for name in UserView.model_fields})
    assert made == usual
    assert made.model_dump_json() == usual.model_dump_json()
    assert made.model_copy(update={"sort": 1}) == usual.model_copy(update={"sort": 1})
    assert repr(made) == repr(usual)
