"""The contracts, checked with the official tools of their formats: `make contracts`."""
