"""The care half: knows the peers and who is on duty, carries sealed letters it can't open, and knows no clinician."""
