"""The handlers of requests: each turns a message into a change and a reply."""
