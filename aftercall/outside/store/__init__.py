"""The only SQL of this half."""
