"""Headers by which a browser tells that another site's page sends a request, as browsers spell them and otherwise."""

FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
]
MISSPELLED: list[dict[str, str]] = [  # no browser sends these: whoever does is another site
    {"Sec-Fetch-Site": "Cross-Site"},
    {"Sec-Fetch-Site": "SAME-SITE"},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Sec-Fetch-Site": "NONE"},
    {"SEC-FETCH-SITE": "cross-site"},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Sec-Fetch-Site": "Same-Origin", "Origin": "http://bridge", "Host": "bridge"},
    {"Origin": "HTTPS://EVIL.EXAMPLE"},
    {"ORIGIN": "https://evil.example"},
    {"Origin": "https://BRIDGE", "Host": "bridge"},
    {"Origin": "https://bridge.evil.example", "Host": "bridge"},
    {"Origin": "https://bridge@evil.example", "Host": "bridge"},
    {"Origin": "NULL"},
    {"Origin": "null", "Host": ""},
    {"Origin": "", "Host": ""},
]
