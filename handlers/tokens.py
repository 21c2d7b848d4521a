"""Service tokens: issue, verify, revoke, search."""

from datetime import timedelta
from fnmatch import fnmatchcase

from contracts.search import Page
from contracts.tokens import (
    Holder,
    IssueToken,
    RevokeToken,
    SearchTokens,
    TokenIssued,
    TokenView,
    VerifiedToken,
    VerifyToken,
)
from contracts.types import Flag
from handlers.handler import Handlers
from handlers.scopes import refuse_unknown_scopes
from handlers.searching import page_view, search_spec
from handlers.session_lookup import find_session_user
from models.errors.auth import ScopeMissing
from models.secrets.keys import token_hash
from models.store.document import now
from models.tokens import FIELDS, Token, live_filter
from models.unit_of_work import UnitOfWork

PREFIX = "ubt_"


def token_view(token: Token) -> TokenView:
    """The view of a service token, without its text."""
    return TokenView(**token.model_dump(include=set(TokenView.model_fields)))


async def issue_token(command: IssueToken, unit: UnitOfWork) -> TokenIssued:
    """Create a service token; only the reply has its text."""
    refuse_unknown_scopes(command.scopes)
    text = PREFIX + unit.mint()
    token = Token(
        id=await unit.counters.reserve_id("tokens"),
        name=command.name,
        hash=token_hash(text),
        scopes=command.scopes,
        expires_at=now() + timedelta(days=command.days),
    )
    unit.emit("token.issued", token, token_view)
    await unit.tokens.add(token)
    return TokenIssued(**dict(token_view(token)), token=text)


async def verify_token(query: VerifyToken, unit: UnitOfWork) -> VerifiedToken:
    """Return the service token with this text, or the user's session if the query names its realm."""
    text = query.token.get_secret_value()
    view = await _find_user_session(text, query.realm, unit) if query.realm else None
    if view is None:
        view = VerifiedToken(**dict(token_view(await unit.tokens.verify(text))))
    if query.needs and not any(fnmatchcase(query.needs, scope) for scope in view.scopes):
        raise ScopeMissing
    return view


async def revoke_token(command: RevokeToken, unit: UnitOfWork) -> TokenView:
    """Revoke a token; revoking it again changes nothing."""
    token = await unit.tokens.get(command.id)
    if not token.revoked:
        token.revoked = True
        unit.emit("token.revoked", token, token_view)
        await unit.tokens.save(token)
    return token_view(token)


async def search_tokens(query: SearchTokens, unit: UnitOfWork) -> Page[TokenView]:
    """Find one page of service tokens."""
    page = await unit.tokens.search(search_spec(query, FIELDS, live_filter() if query.live else {}))
    items = [token_view(token) for token in page.items]
    return page_view(Page[TokenView], items, page, query)


async def _find_user_session(text: str, realm: str, unit: UnitOfWork) -> VerifiedToken | None:
    session = await unit.sessions.find_by_token(text, realm)
    if session is None or session.tenant_id is not None:
        return None  # a tenant's session is valid only with the tenant's credentials, which session.resolve takes
    user = await find_session_user(session, unit)
    if user is None:
        return None
    roles = await unit.roles.find_with_app_codes(user.role_ids)
    fields = session.model_dump(include={"id", "created_at", "expires_at", "revision"})
    admin: Flag = 1 if any(role["admin"] for role in roles) else 0
    holder = Holder(id=user.id, root=user.root, admin=admin, roles=len(roles))
    return VerifiedToken(**fields, name=f"user:{user.id}", scopes=[], user=holder)


HANDLERS: Handlers = {
    "token.issue": issue_token,
    "token.verify": verify_token,
    "token.revoke": revoke_token,
    "token.search": search_tokens,
}
