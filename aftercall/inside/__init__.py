"""The hospital's half: hears of a death, knows who was there, writes to all of them alike, and learns nothing back."""
