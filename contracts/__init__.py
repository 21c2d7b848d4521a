"""What travels on the bus: plain Pydantic models and the catalogue of their names."""
