"""Whether the gateway takes the codes that are sent by SMS."""

from cli.doctor.finding import Finding, State, judge
from client.bus import Bus
from client.errors import BusError
from contracts.sms import GetSmsStatus, SmsStatusView

SECONDS = 8.0
AREA, WHAT = "sms", "gateway"
ADVICE = "ask the vendor, or look at USERBUS_SMS_URL; why: `sms not sent` in the worker's log, `userbus sms status`"


async def ask_gateway(bus: Bus) -> Finding:
    """Ask one worker that sends codes what became of them since it started."""
    try:
        return judge_gateway(await bus.ask(GetSmsStatus(), timeout=SECONDS))
    except BusError as error:
        return Finding("not seen", AREA, WHAT, error.message)


def judge_gateway(status: SmsStatusView) -> Finding:
    """Return what is to say of a gateway: broken where it has taken nothing, a warning where it took less than half."""
    if status.gateway == "off":
        return Finding("ok", AREA, WHAT, "off: no codes are sent")
    sent, tried = status.outcomes.get("sent", 0), sum(status.outcomes.values())
    fault: State | None = None
    if status.is_failing:
        fault = "warning" if sent else "broken"
    told = f"{status.gateway} has taken {sent:,} of {tried:,} messages since the worker that answered was started"
    return judge(AREA, WHAT, told, fault, ADVICE)
