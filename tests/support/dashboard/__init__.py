"""The dashboard of deploy/grafana without Grafana: its queries, asked of a Prometheus, and a picture of the answers."""
