"""A worker's figures, as Prometheus would read them."""

import httpx


async def figures(port: int) -> list[str]:
    """The lines of /metrics."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{port}/metrics", timeout=10)).text.splitlines()


async def figure(port: int, name: str) -> float:
    """The sum of a figure over all its labels."""
    told = (line for line in await figures(port) if line.startswith((f"{name} ", f"{name}{{")))
    return sum(float(line.rsplit(" ", 1)[1]) for line in told)
