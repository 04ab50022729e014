"""What statements and items begin as, with `${1:…}` for what is filled in and `$0` for where writing goes on."""

from __future__ import annotations

SNIPPETS = {
    "net": "net ${1:Name}(${2:classes = 10}) {\n  input ${3:image}: ${4:1x28x28}\n\n  $0\n}",
    "block": "block ${1:name}(${2:filters}) {\n  $0\n}",
    "use": "use ${1:std.resnet} (${2:ResNet})",
    "if": "if ${1:condition} {\n  $0\n}",
    "for": "for ${1:width} in ${2:[32, 64]} {\n  $0\n}",
    "repeat": "repeat ${1:2} { $0 }",
    "frozen": "frozen {\n  $0\n}",
    "train only": "train only {\n  $0\n}",
    "scan": "scan(${1:h} = ${2:zeros([32])}) { $0 }",
    "expect": "expect ${1:params} ${2:<=} ${3:1M}",
}
"""By the word that they begin with."""

TRAIN = """train ${1:%s} {
  loss      = cross_entropy(${2:%s}, label)
  optimizer = adam(lr=${3:2e-3})
  metrics   = [accuracy]
  epochs    = ${4:10}
}"""
"""A train section of a net, with the name of an output: both are put in with `%`."""
