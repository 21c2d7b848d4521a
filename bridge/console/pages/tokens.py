"""Service tokens: issue one, which is shown once, and revoke."""

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, act, read_number, show
from contracts.search import Order
from contracts.tokens import IssueToken, RevokeToken, SearchTokens, TokenField

SIZE = 50
LATEST = [Order[TokenField](field="id", direction="desc")]
NOTICES = {"revoked": "The token is revoked; a bridge may accept it for five more seconds."}


async def list_tokens(request: PageRequest) -> Response:
    """List the tokens, the latest first."""
    return await _show(request)


async def issue_token(request: PageRequest) -> Response:
    """Issue a token, and show its text on this page alone."""
    scopes = request.form.get("scopes", "").replace(",", " ").split()
    days = request.form.get("days", "")
    command = IssueToken.model_validate({"name": request.form.get("name"), "scopes": scopes, "days": read_number(days)})
    issued = await request.ask(command)
    return await _show(request, text=issued.token, name=issued.name)


async def revoke_token(request: PageRequest) -> Response:
    """Revoke a token."""
    await request.ask(RevokeToken(id=request.id))
    return request.redirect("/tokens", "revoked")


async def _show(request: PageRequest, text: str = "", name: str = "") -> Response:
    is_live = request.query.get("state") != "all"
    query = SearchTokens(sort=LATEST, size=SIZE, after=request.query.get("after"), count=False, live=is_live)
    page = await request.ask(query)
    return request.render("tokens.html", tokens=page.items, after=page.next, text=text, name=name)


PAGE = ConsolePage(
    "Tokens",
    (show("/tokens", list_tokens), act("/tokens", issue_token), act("/tokens/{id:number}/revoke", revoke_token)),
    NOTICES,
)
