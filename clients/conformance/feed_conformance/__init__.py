"""What a client of Feed must do, as cases, and the runner that holds a client to them. No dependencies."""
