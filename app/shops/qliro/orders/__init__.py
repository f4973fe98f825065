"""Orders of Qliro in our own words."""
