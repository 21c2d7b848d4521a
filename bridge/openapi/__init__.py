"""OpenAPI documents of the dialects, generated from the tables, and the page that shows them."""
