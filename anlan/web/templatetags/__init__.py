"""Template tags of the staff screens."""
