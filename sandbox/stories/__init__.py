"""Order histories: states of one order as the shop shows them, played through the whole product into the sandbox."""
