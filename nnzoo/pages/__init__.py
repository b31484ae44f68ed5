"""Self-contained HTML pages, made with Jinja2."""
