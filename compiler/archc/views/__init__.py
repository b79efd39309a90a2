"""Results for people and tools: tables, pictures, the page of archc report, formats."""
