"""Dead letters, for whoever looks after them: the command line and the console."""
