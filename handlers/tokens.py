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
from handlers.deps import Handlers
from handlers.presented import user_of
from handlers.searching import search_of
from models.document import now
from models.errors.auth import ScopeMissing
from models.keys import token_hash
from models.tokens import FIELDS, Token, live
from models.unit import Unit

PREFIX = "ubt_"


def token_view(token: Token) -> TokenView:
    """A service token without its text."""
    return TokenView(**token.model_dump(include=set(TokenView.model_fields)))


async def issue_token(command: IssueToken, unit: Unit) -> TokenIssued:
    """Make a service token; its text is in the reply only."""
    text = PREFIX + unit.mint()
    token = Token(
        id=await unit.counters.next("tokens"),
        name=command.name,
        hash=token_hash(text),
        scopes=command.scopes,
        expires_at=now() + timedelta(days=command.days),
    )
    unit.emit("token.issued", token, token_view)
    await unit.tokens.add(token)
    return TokenIssued(**dict(token_view(token)), token=text)


async def verify_token(query: VerifyToken, unit: Unit) -> VerifiedToken:
    """The service token with this text, or the user's session where its realm is asked for."""
    text = query.token.get_secret_value()
    view = await _held(text, query.realm, unit) if query.realm else None
    if view is None:
        view = VerifiedToken(**dict(token_view(await unit.tokens.verified(text))))
    if query.needs and not any(fnmatchcase(query.needs, scope) for scope in view.scopes):
        raise ScopeMissing
    return view


async def revoke_token(command: RevokeToken, unit: Unit) -> TokenView:
    """End a token; ending it again changes nothing."""
    token = await unit.tokens.get(command.id)
    if not token.revoked:
        token.revoked = True
        unit.emit("token.revoked", token, token_view)
        await unit.tokens.save(token)
    return token_view(token)


async def search_tokens(query: SearchTokens, unit: Unit) -> Page[TokenView]:
    """One page of service tokens."""
    page = await unit.tokens.page(search_of(query, FIELDS, live() if query.live else {}))
    items = [token_view(token) for token in page.items]
    return Page(items=items, total=page.total, page=query.page, size=query.size, next=page.next)


async def _held(text: str, realm: str, unit: Unit) -> VerifiedToken | None:
    session = await unit.sessions.presented(text, realm)
    if session is None or session.tenant_id is not None:
        return None  # a tenant's is good only together with the tenant, which session.resolve asks for
    user = await user_of(session, unit)
    if user is None:
        return None
    roles = await unit.roles.with_apps(user.role_ids)
    shown = session.model_dump(include={"id", "created_at", "expires_at", "revision"})
    admin: Flag = 1 if any(role["admin"] for role in roles) else 0
    standing = Holder(id=user.id, root=user.root, admin=admin, roles=len(roles))
    return VerifiedToken(**shown, name=f"user:{user.id}", scopes=[], user=standing)


HANDLERS: Handlers = {
    "token.issue": issue_token,
    "token.verify": verify_token,
    "token.revoke": revoke_token,
    "token.search": search_tokens,
}
