"""From syntax tree to Net: names, static values, flows, shapes."""
