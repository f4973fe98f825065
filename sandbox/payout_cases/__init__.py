"""Settlement files through the real import into the emulators, and their outcome held against what is right."""
