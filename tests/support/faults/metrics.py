"""A worker's metrics, as Prometheus would read them."""

from tests.support.loopback import http_client


async def read_metrics(port: int) -> list[str]:
    """Return the lines of /metrics."""
    async with http_client() as http:
        return (await http.get(f"http://127.0.0.1:{port}/metrics")).text.splitlines()


async def read_metric(port: int, name: str) -> float:
    """Return the sum of a metric over all its labels, or the value of one series."""
    told = (line for line in await read_metrics(port) if line.startswith((f"{name} ", f"{name}{{")))
    return sum(float(line.rsplit(" ", 1)[1]) for line in told)
