"""What the language calls with arguments, and the types of those arguments."""
