"""Sign in and out."""

from collections.abc import Mapping

from pydantic import SecretStr
from starlette.responses import Response

from bridge.console.gate import REALM, SIGN_IN, is_own_path, session_cookie, session_token
from bridge.console.page import PREFIX, ConsolePage, PageRequest, act, show
from client.errors import BusError, Throttled
from contracts.auth import SignIn, SignOut

REFUSALS = {
    "auth.bad_credentials": (
        401,
        "The name or the password is wrong, or this is no root user. Five failures lock the name.",
    ),
    "auth.user_disabled": (403, "This user is disabled. Another operator can enable it."),
    "auth.locked": (429, "Too many failures: this name is locked for another {seconds} seconds."),
}
NOTICES = {"signed-out": "You are signed out."}


async def show_form(request: PageRequest) -> Response:
    """Show the form."""
    return request.render("sign_in.html", login="", next=_way_back(request.query), refusal="")


async def sign_in(request: PageRequest) -> Response:
    """Start a session, which only a root user gets; a wrong password and an ordinary user are told alike."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    command = SignIn(login=login, password=SecretStr(password), realm=REALM, session=session_token(request))
    back = _way_back(request.form)
    try:
        signed_in = await request.ask(command)
    except BusError as error:
        if error.code not in REFUSALS:
            raise
        status, sentence = REFUSALS[error.code]
        seconds = str(int(error.retry_after)) if isinstance(error, Throttled) else ""
        refusal, headers = sentence.format(seconds=seconds), {"Retry-After": seconds} if seconds else {}
        return request.render("sign_in.html", status, headers, login=login, next=back, refusal=refusal)
    request.http.state.actor = f"user:{signed_in.user.id}"
    return request.redirect(back.removeprefix(PREFIX) or "/", headers=session_cookie(request, signed_in.token))


def _way_back(given: Mapping[str, str]) -> str:
    """The page that was asked for first, or nothing."""
    back = given.get("next", "")
    return back if is_own_path(back) else ""


async def sign_out(request: PageRequest) -> Response:
    """End the session."""
    if token := session_token(request):
        await request.ask(SignOut(token=token, realm=REALM))
    return request.redirect(SIGN_IN, "signed-out", session_cookie(request, ""))


PAGE = ConsolePage(
    "",
    (
        show(SIGN_IN, show_form, public=True),
        act(SIGN_IN, sign_in, public=True),
        act("/sign-out", sign_out),
    ),
    NOTICES,
)
