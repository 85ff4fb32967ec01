"""Stations from the signed list of peers to the talk that is forgotten. Pure: no world, no clock."""
