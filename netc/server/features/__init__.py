"""One feature of the protocol a file: `register(server, session)` says which requests it answers."""
