"""Tells a group of people, in Lark, DingTalk and Slack, who joins and who leaves."""
