"""The pages of the staff screens: parse, one call into a room, render."""
