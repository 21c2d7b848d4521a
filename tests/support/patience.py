"""How long tests wait for what must come."""

# Others may slow a machine down: what a test expects is the answer, and never its haste.
PATIENCE = 60.0
