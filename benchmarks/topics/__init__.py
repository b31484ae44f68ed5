"""The topics: each module's ``measure(settings)`` yields rows of the table."""
