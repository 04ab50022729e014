"""Blocks and nets written in the language itself: `use std.resnet (ResNet)`."""
