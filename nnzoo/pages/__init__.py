"""Pages: HTML that needs nothing but itself, made with Jinja2."""
