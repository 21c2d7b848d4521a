"""SMS: does the gateway take codes, how much of the limits is used, and what a number was sent."""

from starlette.responses import Response

from bridge.console.page import ConsolePage, PageRequest, show
from contracts.sms import GetSmsStatus


async def show_sms(request: PageRequest) -> Response:
    """Show how sending goes, and what was sent to a number that is asked for."""
    telephone = request.query.get("telephone")
    status = await request.ask(GetSmsStatus.model_validate({"telephone": telephone}))
    return request.render("sms.html", status=status, tried=sum(status.outcomes.values()))


PAGE = ConsolePage("SMS", (show("/sms", show_sms),))
