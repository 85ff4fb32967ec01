"""What runs in a pocket: plain HTML, CSS and ES modules, with nothing from anybody else."""
