"""Where people and machines knock."""
