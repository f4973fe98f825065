"""VIES as its REST interface answers: numbers that it knows, and member states that are down."""
