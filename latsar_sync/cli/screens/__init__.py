"""What the terminal shows: values in, printed lines out. It must not read the database or decide anything."""
