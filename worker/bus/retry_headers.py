"""The headers of a request that waits for another try."""

ATTEMPT = "x-attempt"  # how many tries it has had
FIRST = "x-first"  # when the first of them failed
CAUSE = "x-cause"  # the code of the problem of the latest
SINCE = "x-since"  # when it began to wait
