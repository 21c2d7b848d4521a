"""Draw both plots into a folder: `python -m tests.bench.draw_plots <folder>`.

In a process of its own, since pygal leaves an import hook behind whose age Python warns of at every later import.
"""

import sys
from pathlib import Path

from bench.load import Sample
from bench.plots import draw_latency, draw_throughput
from bench.rows import Measured, Row

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    samples = {name: [Sample(1.0, [0.001, 0.002, 0.004], {})] for name in ("userbus", "floor")}
    draw_throughput({"user.get, userbus": [100.0, 200.0], "user.get, floor": [150.0, 250.0]}, (1, 16), folder / "t.svg")
    draw_latency([Measured(Row("user.get", 64, ()), samples)], ("userbus", "floor"), folder / "l.svg")
