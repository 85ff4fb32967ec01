"""When a patient dies, nobody on the care team should carry it alone."""
