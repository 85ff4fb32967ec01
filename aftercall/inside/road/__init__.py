"""Stations from what a feed said to the message that leaves. Pure: no world, no clock."""
