"""SMS gateways, one file per vendor, behind one protocol."""
