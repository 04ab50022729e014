"""Data cards: what data meant in a training, and is told of later data."""
