"""Values of fields: validated by pydantic, with a hint for each wrong one."""
