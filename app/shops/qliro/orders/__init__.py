"""Reads Qliro's orders into the order model."""
