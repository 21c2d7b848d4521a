"""Every way in which the rules can say no: a closed kind and a stable code each, a file a family."""
