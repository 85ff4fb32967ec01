"""Nights in which things break: seeded, with real processes that die at named points, and a checker that reads what is left."""
