"""The pages, one module per place in the menu."""
