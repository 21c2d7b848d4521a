"""What the bridge serves, for people and for programs: generated from the dialect tables."""
