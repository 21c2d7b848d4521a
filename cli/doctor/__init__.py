"""`userbus doctor`: what is wrong with broker, database, workers and settings, and what to do."""
