"""Four lectures on one run: pages to predict, draw, play and read, with notes for whoever teaches."""
