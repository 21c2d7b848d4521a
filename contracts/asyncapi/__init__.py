"""The contract of the bus as an AsyncAPI document."""
