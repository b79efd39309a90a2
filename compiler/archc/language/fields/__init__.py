"""Validate the values of fields with pydantic, and add hints to its errors."""
