"""What every emulator shares: faults on command, the call log, the control interface, serving."""
