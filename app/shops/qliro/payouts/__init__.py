"""Settlement batches of Qliro."""
