"""Tests of what a process does with its memory."""
