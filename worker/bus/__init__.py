"""The broker: topology, consuming, publishing, relaying events."""
