"""What several backends need; a backend imports nothing of another's."""
